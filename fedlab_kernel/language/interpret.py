"""The interpreter: one pure function from a checked text, a session and the values released so far.

It runs a query abstractly. Public values are computed; private values become nodes of a DAG; a `release` whose
value is not known yet gives an `Unknown` of the right shape. Checking explores both branches of a condition that is
not known yet; running stops there and waits. Nothing recurses on the program: blocks and calls are generators on an
explicit stack, expressions are evaluated in postorder, and every step burns fuel.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Diagnostic, Span, diagnose
from . import expressions
from .bill import Path, Released, ReleaseKey
from .catalogue import Catalogue
from .fault import Fault
from .node import Node, make
from .parse import Source
from .public import List, Public, Unknown, describe, join
from .unknowns import unknown_like
from .values import POISON, Absent, Aggregate, ColumnValue, FunctionValue, Pair, Poison, TableValue, Value

Task = Generator[Any, Any, Any]
FUEL = 60_000
MAX_CALLS = 16  # calls inside calls
MAX_FINDINGS = 50


class Waiting(Exception):
    """Raised when running reaches a decision that depends on something not released yet."""


class Stop(Exception):
    """Raised when checking ends early: out of fuel, or too many findings."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a block gives when it reached a `return`."""

    value: Value


@dataclass(slots=True)
class Frame:
    """Where names live while a block runs: a function's own, over the session's."""

    names: dict[str, Value]
    source: Source
    function: FunctionValue | None = None
    call_site: ast.AST | None = None
    outer: Frame | None = None


