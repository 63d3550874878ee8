"""What a hospital's owner declared, read strictly: every fault says where it is and what to change (FH301)."""

from __future__ import annotations

import keyword
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fedlab_kernel.errors import Diagnostic, Refused, diagnose

RESERVED = frozenset({"where"})  # `table.where(…)` is not a column

Item = TypeVar("Item")
Result = TypeVar("Result")


def identifier(name: str, at: str, key: str) -> None:
    """Require a name that a query can use."""
    well_formed = name.isascii() and name.isidentifier() and name[0] != "_" and not keyword.iskeyword(name)
    require(well_formed, at, key, f"`{name}` is no name a query can use", "use letters, digits and _")
    require(name not in RESERVED, at, key, f"`{name}` has another meaning in a query", "rename it")


def printable(text: str, at: str, key: str) -> None:
    """Require one line of plain text."""
    require(text.isprintable(), at, key, "the text holds control characters", "use one line of plain text")


def document(file: Path, at: str) -> dict[str, Any]:
    """What a TOML file holds."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise fault(at, "", f"it cannot be read ({error.strerror})", "create it, or give access") from error
    except UnicodeDecodeError as error:
        raise fault(at, "", "it is not UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise fault(at, "", f"it is not TOML: {error}", "mend the line") from error


def shaped(document: dict[str, Any], shape: Any, at: str) -> Any:
    """`document` as a struct; the decoder's "… - at `$.key[0]`" becomes the key."""
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$.")
        raise fault(at, where.rstrip("`"), problem, "correct, add or remove this key") from error


def each(items: Iterable[Item], read: Callable[[Item], Result]) -> list[Result]:
    """`read` of every item; the refusals of all items are raised together."""
    results: list[Result] = []
    faults: list[Diagnostic] = []
    for item in items:
        try:
            results.append(read(item))
        except Refused as refusal:
            faults.extend(refusal.diagnostics)
    if faults:
        raise Refused(*faults)
    return results


def require(condition: bool, at: str, key: str, problem: str, change: str) -> None:
    """Refuse what does not fulfil a condition."""
    if not condition:
        raise fault(at, key, problem, change)


def fault(at: str, key: str, problem: str, change: str) -> Refused:
    """The refusal of a declaration: where it stands, under which key, what is wrong and what to change."""
    where = f"{at}, `{key}`" if key else at
    return Refused(diagnose("FH301", f"{where}: {problem}", fix=change))
