"""The benchmarks' harness, and the query cell that they measure."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

from bench.heart import catalogue
from bench.primitives import cases
from bench.row import absolute, against, stated, table
from bench.timing import interleaved
from fedlab_kernel.language import check
from fedlab_kernel.language.primitives import PRIMITIVES

CELL = Path(__file__).resolve().parents[2] / "bench" / "cell_100.fq"


def test_the_two_sides_take_turns() -> None:
    """Both functions run equally often, and each goes first every other time."""
    calls: list[str] = []
    interleaved(lambda: calls.append("ours"), lambda: calls.append("peer"), repeats=3, warm_up=1)
    assert calls == ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]


def test_a_goal_is_a_ratio_where_there_is_a_peer() -> None:
    """With a peer the goal bounds the ratio, without one the value, and a stated figure cannot miss."""
    assert against("a", 3.0, "ms", "peer", 2.0, goal=1.5).ok
    assert not against("a", 3.1, "ms", "peer", 2.0, goal=1.5).ok
    assert absolute("a", 30.0, "MB", goal=30).ok
    assert not absolute("a", 30.1, "MB", goal=30).ok
    assert stated("a", 1e9, "ms").ok


def test_rows_are_what_bench_json_promises() -> None:
    """A row as JSON has exactly the documented keys, and the table names every row and every miss."""
    rows = [against("fast", 1.0, "ms", "peer", 2.0, goal=1.5), absolute("large", 31.0, "MB", goal=30)]
    keys = ["name", "value", "unit", "peer", "peer_value", "ratio", "goal", "ok"]
    assert [list(row) for row in json.loads(json.dumps([asdict(row) for row in rows]))] == [keys, keys]
    heading, fast, large = table(rows).splitlines()
    assert heading.startswith("benchmark")
    assert fast.startswith("fast")
    assert fast.endswith("ok")
    assert large.endswith("MISSED")


def test_the_measured_cell_is_a_query_of_a_hundred_lines() -> None:
    """The cell that is checked and quoted is a hundred lines long and accepted, as the goal says."""
    text = CELL.read_text(encoding="utf-8")
    checked = check(text, catalogue())
    assert len(text.splitlines()) == 100
    assert checked.ok, [(found.span, found.message) for found in checked.findings]
    assert len(checked.releases) > 30


# What chooses persons, releases, or is public; it computes nothing on a person's values.
NOT_MEASURED = {name for name, primitive in PRIMITIVES.items() if primitive.world in ("persons", "public", "exit")}
# `bench.training` measures steps of training; what judges a model counts persons in bins, as `histogram` does.
OF_MODELS = {
    "train", "logistic_regression", "mlp", "small_cnn", "predicted", "auc", "roc", "accuracy", "calibration", "brier",
}  # fmt: skip


def test_every_primitive_is_measured() -> None:
    """Each word that computes something on persons stands in a query of the benchmark."""
    words = {word for case in cases() for word in re.findall(r"([a-z_]+)\(", case.query)}
    written = {name for name, primitive in PRIMITIVES.items() if primitive.world != "wire"}
    assert written - NOT_MEASURED - OF_MODELS <= words