@dataclass(slots=True)
class Interpreter:
    """One run over one cell; see `run`."""

    source: Source
    catalogue: Catalogue
    names: dict[str, Value]
    known: Mapping[ReleaseKey, Public]
    explore: bool
    attachments: Mapping[str, Public] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    bill: list[Released] = field(default_factory=list)
    origins: dict[str, Released] = field(default_factory=dict)
    fuel: int = FUEL
    rehearsing: bool = False  # inside a function that nobody calls: findings count, releases do not
    _frames: list[Frame] = field(default_factory=list)
    _occurrences: dict[bytes, int] = field(default_factory=dict)
    _place: tuple[Frame, ast.AST] | None = None
    _target: str = ""  # the top-level name that the current statement gives a value
    _path: Path = ()  # the undecided branches around the current statement
    _branches: int = 0
    last: Value | None = None
    called: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Interpret the whole cell; False where it waits for a release."""
        top = Frame(self.names, self.source)
        try:
            self._drive(self._block(self.source.tree.body, top))
        except Waiting:
            return False
        except Stop:
            return True
        return True

    def rehearse(self, function: FunctionValue) -> None:
        """Check a function that nobody calls, knowing nothing of its arguments."""
        self.rehearsing = True
        frame = Frame({name: POISON for name in function.parameters}, function.source, function)
        self._frames.append(frame)
        try:
            self._drive(self._block(function.definition.body, frame))
        except (Waiting, Stop):
            return
        finally:
            self._frames.pop()
            self.rehearsing = False

    # The stack ------------------------------------------------------------------------------------

    def _drive(self, task: Task) -> Any:
        """Run a task and the tasks it waits for, on a stack of our own."""
        stack = [task]
        value: Any = None
        error: BaseException | None = None
        while stack:
            try:
                waiting = stack[-1].send(value) if error is None else stack[-1].throw(error)
            except StopIteration as done:
                stack.pop()
                value, error = done.value, None
            except Exception as raised:  # noqa: BLE001 - handed to the task below, which handles it or fails
                stack.pop()
                value, error = None, raised
            else:
                stack.append(waiting)
                value, error = None, None
        if error is not None:
            raise error
        return value

    def burn(self, amount: int = 1) -> None:
        """Use up fuel; the text that runs out of it is refused."""
        self.fuel -= amount
        if self.fuel < 0:
            place = self._span(*self._place) if self._place else None
            self._report(diagnose("FQ308", "This query takes too many steps to check.", place,
                                  "use fewer or shorter loops"))
            raise Stop

    # Statements -----------------------------------------------------------------------------------

    def _block(self, statements: list[ast.stmt], frame: Frame) -> Task:
        for statement in statements:
            self._place = (frame, statement)
            self.burn()
            try:
                result = yield self._statement(statement, frame)
            except Fault as fault:
                self._fault(fault, frame, statement, None)
                result = None
                for name in assigned([statement]):
                    frame.names[name] = POISON
            if isinstance(result, Returned):
                return result
        return None

    def _statement(self, statement: ast.stmt, frame: Frame) -> Task:
        if isinstance(statement, ast.Assign):
            if frame.function is None:
                self._target = _target_name(statement)
            value = yield self.expression(statement.value, frame)
            self._assign(statement.targets[0], value, frame)
            if frame.function is None and _is_release(statement.value) and self.bill:
                self.origins[self._target] = self.bill[-1]
        elif isinstance(statement, ast.Expr):
            if frame.function is None:
                self._target = ""
            value = yield self.expression(statement.value, frame)
            if frame.function is None and not isinstance(statement.value, ast.Constant):
                self.last = value
                if _is_release(statement.value) and self.bill:
                    self.origins[""] = self.bill[-1]
                else:
                    self.origins.pop("", None)
        elif isinstance(statement, ast.Return):
            if frame.function is None:
                raise Fault("FQ102", "`return` stands in a function only.", fix="put the name on the last line")
            value = yield self.expression(statement.value or ast.Constant(0), frame)
            return Returned(value)
        elif isinstance(statement, ast.FunctionDef):
            self._assign_name(statement.name, FunctionValue(statement, frame.source), frame)
        elif isinstance(statement, ast.If):
            return (yield self._if(statement, frame))
        elif isinstance(statement, ast.For):
            return (yield self._for(statement, frame))
        return None

    def _if(self, statement: ast.If, frame: Frame) -> Task:
        condition = yield self.expression(statement.test, frame)
        if isinstance(condition, ColumnValue | TableValue | Aggregate):
            self._fault(expressions.private_decision(condition, "if"), frame, statement.test, None)
            condition = POISON
        if isinstance(condition, Unknown | Poison):
            return (yield self._both(statement, frame, isinstance(condition, Poison)))
        if not isinstance(condition, bool):
            raise Fault("FQ211", f"A condition is True or False, not {describe(condition)}.",
                        fix="write a comparison, such as `x > 0`")
        return (yield self._block(statement.body if condition else statement.orelse, frame))

    def _both(self, statement: ast.If, frame: Frame, poisoned: bool) -> Task:
        """Explore both branches of a condition that is not known yet, and keep what they have in common."""
        if not self.explore and not poisoned:
            raise Waiting
        before, path = dict(frame.names), self._path
        outcomes, ends = [], []
        self._branches += 1
        branch = self._branches
        for side, body in enumerate((statement.body, statement.orelse)):
            self._path = (*path, (branch, side))
            self._replace(frame, dict(before))
            ends.append((yield self._block(body, frame)))
            outcomes.append(frame.names)
        self._path = path
        self._replace(frame, before)
        returned = [end.value for end in ends if isinstance(end, Returned)]
        if len(returned) == 2:
            return Returned(self._merge(*returned))
        if returned and not poisoned:
            raise Fault("FQ217", "This `return` happens in one branch of a condition on a released value.",
                        fix="give the result a name in both branches and return it at the end")
        for name in {**outcomes[0], **outcomes[1]}:
            first, second = outcomes[0].get(name), outcomes[1].get(name)
            if first is not second or name not in before:
                frame.names[name] = self._merge(first, second)
        return None

    def _replace(self, frame: Frame, names: dict[str, Value]) -> None:
        frame.names = names
        if frame.function is None:
            self.names = names

    def _merge(self, first: Value | None, second: Value | None) -> Value:
        if first is second and first is not None:
            return first
        if isinstance(first, Poison) or isinstance(second, Poison):
            return POISON
        if first is None or second is None:
            return Absent("only one branch of a condition sets it")
        private = (TableValue, ColumnValue, Aggregate, FunctionValue, Pair, Absent)
        if isinstance(first, private) or isinstance(second, private):
            same = isinstance(first, TableValue | ColumnValue | Aggregate) and type(first) is type(second)
            if same and first.node.digest == second.node.digest:  # type: ignore[union-attr]
                return first
            return Absent("the branches of a condition set it to different private values")
        joined = join(first, second)
        return Absent("the branches of a condition set it to values of different kinds") if joined is None else joined

    def _for(self, statement: ast.For, frame: Frame) -> Task:
        items = yield self._loop_items(statement.iter, frame)
        for item in items:
            self.burn()
            self._assign(statement.target, item, frame)
            result = yield self._block(statement.body, frame)
            if isinstance(result, Returned):
                return result
        return None

    def _loop_items(self, node: ast.expr, frame: Frame) -> Task:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            values: list[Value] = []
            for argument in node.args:
                values.append((yield self.expression(argument, frame)))
            return expressions.range_of(values, bool(node.keywords), self.fuel)
        value = yield self.expression(node, frame)
        return expressions.loop_over(value)

    def _assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ast.Name):
            if isinstance(value, Pair):
                raise Fault("FQ218", "`split` gives two tables.", fix=f"{target.id}, rest = split(…)")
            self._assign_name(target.id, value, frame)
            return
        assert isinstance(target, ast.Tuple)
        if isinstance(value, Pair):
            parts: tuple[Value, ...] = (value.first, value.second)
        elif isinstance(value, List) and len(value) == 2:
            parts = value.items
        elif isinstance(value, Poison):
            parts = (POISON, POISON)
        else:
            raise Fault("FQ218", f"Two names take two values, not {describe(value)}.")
        for name, part in zip(target.elts, parts, strict=True):
            assert isinstance(name, ast.Name)
            self._assign_name(name.id, part, frame)

    def _assign_name(self, name: str, value: Value, frame: Frame) -> None:
        if isinstance(value, FunctionValue) and frame.function is None and value.name != name:
            raise Fault("FQ219", "A function has one name, the one it was defined with.", fix=f"call `{value.name}`")
        frame.names[name] = value
        if frame.function is None:
            self.origins.pop(name, None)

    # Expressions ----------------------------------------------------------------------------------

    def expression(self, node: ast.expr, frame: Frame) -> Task:
        """The value of an expression; operands first, then their operator, on a stack of values."""
        values: list[Value] = []
        for step in expressions.postorder(node):
            self._place = (frame, step)
            self.fuel -= 1
            try:
                if isinstance(step, ast.Call):
                    count = len(step.args) + len(step.keywords) + isinstance(step.func, ast.Attribute)
                    operands = values[len(values) - count :]
                    del values[len(values) - count :]
                    result = expressions.call(self, step, operands, frame.names)
                    if isinstance(result, Generator):
                        result = yield result
                elif isinstance(step, ast.Name):
                    result = self._name(step.id, frame)
                else:
                    count = expressions.operand_count(step)
                    operands = values[len(values) - count :] if count else []
                    if count:
                        del values[len(values) - count :]
                    result = expressions.operate(step, operands)
            except Fault as fault:
                self._fault(fault, frame, step, step if isinstance(step, ast.Call) else None)
                result = POISON
            values.append(result)
        if self.fuel < 0:
            self.burn()
        return values[0]

    def _name(self, name: str, frame: Frame) -> Value:
        value = frame.names.get(name)
        if value is None and frame.function is not None:
            value = self.names.get(name)
        if value is None:
            raise expressions.unknown_name(name, {**self.names, **frame.names})
        if isinstance(value, Absent):
            raise Fault("FQ220", f"`{name}` is not always set: {value.why}.", fix="set it before the condition, too")
        return value

    # What primitives ask for ----------------------------------------------------------------------

    def call_function(self, function: FunctionValue, arguments: list[Value]) -> Task:
        """The value a function of the query gives for these arguments."""
        if len(arguments) != len(function.parameters):
            wanted = ", ".join(function.parameters)
            raise Fault("FQ204", f"`{function.name}` takes {len(function.parameters)} arguments ({wanted}), "
                                 f"not {len(arguments)}.", fix=f"{function.name}({wanted})")
        if any(frame.function is not None and frame.function.definition is function.definition
               for frame in self._frames):
            raise Fault("FQ221", f"`{function.name}` calls itself.", fix="write a loop over `range(n)`")
        if len(self._frames) >= MAX_CALLS:
            raise Fault("FQ221", f"Functions call each other more than {MAX_CALLS} deep.")
        self.called.add(function.name)
        names = dict(zip(function.parameters, arguments, strict=True))
        site = self._place
        frame = Frame(names, function.source, function, site[1] if site else None, site[0] if site else None)
        self._frames.append(frame)
        try:
            result = yield self._block(function.definition.body, frame)
        finally:
            self._frames.pop()
        self._place = site
        if isinstance(result, Returned):
            return result.value
        if any(isinstance(value, Poison) for value in names.values()) or self.findings:
            return POISON
        raise Fault("FQ222", f"`{function.name}` returns nothing.", fix="end it with `return …`")

    def occurrence(self, digest: bytes) -> int:
        """How often this computation was asked for before in this cell."""
        count = self._occurrences.get(digest, 0)
        self._occurrences[digest] = count + 1
        return count

    def release(self, aggregate: Aggregate, epsilon: Public | None, within: Public | None) -> Value:
        """The released value where it is known, else an unknown one of the same shape."""
        placeholder = unknown_like(aggregate)
        if self.rehearsing:
            return placeholder
        price = epsilon if epsilon is not None else within
        assert price is not None
        named: dict[str, Node | Public] = {"epsilon" if epsilon is not None else "within": price}
        root = make("release", aggregate.node, **named)
        frame, node = self._place if self._place else (Frame({}, self.source), self.source.tree)
        key: ReleaseKey | None = None
        if root.ready:
            key = ReleaseKey(root.digest.hex(), self.occurrence(root.digest))
        value = self.known.get(key) if key is not None else None
        self.bill.append(
            Released(key, aggregate, epsilon, within, self._span(frame, node), self._target, self._path, value)
        )
        return placeholder if value is None else value

    # Findings -------------------------------------------------------------------------------------

    def _fault(self, fault: Fault, frame: Frame, node: ast.AST, call: ast.Call | None) -> None:
        place = expressions.argument_node(call, fault.argument) if call is not None else None
        self._report(diagnose(fault.code, fault.message, self._span(frame, place or node), fault.fix))

    def _report(self, finding: Diagnostic) -> None:
        if finding not in self.findings:
            self.findings.append(finding)
        if len(self.findings) >= MAX_FINDINGS:
            raise Stop

    def _span(self, frame: Frame, node: ast.AST) -> Span:
        """Where a node stands in this cell; for a function of an earlier cell, where it was called."""
        place: Frame | None = frame
        while place is not None and place.source is not self.source and place.call_site is not None:
            node, place = place.call_site, place.outer
        return self.source.span(node) if place is None or place.source is self.source else Span(1, 1, 1, 2)


def _target_name(statement: ast.Assign) -> str:
    return statement.targets[0].id if isinstance(statement.targets[0], ast.Name) else ""


def _is_release(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "release"


def assigned(statements: list[ast.stmt]) -> tuple[str, ...]:
    """Every name that some statements give a value, however deep, in order of the text."""
    names: dict[tuple[int, int], str] = {}
    stack: list[ast.AST] = [*statements]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.lineno, node.col_offset] = node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names[node.lineno, node.col_offset] = node.name
            continue
        stack.extend(ast.iter_child_nodes(node))
    return tuple(dict.fromkeys(names[place] for place in sorted(names)))
