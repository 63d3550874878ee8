"""From a word and what it was applied to, to the refusal that says how FedQuery writes it."""

from __future__ import annotations

import ast
from collections.abc import Container
from dataclasses import replace
from string import Template

from ..fault import Fault
from ..hints import one_of
from ..learned import Model
from ..values import ColumnValue, Poison, RowsValue, TableValue, Value
from .chains import of_formula
from .learning import ARGUMENTS, MODEL
from .translation import Translation
from .words import COLUMN, DATES, FUNCTIONS, ROWS, TABLE

_COX = "Cox's partial likelihood compares each person with everybody still at risk, so it is no sum over persons."
# What libraries and FedQuery call by one name; other words of the vocabulary are looked up there.
_SAME = frozenset({"log", "exp", "sqrt", "abs", "floor", "sigmoid", "relu", "softmax"})
_PLACES = (("$first", "$one"), ("$second", "$two"), ("$third", "$three"))


def of_method(value: Value, name: str, message: str, node: ast.Call | None = None) -> Fault:
    """The refusal of `.name` behind a value; `node` is its call, if it is called."""
    known: Translation | None = None
    if isinstance(value, TableValue):
        known = TABLE.get(name)
        if known is not None:
            columns = value.table.columns.values()
            named = {
                "number": next((column.name for column in columns if column.kind in ("int", "float")), "age"),
                "category": next((column.name for column in columns if column.kind == "category"), "sex"),
            }
            write, says = (Template(text).safe_substitute(named) for text in (known.write, known.says))
            known = replace(known, write=write, says=says)
    elif isinstance(value, RowsValue) or (isinstance(value, ColumnValue) and value.rows is not None):
        known = ROWS.get(name)
    elif isinstance(value, ColumnValue) and value.kind == "date" and name in DATES:
        known = DATES[name]
    elif isinstance(value, ColumnValue):
        numbers = name == "value_counts" and value.kind in ("int", "float")
        known = COLUMN.get("hist" if numbers else name)
        if name == "isin" and node is not None and len(node.args) == 1:
            labels = one_of("$object", node.args[0])
            return Fault("FQ224", message, replace=labels) if labels else _refusal("FQ224", message, known, node)
    elif isinstance(value, Model):
        known = MODEL.get(name)
        if known is not None and name != "fit" and node is not None and node.args:
            known = replace(known, write=known.write.replace("on=patients", "on=$first"))
    elif name == "append" or isinstance(value, Poison):  # of a list, or of what may be a table or a column
        known = COLUMN.get(name)
        known = known and replace(known, sure=False)
    return _refusal("FQ224", message, known, node)


def of_function(name: str, node: ast.Call | None = None, first: Value | None = None) -> Fault | None:
    """The refusal of a function or name that people know from elsewhere; None for an unknown word.

    Args:
        name: the word.
        node: its call, if it is called.
        first: its first argument.
    """
    known = FUNCTIONS.get(name)
    if known is None:
        return None
    if known.code:
        return _refusal(known.code, _COX, known, node)
    if name == "len" and isinstance(first, TableValue):
        known = Translation("count($first)", sure=True)
    elif isinstance(first, Model) and known.says.startswith("of a model, "):
        known = Translation(known.write.partition("(")[0] + "($first, on=patients)")
    elif node is None or isinstance(first, str):
        known = replace(known, sure=False)
    return _refusal("FQ223", f"`{name}` is not part of the query language.", of_formula(name, node) or known, node)


def of_argument(name: str, message: str, parameters: Container[str]) -> Fault | None:
    """The refusal of an argument that people know from elsewhere; None for an unknown one, or where none stands for it.

    Args:
        name: as it was written.
        message: that there is none of this name.
        parameters: the names of those that there are.
    """
    known = ARGUMENTS.get(name)
    if known is None or (known.write and known.write.partition("=")[0] not in parameters):
        return None
    if known.sure:
        return Fault("FQ204", message, f"{name}=", "write `$new`", known.write)
    return Fault("FQ204", message, f"{name}=", _behind(known))


def of_library(path: str, node: ast.expr, primitives: Container[str]) -> Fault:
    """The refusal of a library's function or value, such as `np.mean(x)`.

    Args:
        path: the function as it was written.
        node: the call, or the attribute where it is not called.
        primitives: the names of the vocabulary.
    """
    name = path.rpartition(".")[2]
    message = f"`{path}` is not part of the query language: nothing can be imported."
    if not isinstance(node, ast.Call):
        fix = "missing values are left out anyway" if name.lower() == "nan" else "use the primitives"
        return Fault("FQ223", message, fix=fix)
    known = FUNCTIONS.get(name) or FUNCTIONS.get(path.partition(".")[0])
    if known is not None and known.code:
        return _refusal(known.code, _COX, known, node)
    known = of_formula(name, node) or known
    if known is None and (name in _SAME or name in primitives) and ".random." not in path:
        known = Translation(f"{name}($arguments)", sure=True)
    if known is None:
        return Fault("FQ223", message, fix="use the primitives")
    return _refusal("FQ223", message, known, node)


def _refusal(code: str, message: str, known: Translation | None, node: ast.Call | None) -> Fault:
    if known is None:
        return Fault(code, message)
    if known.sure and _fits(known, node):
        behind = f"; {known.says}" if known.says else ""
        return Fault(code, message, fix=f"write `$new`{behind}", replace=known.write)
    return Fault(code, message, fix=_behind(known))


def _behind(known: Translation) -> str:
    """What to write, and what else to know."""
    return "; ".join([*([f"write `{known.write}`"] if known.write else []), *([known.says] if known.says else [])])


def _fits(known: Translation, node: ast.Call | None) -> bool:
    """Whether a translation says all that the call says: it has no further arguments."""
    taken = sum(any(place in known.write for place in places) for places in _PLACES)
    if node is None:
        return taken == 0 and "$arguments" not in known.write
    if node.keywords:
        return False
    if "$arguments" in known.write:
        return bool(node.args)
    return taken <= len(node.args) <= taken + known.spare
