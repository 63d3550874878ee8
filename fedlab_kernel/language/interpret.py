"""The interpreter: one pure function from a checked text, a session and the values released so far.

It runs a query abstractly. Public values are computed; private values become nodes of a DAG; a `release` whose
value is not known yet gives an `Unknown` of the right shape. Checking explores both branches of a condition that is
not known yet; running stops there and waits. Nothing recurses on the program: blocks and calls are generators on an
explicit stack, expressions are evaluated in postorder, and every step burns fuel.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from . import loops
from .bill import Path, Released
from .branches import State, merged
from .evaluate import Evaluator
from .fault import Fault
from .frame import Frame, Returned, Task, Waiting
from .parse import assigned
from .public import List, Unknown, describe
from .values import POISON, PRIVATE, Absent, Aggregate, FunctionValue, Pair, Poison, Value


@dataclass(slots=True)
class Interpreter(Evaluator):
    """One run over one cell; `Machine` describes its state."""

    def run(self) -> bool:
        """Interpret the whole cell; False where it waits for a release."""
        return self.drive(self.block(self.source.statements, self.top))

    @property
    def remaining(self) -> Sequence[ast.stmt]:
        """The statement of the cell that runs, and those after it."""
        assert self._outermost is not None
        return self.source.statements[self.source.statements.index(self._outermost[1]) :]

    def rehearse(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        """Check statements that nobody runs: what they do not allow is found, what they release is not charged."""
        if self.stopped:
            return
        self.rehearsing = True
        self._calls = [frame.function] if frame.function else []
        self.drive(self.block(statements, frame))

    def block(self, statements: Sequence[ast.stmt], frame: Frame) -> Task:
        """Run statements one after the other; gives `Returned` where one of them is a `return`."""
        self.reached.add(id(statements))
        for statement in statements:
            if frame.caller is None:
                self._begin(statement, frame)
            self._place = (frame, statement)
            self.burn(1)
            try:
                returned = yield from _STATEMENTS[type(statement)](self, statement, frame)
            except Fault as fault:
                self._fault(fault, frame, statement)
                frame.names.update(dict.fromkeys(assigned([statement]), POISON))
                continue
            if returned is not None:
                return returned
        return None

    def _begin(self, statement: ast.stmt, frame: Frame) -> None:
        """Note which statement of the cell runs, and which name it gives a value."""
        self._outermost = (frame, statement)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        self._target = target.id if isinstance(target, ast.Name) else ""

    def _assign(self, statement: ast.Assign, frame: Frame) -> Task:
        billed = len(self.bill)
        value = yield from self.expression(statement.value, frame)
        origin = self._origin(statement.value, value, billed)
        self._set(statement.targets[0], value, frame)
        if frame.function is None and origin is not None and self._target:
            self.origins[self._target] = origin

    def _bare(self, statement: ast.Expr, frame: Frame) -> Task:
        billed = len(self.bill)
        value = yield from self.expression(statement.value, frame)
        if statement is self.source.statements[-1] and not isinstance(value, str):
            self.last = value
            origin = self._origin(statement.value, value, billed)
            if origin is not None:
                self.origins[""] = origin

    def _origin(self, node: ast.expr, value: Value, billed: int) -> Released | None:
        """The release that a value is and nothing else."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id)
        released = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "release"
        return self.bill[-1] if released and len(self.bill) > billed and value is not POISON else None

    def _return(self, statement: ast.Return, frame: Frame) -> Task:
        if frame.function is None or statement.value is None:
            raise Fault("FQ102", "`return` stands in a function only.", replace="$value")
        return Returned((yield from self.expression(statement.value, frame)))

    def _define(self, statement: ast.FunctionDef, frame: Frame) -> Iterable[Any]:
        self._set_name(statement.name, FunctionValue.of(statement, frame.source), frame)
        return ()  # nothing to wait for

    def _if(self, statement: ast.If, frame: Frame) -> Task:
        condition = yield from self.expression(statement.test, frame)
        if isinstance(condition, PRIVATE):
            self._fault(_private_decision(condition), frame, statement.test)
            condition = POISON
        if isinstance(condition, Poison) or (isinstance(condition, Unknown) and condition.kind == "bool"):
            if not self.explore and condition is not POISON:
                raise Waiting
            return (yield from self._both(statement, frame))
        if not isinstance(condition, bool):
            fault = Fault(
                "FQ211", f"A condition is True or False, not {describe(condition)}.", fix="write a comparison: `x > 0`"
            )
            self._fault(fault, frame, statement.test)
            return (yield from self._both(statement, frame))
        return (yield self.block(statement.body if condition else statement.orelse, frame))

    def _both(self, statement: ast.If, frame: Frame) -> Task:
        """Explore both sides of a condition, and keep what they have in common."""
        before, path = State(frame.names, self.origins, self._occurrences), self._path
        self._branches += 1
        number = self._branches
        self.burn(len(frame.names) >> 3)
        sides: list[State] = []
        paths: list[Path] = []
        ends: list[Returned | None] = []
        for side, body in enumerate((statement.body, statement.orelse)):
            self._path = (*path, (number, side))
            self._enter(before.copy(), frame)
            ends.append((yield self.block(body, frame)))
            sides.append(State(frame.names, self.origins, self._occurrences))
            paths.append(self._path)
        returned = [end.value for end in ends if end is not None]
        if len(returned) == 1:
            # One side has left the function: what follows belongs to the other.
            frame.early.extend(returned)
            side = ends.index(None)
            self._path = paths[side]
            self._enter(sides[side], frame)
            return None
        self._path = path
        self._enter(sides[0].merged(sides[1], self.burn), frame)
        return Returned(merged(*returned)) if returned else None

    def _enter(self, state: State, frame: Frame) -> None:
        frame.names, self.origins, self._occurrences = state.names, state.origins, state.occurrences

    def _for(self, statement: ast.For, frame: Frame) -> Task:
        try:
            items = yield from self._items(statement.iter, frame)
        except Fault as fault:
            self._fault(fault, frame, statement.iter)
            items = (POISON,)
        if not items:
            for name in assigned([statement]):
                frame.names.setdefault(name, Absent("the loop that sets it has no steps"))
        self._loops.append((frame, statement))
        try:
            for item in items:
                self.burn(1)
                self._set(statement.target, item, frame)
                returned = yield self.block(statement.body, frame)
                if returned is not None:
                    return returned
        finally:
            self._loops.pop()
        return None

    def _items(self, node: ast.expr, frame: Frame) -> Task:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            values: list[Value] = []
            for argument in node.args:
                value = yield from self.expression(argument, frame)
                values.append(value)
            return loops.range_of(values, bool(node.keywords))
        return loops.items_of((yield from self.expression(node, frame)))

    def _set(self, target: ast.expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ast.Name):
            if isinstance(value, Pair):
                raise Fault("FQ218", "`split` gives two tables.", fix=f"{target.id}, rest = split(…)")
            self._set_name(target.id, value, frame)
            return
        parts: tuple[Value, ...]
        if isinstance(value, Pair):
            parts = (value.first, value.second)
        elif isinstance(value, List) and len(value) == 2:
            parts = value.items
        elif isinstance(value, Poison):
            parts = (POISON, POISON)
        else:
            raise Fault("FQ218", f"Two names take two values, not {describe(value)}.")
        assert isinstance(target, ast.Tuple)
        for name, part in zip(target.elts, parts, strict=True):
            assert isinstance(name, ast.Name)
            self._set_name(name.id, part, frame)

    def _set_name(self, name: str, value: Value, frame: Frame) -> None:
        if isinstance(value, FunctionValue) and value.name != name:
            raise Fault("FQ219", "A function has one name, the one it was defined with.", fix=f"call `{value.name}`")
        frame.names[name] = value
        if frame.function is None:
            self.origins.pop(name, None)


def _private_decision(value: Value) -> Fault:
    """The refusal of a decision that depends on persons."""
    fix = "choose persons with `where`, or `a if condition else b` inside a function of one person"
    if isinstance(value, Aggregate):
        fix = "release it first"
    return Fault("FQ202", f"`if` cannot depend on {describe(value)}: what happens next would tell.", fix=fix)


_STATEMENTS: dict[type[ast.AST], Any] = {
    ast.Assign: Interpreter._assign, ast.Expr: Interpreter._bare, ast.Return: Interpreter._return,
    ast.FunctionDef: Interpreter._define, ast.If: Interpreter._if, ast.For: Interpreter._for,
}  # fmt: skip
