"""Expressions: names, calls of primitives and of functions, and what primitives may ask while they are called."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from types import GeneratorType
from typing import Any

from . import blame, calls, expressions
from .bill import Released, ReleaseKey
from .branches import merged
from .effort import effort, worked_out
from .fault import Fault
from .frame import Frame, Task
from .machine import Machine
from .node import Node, make
from .prices import Asked
from .public import List, Public, describe
from .training import public_identity
from .unknowns import unknown_like
from .values import POISON, PRIVATE, Absent, Aggregate, Builtin, FunctionValue, Poison, TableValue, Value

MAX_CALLS = 16  # calls inside calls


@dataclass(slots=True)
class Evaluator(Machine, ABC):
    """The part of the interpreter that computes expressions; `call.context` of every primitive."""

    @abstractmethod
    def block(self, statements: Sequence[ast.stmt], frame: Frame) -> Task:
        """Run the statements of a function."""

    def expression(self, root: ast.expr, frame: Frame) -> Task:
        """The value of an expression; operands first, then their operator, on a stack of values."""
        steps = expressions.plan(root, frame.source)
        self.burn(len(steps))
        values: list[Value] = []
        for node, count, operation, optional in steps:
            operands = values[len(values) - count :] if count else []
            if count:
                del values[-count:]
            try:
                if operation is not None:
                    result = POISON if POISON in operands else operation(node, operands)
                    if count > 1 or type(result) is List:
                        self.burn(effort(node, operands, result))
                elif isinstance(node, ast.Name):
                    result = self._name(node.id, frame)
                else:
                    assert isinstance(node, ast.Call)
                    self._place = (frame, node)
                    self._optional += optional
                    result = self._call(node, operands, frame)
                    if type(result) is GeneratorType:
                        result = yield result
                        if isinstance(result, Absent) and node is not root:
                            raise Fault(
                                "FQ217",
                                f"This value cannot be used: {result.why}.",
                                fix="return the same kind of value in all branches",
                            )
                    self._optional -= optional
            except Fault as fault:
                if operation is None and isinstance(node, ast.Call):
                    self._optional -= optional
                fault, place = blame.wider(fault, node, steps, self.vocabulary)
                self._fault(fault, frame, place)
                result = POISON
            values.append(result)
        return values[0]

    def _name(self, name: str, frame: Frame) -> Value:
        value = frame.names.get(name)
        function = frame.function
        if value is None and function is not None:
            if name in function.local:
                raise Fault(
                    "FQ220",
                    f"`{name}` is set in `{function.name}` further down, so it has no value here yet.",
                    fix="give the function a parameter, or the name another name",
                )
            value = self.top.names.get(name)
            if frame.one_person and isinstance(value, PRIVATE):
                message = f"`{name}` concerns many persons; a function that `sum` calls sees one."
                person = function.parameters[0] if function.parameters else None
                own = frame.names.get(person or "")
                same = isinstance(value, TableValue) and isinstance(own, TableValue) and value.table is own.table
                replace = person if same else None
                raise Fault("FQ206", message, None, f"use `{person}`, the person" if person else None, replace)
        if value is None and name in self.vocabulary and self.vocabulary[name].named:
            return Builtin(name)
        if value is None:
            raise calls.unknown_name(name, {**self.top.names, **frame.names}, self.vocabulary)
        if isinstance(value, Absent):
            raise Fault("FQ220", f"`{name}` cannot be used here: {value.why}.", fix="set it before, too")
        return value

    def _call(self, node: ast.Call, operands: list[Value], frame: Frame) -> Any:
        """The value of a call, or the task that computes it."""
        split = len(operands) - len(node.keywords)
        positional = operands[:split]
        named = {str(keyword.arg): value for keyword, value in zip(node.keywords, operands[split:], strict=True)}
        if isinstance(node.func, ast.Attribute):
            if positional[0] is POISON and (not self.rehearsing or blame.is_library(node.func, frame.names)):
                return POISON  # what it belongs to was refused already
            primitive: Any = calls.method(positional[0], node.func.attr, self.vocabulary, node)
        else:
            assert isinstance(node.func, ast.Name)
            name = node.func.id
            primitive = self.vocabulary.get(name)
            if primitive is None or primitive.method:
                value = frame.names.get(name, self.top.names.get(name))
                if value is POISON:
                    return POISON
                first = operands[0] if operands else None
                function = calls.function(name, value, self.vocabulary, self.top.names, node, first)
                return self._enter_function(function, calls.arguments(function, positional, named), frame.one_person)
        if frame.one_person:
            calls.refuse_persons(primitive, operands)
        result: Any = calls.apply(primitive, positional, named, self)
        self.burn(1 + effort(node, operands, result))
        return result

    def _enter_function(self, function: FunctionValue, arguments: list[Value], one_person: bool) -> Task:
        """The value a function gives for these arguments."""
        if any(other.definition is function.definition for other in self._calls):
            raise Fault("FQ221", f"`{function.name}` calls itself.", fix="write a loop over `range(n)`")
        if len(self._calls) >= MAX_CALLS:
            raise Fault("FQ221", f"Functions call each other more than {MAX_CALLS} deep.")
        place, path = self._place, self._path
        caller, node = place if place else (None, None)
        names = dict(zip(function.parameters, arguments, strict=True))
        frame = Frame(names, function.source, function, node, caller, one_person)
        self.reached.add(id(function.definition))
        self._calls.append(function)
        result = yield self.block(function.definition.body, frame)
        self._calls.pop()
        self._place, self._path = place, path
        if result is None:
            if self.findings:
                return POISON
            raise Fault("FQ222", f"`{function.name}` does not always return a value.", fix="end it with `return …`")
        return reduce(merged, frame.early, result.value)

    # What primitives ask for ----------------------------------------------------------------------

    def call_function(self, function: FunctionValue, arguments: list[Value]) -> Task:
        """The value a function gives for one person, its first argument; the others are public."""
        for value in arguments[1:]:
            if not expressions.is_public(value) and not isinstance(value, FunctionValue | Poison):
                raise Fault(
                    "FQ203",
                    f"Further arguments of a function are public: this is {describe(value)}.",
                    "arguments",
                    "release the value first",
                )
        fix = f"{function.name}({', '.join(function.parameters)})"
        if len(arguments) != len(function.parameters):
            wanted = len(function.parameters)
            message = f"`{function.name}` takes {wanted} arguments, not {len(arguments)}: the person is the first."
            raise Fault("FQ204", message, fix=f"its definition is `{fix}`")
        return self._enter_function(function, arguments, one_person=True)

    def enter(self, function: FunctionValue, arguments: list[Value], *, one_person: bool) -> Task:
        """The value a function gives, for one person or of public values only."""
        if len(arguments) != len(function.parameters):
            message = f"`{function.name}` is called with {len(arguments)} arguments here."
            call = f"{function.name}({', '.join(function.parameters)})"
            raise Fault("FQ204", message, fix=f"its definition is `{call}`")
        return self._enter_function(function, arguments, one_person=one_person)

    def call_builtin(self, name: str, arguments: list[Value]) -> Value:
        """The value a primitive gives that was named without being called."""
        result: Any = calls.apply(self.vocabulary[name], arguments, {}, self)
        assert type(result) is not GeneratorType
        return result  # type: ignore[no-any-return]  # a value, as was looked at

    def occurrence(self, digest: bytes) -> int:
        """How often this computation was asked for before in this cell."""
        count = self._occurrences.get(digest, 0)
        self._occurrences[digest] = count + 1
        return count

    def release(self, aggregate: Aggregate, asked: Asked) -> Value:
        """The released value where it is known, else an unknown one of the same shape."""
        if self._optional:
            raise Fault(
                "FQ309", "A release in a part of a choice would always be charged.", fix="use `if` and `else` lines"
            )
        self.burn(16 + worked_out(aggregate))
        if self.rehearsing:
            return unknown_like(aggregate)
        prices = {"epsilon": asked.epsilon, "within": asked.within, "persons": asked.persons}
        named: dict[str, Node | Public] = {name: price for name, price in prices.items() if price is not None}
        public = public_identity(aggregate.statistic)
        root = make("release", aggregate.node, **named, **({"public": public} if public else {}))
        ready = root.ready and public is not None
        key = ReleaseKey(root.digest.hex(), self.occurrence(root.digest)) if ready else None
        value = self.known.get(key) if key is not None else None
        assert self._place is not None
        span = self._span(*self._place)
        self.bill.append(
            Released(
                key, aggregate, asked.epsilon, asked.within, span, self._target, self._path, value,
                asked.persons, asked.weight,
            )
        )  # fmt: skip
        return unknown_like(aggregate) if value is None else value
