"""What to write instead of the Python that FedQuery leaves out: one message a construct people will try."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A refusal in the researcher's words: its code, what was found, and what to write."""

    code: str
    message: str
    fix: str | None = None


_LOOPS = "write a `for` loop over a public list, with `append`"
_NODES: dict[str, Hint] = {
    "Import": Hint("FQ101", "Nothing can be imported into a query.", "use the primitives; `%%fedquery?` lists them"),
    "ImportFrom": Hint("FQ101", "Nothing can be imported into a query.", "use the primitives"),
    "ClassDef": Hint("FQ102", "A query has no classes.", "write a function with `def`"),
    "Lambda": Hint("FQ102", "A query has no lambda.", "write a function with `def` and pass its name"),
    "ListComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "SetComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "DictComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "GeneratorExp": Hint("FQ102", "A query has no generators.", _LOOPS),
    "Dict": Hint("FQ102", "A query has no dictionaries.", "use plain names or a list"),
    "Set": Hint("FQ102", "A query has no sets.", "use a list"),
    "JoinedStr": Hint("FQ102", "A query has no formatted strings.", "release the number; text is made outside"),
    "TemplateStr": Hint("FQ102", "A query has no template strings.", "release the number; text is made outside"),
    "While": Hint("FQ102", "A query has no `while`: its length could not be known before running.",
                  "write `for step in range(n):`"),
    "Try": Hint("FQ102", "A query has no `try`: nothing in it can fail on a row.", "delete it"),
    "TryStar": Hint("FQ102", "A query has no `try`: nothing in it can fail on a row.", "delete it"),
    "Raise": Hint("FQ102", "A query has no exceptions.", "delete it"),
    "With": Hint("FQ102", "A query has no `with`.", "delete it"),
    "Assert": Hint("FQ102", "A query has no `assert`.", "use `if` on a released value"),
    "Delete": Hint("FQ102", "A query has no `del`; values never change.", "delete the line"),
    "Global": Hint("FQ102", "A query has no `global`.", "return the value instead"),
    "Nonlocal": Hint("FQ102", "A query has no `nonlocal`.", "return the value instead"),
    "Match": Hint("FQ102", "A query has no `match`.", "use `if`"),
    "Pass": Hint("FQ102", "A query has no `pass`.", "delete the empty branch"),
    "Break": Hint("FQ102", "A query has no `break`: a loop's length is known before running.", "use `if` in the loop"),
    "Continue": Hint("FQ102", "A query has no `continue`.", "use `if` in the loop"),
    "AnnAssign": Hint("FQ102", "A query has no annotations; the checker knows the types.", "write `name = value`"),
    "NamedExpr": Hint("FQ102", "A query has no `:=`.", "assign on a line of its own"),
    "Starred": Hint("FQ102", "A query has no starred arguments.", "write the arguments out"),
    "Slice": Hint("FQ102", "A query has no slices.", "index one number, or loop over `range`"),
    "Yield": Hint("FQ102", "A query has no generators.", "use `return`"),
    "YieldFrom": Hint("FQ102", "A query has no generators.", "use `return`"),
    "Await": Hint("FQ102", "A query has nothing to await.", "delete `await`"),
    "AsyncFunctionDef": Hint("FQ102", "A query has no `async`.", "write `def`"),
    "AsyncFor": Hint("FQ102", "A query has no `async`.", "write `for`"),
    "AsyncWith": Hint("FQ102", "A query has no `async`.", "delete it"),
    "Is": Hint("FQ102", "A query has no `is`.", "write `==`"),
    "IsNot": Hint("FQ102", "A query has no `is not`.", "write `!=`"),
    "In": Hint("FQ102", "A query has no `in`.", "write `(x == a) | (x == b)`"),
    "NotIn": Hint("FQ102", "A query has no `not in`.", "write `(x != a) & (x != b)`"),
    "BitXor": Hint("FQ102", "A query has no `^`.", "write `!=` between conditions"),
    "LShift": Hint("FQ102", "A query has no shifts.", "multiply instead"),
    "RShift": Hint("FQ102", "A query has no shifts.", "divide instead"),
    "TypeAlias": Hint("FQ102", "A query has no type aliases.", "delete the line"),
}  # fmt: skip

_FIELDS: dict[tuple[str, str], Hint] = {
    ("FunctionDef", "decorator_list"): Hint("FQ102", "A function here has no decorators.", "delete the decorator"),
    ("FunctionDef", "returns"): Hint("FQ102", "A function here has no annotations.", "delete the annotation"),
    ("FunctionDef", "type_params"): Hint("FQ102", "A function here has no type parameters.", "delete them"),
    ("FunctionDef", "body"): Hint("FQ102", "A function cannot be defined inside another.", "move it to the top level"),
    ("arguments", "defaults"): Hint("FQ102", "A parameter here has no default.", "pass the value at each call"),
    ("arguments", "vararg"): Hint("FQ102", "A function here has a fixed number of parameters.", "name each parameter"),
    ("arguments", "kwarg"): Hint("FQ102", "A function here has a fixed number of parameters.", "name each parameter"),
    ("arguments", "kwonlyargs"): Hint("FQ102", "Parameters here are plain names.", "delete the `*`"),
    ("arguments", "posonlyargs"): Hint("FQ102", "Parameters here are plain names.", "delete the `/`"),
    ("arg", "annotation"): Hint("FQ102", "A parameter here has no annotation.", "delete the annotation"),
    ("keyword", "arg"): Hint("FQ102", "A query has no starred arguments.", "write the arguments out"),
    ("For", "orelse"): Hint("FQ102", "A loop here has no `else`.", "put the lines after the loop"),
    ("Return", "value"): Hint("FQ102", "A `return` here returns a value.", "write what it returns"),
    ("Call", "func"): Hint("FQ102", "Only functions and primitives can be called, by their names.", "call by name"),
}


def for_node(node: ast.AST) -> Hint:
    """The hint for a node whose type the grammar does not list where it stands."""
    name = type(node).__name__
    if isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Name):
            fix = f"{node.target.id} = {node.target.id} {_symbol(node.op)} …"
            return Hint("FQ102", "A query has no augmented assignment.", fix)
        return Hint("FQ102", "A query has no augmented assignment.", "assign a new name")
    if isinstance(node, ast.Attribute | ast.Subscript):
        return Hint("FQ102", "Nothing can be written into a table, a list or a value.", "assign a new name")
    if isinstance(node, ast.FunctionDef):
        return Hint("FQ102", "A function is defined at the top level only.", "move it to the top level")
    return _NODES.get(name, Hint("FQ102", f"`{name}` is not part of the query language."))


def for_field(node: ast.AST, field: str) -> Hint:
    """The hint for a field with a value the grammar does not allow."""
    return _FIELDS.get(
        (type(node).__name__, field), Hint("FQ102", f"This form of `{type(node).__name__}` is not part of the language.")
    )


def _symbol(operator: ast.operator) -> str:
    symbols = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}
    return symbols.get(type(operator).__name__, "+")
