"""What to write instead of the Python that FedQuery leaves out: one message a construct people will try."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .mending import literal


@dataclass(frozen=True, slots=True)
class Hint:
    """A refusal in the researcher's words: its code, what was found, and what to write, as `Fault` has it."""

    code: str
    message: str
    fix: str | None = None
    replace: str | None = None


_IMPORT = Hint(
    "FQ101", "Nothing can be imported into a query.", "delete the line; the primitives are there already", ""
)
_LOOPS = "write a `for` loop over a public list, with `append`"
_NODES: dict[str, Hint] = {
    "Import": _IMPORT,
    "ImportFrom": _IMPORT,
    "ClassDef": Hint("FQ102", "A query has no classes.", "write a function with `def`"),
    "Lambda": Hint("FQ102", "A query has no lambda.", "write a function with `def` and pass its name"),
    "ListComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "SetComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "DictComp": Hint("FQ102", "A query has no comprehensions.", _LOOPS),
    "GeneratorExp": Hint("FQ102", "A query has no generators.", _LOOPS),
    "Dict": Hint("FQ102", "A query has no dictionaries.",
                 "use plain names or a list; `recode` takes two lists"),
    "Set": Hint("FQ102", "A query has no sets.", "use a list"),
    "JoinedStr": Hint("FQ102", "A query has no formatted strings.", "release the number; text is made outside"),
    "TemplateStr": Hint("FQ102", "A query has no template strings.", "release the number; text is made outside"),
    "While": Hint("FQ102", "A query has no `while`: its length could not be known before running.",
                  "write `for step in range(n):`"),
    "Try": Hint("FQ102", "A query has no `try`: nothing in it can fail on a row.", "delete it"),
    "TryStar": Hint("FQ102", "A query has no `try`: nothing in it can fail on a row.", "delete it"),
    "Raise": Hint("FQ102", "A query has no exceptions.", "delete the line", ""),
    "With": Hint("FQ102", "A query has no `with`.", "delete it"),
    "Assert": Hint("FQ102", "A query has no `assert`.", "use `if` on a released value"),
    "Delete": Hint("FQ102", "A query has no `del`; values never change.", "delete the line", ""),
    "Global": Hint("FQ102", "A query has no `global`.", "return the value instead"),
    "Nonlocal": Hint("FQ102", "A query has no `nonlocal`.", "return the value instead"),
    "Match": Hint("FQ102", "A query has no `match`.", "use `if`"),
    "Pass": Hint("FQ102", "A query has no `pass`.", "delete the empty branch"),
    "Break": Hint("FQ102", "A query has no `break`: a loop's length is known before running.", "use `if` in the loop"),
    "Continue": Hint("FQ102", "A query has no `continue`.", "use `if` in the loop"),
    "AnnAssign": Hint("FQ102", "A query has no annotations; the checker knows the types.", "delete the annotation",
                      "$name = $value"),
    "NamedExpr": Hint("FQ102", "A query has no `:=`.", "assign on a line of its own"),
    "Starred": Hint("FQ102", "A query has no starred arguments.", "write the arguments out"),
    "Slice": Hint("FQ102", "A query has no slices.", "index one number, or loop over `range`"),
    "Yield": Hint("FQ102", "A query has no generators.", "use `return`"),
    "YieldFrom": Hint("FQ102", "A query has no generators.", "use `return`"),
    "Await": Hint("FQ102", "A query has nothing to await.", "delete `await`", "$value"),
    "AsyncFunctionDef": Hint("FQ102", "A query has no `async`.", "write `def`"),
    "AsyncFor": Hint("FQ102", "A query has no `async`.", "write `for`"),
    "AsyncWith": Hint("FQ102", "A query has no `async`.", "delete it"),
    "Is": Hint("FQ102", "A query has no `is`.", "write `==`", "$left == $right"),
    "IsNot": Hint("FQ102", "A query has no `is not`.", "write `!=`", "$left != $right"),
    "BitXor": Hint("FQ102", "A query has no `^`.", "write `!=` between conditions", "$left != $right"),
    "LShift": Hint("FQ102", "A query has no shifts.", "multiply instead"),
    "RShift": Hint("FQ102", "A query has no shifts.", "divide instead"),
    "FunctionDef": Hint("FQ102", "A function is defined at the top level only.", "move it to the top level"),
    "Return": Hint("FQ102", "`return` stands in a function only.", "put the name on the last line"),
    "TypeAlias": Hint("FQ102", "A query has no type aliases.", "delete the line", ""),
}  # fmt: skip

