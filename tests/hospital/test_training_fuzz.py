"""Whatever training a hospital accepts protects each person: slices with exchanged words, at weights of any size."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import RULES, Refused
from fedlab_kernel.hospital import training
from fedlab_kernel.hospital.trainable import require_trainable
from fedlab_kernel.language import check
from fedlab_kernel.language.attachments import unpack
from fedlab_kernel.language.slices import Slice, read, write
from fedlab_kernel.language.training import Training
from fedlab_kernel.language.values import Aggregate
from tests.language.primitives.people import SECRET, Person, catalogue, rows_of

CAPACITY = 4
PEOPLE: list[Person] = [
    {"a": 1.5, "b": -4.0, "k": 3, "n": 7, "wide": 1e15, "flag": True, "hue": "green"},
    {"a": -10.0, "b": 10.0, "k": -5, "n": 100, "wide": -1e15, "flag": False, "hue": "red"},
    {"a": None, "b": 0.0, "k": 0, "n": None, "wide": 1e-9, "flag": None, "hue": "blue"},
]
FOUR = "[fill(p.a, 0), fill(p.b, 0), fill(p.k, 0), fill(p.wide, 0)]"
IMAGE = "reshape(x, [1, 2, 2])"
TRAININGS = (
    ("sigmoid(x @ w.W + w.b)", "W=zeros(4, 1), b=zeros(1)", "bce", "p.flag"),
    ("relu(x @ w.W + w.b) @ w.V", "W=zeros(4, 3), b=zeros(3), V=zeros(3, 1)", "mse", "p.k"),
    ("softmax(tanh(x * w.s) @ w.W)", "s=ones(4), W=zeros(4, 3)", "cross_entropy", "p.hue"),
    ("exp(x @ w.W)", "W=zeros(4, 1)", "poisson", "p.n"),
    (
        f"sigmoid(flatten(mean_pool(group_norm(conv({IMAGE}, w.K, w.c, padding=1), 1, w.s, w.t), 2)) @ w.W)",
        "K=zeros(2, 1, 3, 3), c=zeros(2), s=ones(2), t=zeros(2), W=zeros(2, 1)", "bce", "p.flag",
    ),
    ("embedding(w.E, x[2] > 0)[0] * x[0] + max(x[1], w.b)[0]", "E=zeros(2, 2), b=zeros(1)", "odd", "p.k"),
    ("x @ w.W + w.b", "W=zeros(4, 1), b=zeros(1)", "odd", "p.a"),
)  # fmt: skip
WORDS = (
    "", "-1", "0.0", "1e300", "v0", "v1", "[v0]", "relu", "exp", "log", "sqrt", "tanh", "min", "max", "abs", "sum",
    "where", "clip", "group_norm", "softmax", "conv", "embedding", "1", "[1]", "[2, 2]", "'p'", "/", "**", "*", "@",
)  # fmt: skip


def slice_of(at: int) -> Slice:
    """What a researcher's side sends of one of the trainings."""
    predict, start, loss, target = TRAININGS[at]
    text = (
        'p = table("people")\ndef odd(q, y):\n    return sqrt(abs(q - y)) / (1 + abs(q))\n'
        f"def predict(w, x):\n    return {predict}\n"
        f"m = release(train(predict, params({start}), loss={loss}, on=p, inputs={FOUR}, target={target},"
        " rounds=3, sample_rate=1.0), epsilon=1.0)"
    )
    checked = check(text, catalogue(CAPACITY))
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    return write(checked.releases[0].aggregate.node, 1.0)


def damaged(cut: Slice, random: Random, edits: int) -> str:
    """The text with words of it exchanged or left out."""
    words = re.findall(r"\w+|\s+|.", cut.text)
    for _ in range(edits):
        at = random.randrange(len(words))
        words[at] = random.choice((random.choice(words), random.choice(WORDS)))
    return "".join(words)


def accepted(text: str, cut: Slice) -> Aggregate | None:
    """The training that a hospital would compute, or None where it refuses with known codes."""
    attachments = {name: unpack(name, data) for name, data in cut.attachments.items()}
    codes: set[str] = set()
    aggregate: Aggregate | None = None
    try:
        aggregate = read(text, catalogue(CAPACITY), attachments).aggregate
        if not isinstance(aggregate.statistic, Training):
            return None
        require_trainable(aggregate, rows_of(PEOPLE, CAPACITY), SECRET)
    except Refused as refusal:
        codes = {finding.code for finding in refusal.diagnostics}
    assert codes <= set(RULES)
    return None if codes else aggregate


def require_private(aggregate: Aggregate, random: Random) -> None:
    """Leave out each person in turn: the sum changes by no more than the sensitivity that noise is scaled by."""
    statistic = aggregate.statistic
    assert isinstance(statistic, Training)
    size = random.choice([1e-30, 1e-3, 1.0, 1.0, 1e3, 1e20, 3e38])
    weights = (np.array([random.uniform(-1, 1) for _ in range(statistic.dimension)]) * size).astype(np.float32)
    rows = rows_of(PEOPLE, CAPACITY)
    sums = []
    with (
        patch.object(training, "random_words", lambda count: np.arange(count, dtype=np.uint64)),
        patch.object(training, "poisson_sample", lambda count, _rate: np.ones(count, np.bool_)),
    ):
        for absent in (None, *range(len(PEOPLE))):
            present = rows.present & (np.arange(CAPACITY) != (-1 if absent is None else absent))
            prepared = training.prepare(aggregate, replace(rows, present=present), SECRET, CAPACITY)
            sums.append(training._clipped_sum(prepared, weights).astype(np.float64))
    for other in sums[1:]:
        assert np.linalg.norm(sums[0] - other) <= statistic.sensitivity


@pytest.mark.parametrize("at", range(len(TRAININGS)))
@given(random=st.randoms(use_true_random=False), edits=st.integers(0, 4))
@settings(max_examples=40)
def test_whatever_is_accepted_is_private(at: int, random: Random, edits: int) -> None:
    """Damaged slices are refused with codes, or one person changes their sums by at most the stated sensitivity."""
    cut = slice_of(at)
    aggregate = accepted(damaged(cut, random, edits), cut)
    event(f"accepted: {aggregate is not None}")
    if aggregate is not None:
        require_private(aggregate, random)


@pytest.mark.parametrize("at", range(len(TRAININGS)))
def test_what_is_damaged_was_accepted(at: int, seed: int) -> None:
    """Each of the trainings is accepted as it was written, or damaging them would try nothing."""
    cut = slice_of(at)
    aggregate = accepted(cut.text, cut)
    assert aggregate is not None
    random = Random(seed)
    for _ in range(10):
        require_private(aggregate, random)
