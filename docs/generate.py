"""Writes the pages of docs/ that are made from fedlab's own tables: `python docs/generate.py [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from fedlab_kernel.errors import RULES, Rule
from fedlab_kernel.errors.render import printable
from fedlab_kernel.language.primitive import Primitive
from fedlab_kernel.language.primitives import PRIMITIVES

HERE = Path(__file__).resolve().parent

# The first two letters of a code say who speaks.
SPEAKERS = {
    "FQ": "The query",
    "FP": "A hospital's policy",
    "FW": "The wire",
    "FH": "A hospital",
    "FF": "The federation",
    "FU": "The way fedlab was called",
}

# "wire" primitives stand in slices only, so nobody writes them.
WORLDS = {
    "persons": "Choosing persons",
    "person": "Inside one person",
    "aggregate": "Sums over persons",
    "exit": "The one exit",
    "public": "Public values",
}

TERMS = """\
A *column* has one value a person, a *condition* is a column of true and false, and a *public* value is one that the
query writes or has released. A *bounded* column is one of numbers with bounds, from the catalogue or from `clip`; a
condition has the bounds 0 and 1. A column with *few values* holds categories, conditions, or whole numbers of a small
range, all of them declared. All else (arithmetic, comparisons, `if`, `for`, `def`) is written as in Python."""


def pages() -> dict[str, str]:
    """Every generated page: its file name in docs/, and its text."""
    return {"errors.md": errors_page(RULES), "primitives.md": primitives_page(PRIMITIVES)}


def errors_page(rules: Mapping[str, Rule]) -> str:
    """The page of all codes, grouped by who speaks, in the order of their codes."""
    parts = [
        "<!-- Written by docs/generate.py from fedlab_kernel/errors/rules; do not edit. -->",
        "# What fedlab refuses, and why",
        "Every message carries a code whose meaning never changes.\n`fedlab explain CODE` prints its entry.",
    ]
    for prefix, speaker in SPEAKERS.items():
        codes = sorted(code for code in rules if code.startswith(prefix))
        if codes:
            parts.append(f"## {speaker}")
            parts.extend(rule_entry(rules[code]) for code in codes)
    return "\n\n".join(parts) + "\n"


def rule_entry(rule: Rule) -> str:
    """One rule: its anchor is its code, so that messages can link to it."""
    lines = [f'<a id="{rule.code}"></a>', "", f"### {rule.code}: {rule.title}", "", rule.why]
    lines += ["", f"**Instead:** {rule.change}"]
    if rule.bad:
        lines += ["", "Refused:", "", "```python", printable(rule.bad.strip("\n")), "```"]
    if rule.good:
        lines += ["", "Accepted:", "", "```fedquery", printable(rule.good.strip("\n")), "```"]
    return "\n".join(lines)


def primitives_page(primitives: Mapping[str, Primitive]) -> str:
    """The page of all primitives that a query may use, by the world they belong to."""
    parts = [
        "<!-- Written by docs/generate.py from fedlab_kernel/language/primitives; do not edit. -->",
        "# What a query may use",
        TERMS,
    ]
    for world, title in WORLDS.items():
        names = sorted(name for name, primitive in primitives.items() if primitive.world == world)
        if names:
            parts.append(f"## {title}")
            parts.extend(primitive_entry(primitives[name]) for name in names)
    return "\n\n".join(parts) + "\n"


def primitive_entry(primitive: Primitive) -> str:
    """One primitive: how it is called, what it takes, and an example."""
    lines = [f"### {primitive.name}", "", f"`{primitive.signature()}`", "", primitive.summary, ""]
    shown = primitive.parameters[1:] if primitive.method else primitive.parameters
    lines += [f"- `{p.name}`{'' if p.required else ' (optional)'}: {p.about}" for p in shown]
    if primitive.example:
        lines += ["", "```fedquery", primitive.example.strip("\n"), "```"]
    return "\n".join(lines).strip()


def stale() -> list[str]:
    """Names of the generated pages whose files do not hold what would be written now."""
    return [
        name
        for name, text in pages().items()
        if not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only name those that are out of date (exit 1)."""
    if arguments == ["--check"]:
        out_of_date = stale()
        for name in out_of_date:
            print(f"docs/{name} is out of date: run `make docs`")
        return 1 if out_of_date else 0
    if arguments:
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
