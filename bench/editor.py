"""What an editor asks while a hundred-line cell is typed: check with prices, completion, hover; each of a new text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

import msgspec

from fedlab_kernel.editor import Position, completion, diagnostics, hover
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import Published, published
from fedlab_kernel.language.values import Value
from fedlab_kernel.policy import Policy
from fedlab_kernel.wire.messages import Balance

from .heart import HOSPITALS, catalogue
from .row import Row, absolute, stated

CELL = Path(__file__).with_name("cell_100.fq")
GOAL_MS = 16.0  # a frame of a screen that shows sixty a second
SAMPLES = 400
WARM_UP = 20
NAMES: Mapping[str, Value] = {}


def run() -> list[Row]:
    """Median and 99th percentile of each, garbage collection included, as in a kernel."""
    text, offer = CELL.read_text(encoding="utf-8"), _offer()
    asked = {
        "check": islice(_checks(text, offer), SAMPLES + WARM_UP),
        "completion": islice(_completions(text, offer), SAMPLES + WARM_UP),
        "hover": islice(_hovers(text, offer), SAMPLES + WARM_UP),
    }
    rows: list[Row] = []
    for name, questions in asked.items():
        times = sorted([_milliseconds(question) for question in questions][WARM_UP:])
        median, worst = times[len(times) // 2], times[len(times) * 99 // 100]
        rows.append(stated(f"editor {name}, 100 lines, median", median, "ms"))
        rows.append(absolute(f"editor {name}, 100 lines, 99th percentile", worst, "ms", GOAL_MS))
    return rows


def _checks(text: str, offer: Published) -> Iterator[Callable[[], object]]:
    """A price is changed, digit by digit, so that its noise is calibrated anew."""
    prices = [match.start(1) for match in re.finditer(r"epsilon=0\.\d+()", text)]
    for turn, at in enumerate(cycle(prices)):
        typed = f"{text[:at]}{turn % 97 + 1:02d}{text[at:]}"
        yield partial(diagnostics, typed, offer, NAMES)


def _completions(text: str, offer: Published) -> Iterator[Callable[[], object]]:
    """A line is typed for the first time: all other lines are there, this one as far as the cursor."""
    lines = text.split("\n")
    for turn, (line, end) in enumerate(cycle(_words(lines))):
        others = [*lines[:line], lines[line][:end], *lines[line + 1 :], f"# {turn}"]
        yield partial(completion, "\n".join(others), Position(line, end), offer, NAMES)


def _hovers(text: str, offer: Published) -> Iterator[Callable[[], object]]:
    """The pointer rests on a word of a text that was changed since it was checked."""
    lines = text.split("\n")
    for turn, (line, end) in enumerate(cycle(_words(lines))):
        yield partial(hover, f"{text}\n# {turn}", Position(line, end - 1), offer, NAMES)


def _words(lines: list[str]) -> list[tuple[int, int]]:
    """The ends of all words outside comments, spread over the text, as line and column."""
    found = [
        (number, match.end())
        for number, line in enumerate(lines)
        for match in re.finditer(r"\w+", line.partition("#")[0])
    ]
    return [found[i * 37 % len(found)] for i in range(len(found))]


def _milliseconds(question: Callable[[], object]) -> float:
    start = perf_counter()
    answer = msgspec.json.encode(question())
    assert [answer]  # a list is made, so that garbage is collected now if that is due
    return (perf_counter() - start) * 1000


def _offer() -> Published:
    tables = catalogue()
    populations = {table.population for table in tables.values()}
    balances = tuple(Balance(name, 50.0, 1e-5, 8.0, 1.0, 0.0, 0.1, 0.02, False) for name in populations)
    names = [f"hospital_{number}" for number in range(HOSPITALS)]
    return published(
        {name: HospitalInfo(name, name, "ready", policy=Policy(), tables=tables, balances=balances) for name in names}
    )