_WRITTEN = Hint(
    "FQ102",
    "Only names are given values: a table, a list or a value cannot be written into.",
    "assign a new name, or a pair: `a, b = …`; a new column is a name on a line of its own",
)
_FIELDS: dict[tuple[str, str], Hint] = {
    ("FunctionDef", "decorator_list"): Hint("FQ102", "A function here has no decorators.", "delete the decorator"),
    ("FunctionDef", "returns"): Hint("FQ102", "A function here has no annotations.", "delete the annotation"),
    ("FunctionDef", "type_params"): Hint("FQ102", "A function here has no type parameters.", "delete them"),
    ("arguments", "defaults"): Hint("FQ102", "A parameter here has no default.", "pass the value at each call"),
    ("arguments", "kw_defaults"): Hint("FQ102", "A parameter here has no default.", "pass the value at each call"),
    ("arguments", "vararg"): Hint("FQ102", "A function here has a fixed number of parameters.", "name each parameter"),
    ("arguments", "kwarg"): Hint("FQ102", "A function here has a fixed number of parameters.", "name each parameter"),
    ("arguments", "kwonlyargs"): Hint("FQ102", "Parameters here are plain names.", "delete the `*`"),
    ("arguments", "posonlyargs"): Hint("FQ102", "Parameters here are plain names.", "delete the `/`"),
    ("arg", "annotation"): Hint("FQ102", "A parameter here has no annotation.", "delete the annotation"),
    ("keyword", "arg"): Hint("FQ102", "A query has no starred arguments.", "write the arguments out"),
    ("Assign", "targets"): _WRITTEN,
    ("Attribute", "ctx"): _WRITTEN,
    ("Subscript", "ctx"): _WRITTEN,
    ("List", "ctx"): _WRITTEN,
    ("For", "target"): Hint("FQ102", "A loop gives its values to a name, or to a pair of names.", "for x in xs:"),
    ("For", "orelse"): Hint("FQ102", "A loop here has no `else`.", "put the lines after the loop"),
    ("Call", "func"): Hint("FQ102", "Only functions and primitives can be called, by their names.", "call by name"),
}


def refusal(parent: ast.AST, field: str, child: object) -> Hint:
    """The hint for what a field of a node holds and the grammar does not allow there."""
    if isinstance(parent, ast.Return) and child is None:
        return Hint("FQ102", "A `return` here returns a value.", "write what it returns")
    place = (type(parent).__name__, field)
    if place in _FIELDS:
        return _FIELDS[place]
    if isinstance(child, ast.AugAssign):
        return _augmented(child)
    if isinstance(child, ast.In | ast.NotIn):
        return _membership(parent, child)
    if isinstance(child, ast.BitXor) and isinstance(parent, ast.BinOp) and isinstance(parent.right, ast.Constant):
        return Hint("FQ102", "A query has no `^`.", "write `**` for a power")  # no edit: `^` binds after `+` in Python
    name = type(child).__name__
    if isinstance(child, ast.AST):
        return _NODES.get(name, Hint("FQ102", f"`{name}` is not part of the query language."))
    return Hint("FQ102", f"This form of `{place[0]}` is not part of the language.")


def constant(value: object) -> Hint:
    """The hint for a literal that the grammar does not allow."""
    if value is None:
        fix = "leave it out, or use a number; `missing(x)` is true where a value is missing"
        return Hint("FQ102", "A query has no `None`.", fix)
    if value is ...:
        return Hint("FQ102", "A query has no `...`.", "write a value")
    if isinstance(value, int | float):
        return Hint("FQ007", "This number does not fit: integers have 64 bits and numbers are finite.")
    if isinstance(value, str):
        return Hint("FQ002", "This string contains an invisible or control character.", "delete it")
    return Hint("FQ102", "A value is a number, a string, True or False.")


def one_of(left: str, labels: ast.expr, equal: str = "==", sign: str = "|") -> str | None:
    """A template: one comparison of `left` a label; None where the labels are no list of literals."""
    if not isinstance(labels, ast.List | ast.Tuple | ast.Set) or not labels.elts:
        return None
    written = [literal(label.value) for label in labels.elts if isinstance(label, ast.Constant)]
    if len(written) < len(labels.elts):
        return None
    if len(written) == 1:
        return f"{left} {equal} {written[0]}"
    return f" {sign} ".join(f"({left} {equal} {label})" for label in written)


def _augmented(node: ast.AugAssign) -> Hint:
    symbol = ast.unparse(ast.BinOp(ast.Name("x"), node.op, ast.Name("y")))[2:-2]
    replace = f"$name = $name {symbol} $value" if isinstance(node.target, ast.Name) else None
    return Hint("FQ102", f"A query has no `{symbol}=`.", None if replace else "assign a new name", replace)


def _membership(parent: ast.AST, operator: ast.In | ast.NotIn) -> Hint:
    """`x in [a, b]`, as one comparison a label."""
    word, equal, sign = ("in", "==", "|") if isinstance(operator, ast.In) else ("not in", "!=", "&")
    replace = None
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1:
        replace = one_of("$left", parent.comparators[0], equal, sign)
    fix = f"write `(x {equal} a) {sign} (x {equal} b)`"
    return Hint("FQ102", f"A query has no `{word}`.", None if replace else fix, replace)
