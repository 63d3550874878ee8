"""What the editor service answers: frozen types that are JSON as they stand, and the version of their form.

`msgspec.json.encode` writes them. A consumer in another language may rely on every field here; a field that changes
its name, type or meaning takes a new `VERSION`. Numbers that are not finite become null.

Texts named `text` of a `Hover` and `documentation` of a `Completion` are Markdown in which whatever a hospital or a
query wrote is escaped, so that no tag and no link can come of it. All other texts are plain: show them as text.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

VERSION = 1

Kind = Literal["table", "column", "part", "label", "argument", "name", "function", "primitive", "keyword"]


class Position(Struct, frozen=True):
    """A place between two characters: line and UTF-16 units in it, both from 0, as in the Language Server Protocol."""

    line: int
    character: int


class Range(Struct, frozen=True):
    """A stretch of text; its end is not part of it."""

    start: Position
    end: Position


class TextEdit(Struct, frozen=True):
    """A change: what stands in the range becomes the text."""

    range: Range
    text: str


class Finding(Struct, frozen=True):
    """Something to underline.

    Attributes:
        range: at least one character wide where its line has one.
        severity: an "error" keeps the cell from running; a "warning" and a "note" do not.
        code: stable, explained by `fedlab explain CODE`.
        message: one sentence in the researcher's words.
        reason: why the rule exists.
        fix: what to write instead, or null.
        edits: the changes that carry out the fix, all of them together; empty where a person has to think.
    """

    range: Range
    severity: str
    code: str
    message: str
    reason: str
    fix: str | None
    edits: tuple[TextEdit, ...]


class Priced(Struct, frozen=True):
    """The price of one `release`, to be shown at the end of its line.

    Attributes:
        range: the call.
        name: the name that gets the value; "" where there is none.
        times: how often it is released (in a loop).
        epsilon, delta: of one of these times, at each hospital.
        error: the expected error (privacy noise, 95 %) in words.
        share: all times together, of what is left of the budget that is nearest to its end; null where it is not
            known, and where nothing is left.
        free: whether the answers are stored already, so that running again costs nothing.
        text: all of it in one short phrase.
    """

    range: Range
    name: str
    times: int
    epsilon: float
    delta: float
    error: str
    share: float | None
    free: bool
    text: str


class Total(Struct, frozen=True):
    """The price of the cell: of two branches the dearer one, and nothing for what is stored.

    Attributes:
        epsilon, delta: at each hospital.
        share: of what is left at the hospital that has the least left, as for `Priced`.
        hospital: the name of that hospital; "" where no budget is known.
        refused: why some hospital would refuse it, in one sentence; "" where none would.
        text: all of it in one short phrase.
    """

    epsilon: float
    delta: float
    share: float | None
    hospital: str
    refused: str
    text: str


class Diagnostics(Struct, frozen=True):
    """What is wrong with a cell and what it would cost; the total is null where that is not known."""

    findings: tuple[Finding, ...]
    releases: tuple[Priced, ...]
    total: Total | None
    version: int = VERSION


class Completion(Struct, frozen=True):
    """One thing that could stand at the cursor.

    Attributes:
        label: as a list shows it.
        insert: what takes the place of `replaces`.
        kind: what it is.
        detail: its type and bounds, or its signature.
        documentation: Markdown; "" where there is nothing more to say.
        replaces: what was typed of it.
    """

    label: str
    insert: str
    kind: Kind
    detail: str
    documentation: str
    replaces: Range


class Completions(Struct, frozen=True):
    """What could stand at the cursor, the likeliest first; all items replace the same range."""

    items: tuple[Completion, ...]
    version: int = VERSION


class Hover(Struct, frozen=True):
    """What the word at a position means, as Markdown."""

    range: Range
    text: str
    version: int = VERSION
