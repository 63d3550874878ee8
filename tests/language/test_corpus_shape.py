"""The corpora are well-formed, cover every escape class in several positions, and repeat nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedlab_kernel.language.check import RESERVED

from .hostile_texts import texts

PROGRAMS = Path(__file__).parent / "programs"
MARKER = re.compile(r"  ### (FQ\d{3})?$")
# The classes of LANGUAGE.md's list that are about mechanism: what breaks a sandbox.
MECHANISM = (
    "dunder access", "dunder writes", "attribute by string", "format strings", "frames", "comprehensions",
    "decorators", "classes", "match patterns", "walrus", "imports", "exceptions", "context managers",
    "annotations", "defaults", "positional-only shadowing", "stars", "lambdas", "nested functions",
    "non-ASCII names", "bidi text", "huge integers", "iterated doubling and squaring", "shared structure",
    "huge ranges", "recursion", "deep nesting", "huge literals", "NaN and infinity", "forbidden characters",
    "slices", "del, global, nonlocal", "rebinding primitives", "writes into tables", "asserts",
    "new syntax", "library methods", "regex and hash bombs", "magics and shell lines", "unlisted syntax",
    "string operations", "augmented assignment", "chained comparison", "operator precedence",
    "pandas habits", "unknown names", "wrong arguments", "integer overflow", "list too long", "fuel",
    "shape mismatch", "statistics libraries", "dates",
)  # fmt: skip
# The classes about meaning: what would let one person's data choose, or leave without noise.
MEANING = (
    "private branch", "private index", "private loop", "private length", "private string",
    "private iteration", "data-dependent errors, time or fuel", "data-dependent charge",
    "state between persons", "group keys from data", "refund or free retry", "HTML in anything displayed",
    "float sums whose order leaks", "norms under forged weights", "raw release", "unreleased aggregate",
    "product or ratio of aggregates", "unbounded sum", "histogram edges", "bad epsilon", "mixed lineages",
    "table from a function", "names of a branch", "persons compared with one another", "rows of one person",
)  # fmt: skip
# Classes that concern the whole text, and a class that is a position.
ANYWHERE = frozenset(
    {"non-ASCII names", "bidi text", "deep nesting", "huge literals", "forbidden characters", "private loop"}
)


@dataclass(frozen=True, slots=True)
class Program:
    """One chunk of a corpus file."""

    file: str
    name: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines of the chunk, its comments included."""
        return self.text.split("\n")

    @property
    def escape_class(self) -> str:
        """What the second line of a hostile chunk says."""
        return self.lines[1].removeprefix("# class: ")

    @property
    def marked(self) -> list[int]:
        """Indices of the lines that carry the marker."""
        return [i for i, line in enumerate(self.lines) if MARKER.search(line)]


def read(folder: str) -> list[Program]:
    """Every program of a corpus, in the order of files and chunks."""
    return [
        Program(file.name, chunk.split("\n")[0].removeprefix("# name: "), chunk)
        for file in sorted((PROGRAMS / folder).glob("*.fq"))
        for chunk in file.read_text("utf-8").removesuffix("\n").split("\n---\n")
    ]


HOSTILE = read("hostile")
ACCEPTED = read("accepted")


def position(program: Program) -> str:
    """Where in the program the marked line stands."""
    at = program.marked[0]
    line = program.lines[at]
    if line.lstrip().startswith("for "):
        return "loop iterable"
    header = next(_enclosing(program.lines, at), "")
    if header.startswith("def "):
        called = header[4 : header.index("(")]
        if re.search(rf"\bsum\({called}\b", program.text):
            return "person function"
        return "called function" if len(re.findall(rf"\b{called}\(", program.text)) > 1 else "uncalled function"
    if header.startswith("for "):
        return "loop body"
    if ".where(" in line:
        return "inside where"
    return "inside release" if "release(" in line else "top level"


def _enclosing(lines: list[str], at: int) -> Iterator[str]:
    """The headers of the blocks around a line, innermost first."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    for line in reversed(lines[:at]):
        here = len(line) - len(line.lstrip())
        if line.strip() and here < indent:
            indent = here
            yield line.strip()


def test_the_corpora_are_large_enough() -> None:
    """There are at least 220 hostile and 80 accepted programs."""
    assert len(HOSTILE) >= 220
    assert len(ACCEPTED) >= 80


def test_names_are_unique() -> None:
    """A name finds one program or text."""
    names = [p.name for p in HOSTILE + ACCEPTED] + [name for name, _, _ in texts()]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z0-9-]+", name)] == []


@pytest.mark.parametrize("program", HOSTILE, ids=lambda p: p.name)
def test_a_hostile_program_names_its_class_and_marks_one_line(program: Program) -> None:
    """A hostile chunk has a name, a known class, exactly one marked line, and is short."""
    assert program.lines[0] == f"# name: {program.name}"
    assert program.lines[1] == f"# class: {program.escape_class}"
    assert program.escape_class in MECHANISM + MEANING
    assert len(program.marked) == 1
    assert program.text.count("###") == 1
    assert len(program.lines) <= 25


@pytest.mark.parametrize("program", ACCEPTED, ids=lambda p: p.name)
def test_an_accepted_program_is_python_that_rebinds_no_primitive(program: Program) -> None:
    """An accepted chunk has a name, no marker, parses as Python, and leaves the primitives alone."""
    assert program.lines[0] == f"# name: {program.name}"
    assert "###" not in program.text
    bound = set()
    for node in ast.walk(ast.parse(program.text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound |= {node.name, *(a.arg for a in node.args.args)}
    assert not bound & RESERVED


def test_no_two_programs_say_the_same() -> None:
    """Programs that differ in their comments only are one program."""
    bodies: dict[str, list[str]] = defaultdict(list)
    for program in HOSTILE + ACCEPTED:
        code = re.sub(r"  ### .*", "", "\n".join(x for x in program.lines if not x.startswith("# ")))
        bodies[code].append(program.name)
    assert [names for names in bodies.values() if len(names) > 1] == []


@pytest.mark.parametrize("escape_class", MECHANISM + MEANING)
def test_every_class_is_tried_in_several_positions(escape_class: str) -> None:
    """A class has at least three programs or texts, and its programs stand in at least two positions."""
    programs = [p for p in HOSTILE if p.escape_class == escape_class]
    built = [name for name, of, _ in texts() if of == escape_class]
    assert len(programs) + len(built) >= 3
    if escape_class not in ANYWHERE:
        assert len({position(p) for p in programs}) >= 2


def test_every_position_is_attacked_often() -> None:
    """Each of the positions is tried by programs of at least ten classes."""
    classes: dict[str, set[str]] = defaultdict(set)
    for program in HOSTILE:
        classes[position(program)].add(program.escape_class)
    assert set(classes) == {
        "top level", "called function", "uncalled function", "person function",
        "loop iterable", "loop body", "inside where", "inside release",
    }  # fmt: skip
    assert {where: len(of) for where, of in classes.items() if len(of) < 10} == {}


def test_built_texts_are_hostile_for_the_reason_they_name() -> None:
    """Deep and strange texts fit in 64 KiB, so that their size cannot be why they are refused."""
    for name, escape_class, text in texts():
        assert escape_class in MECHANISM, name
        size = len(text.encode("utf-8", "surrogatepass"))
        if "64-kib" in name or "megabytes" in name:
            assert size > 64 * 1024, name
        else:
            assert size <= 64 * 1024, name


def test_building_the_texts_twice_gives_the_same() -> None:
    """The texts are the same in every run, so that a failure can be repeated by name."""
    assert list(texts()) == list(texts())
