"""Random texts through the checker: it never fails, and what it accepts crosses to a hospital unchanged."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import RULES, Refused
from fedlab_kernel.language import Checked, check
from fedlab_kernel.language.attachments import unpack
from fedlab_kernel.language.parse import MAX_FINDINGS
from fedlab_kernel.language.public import Public
from fedlab_kernel.language.slices import Slice, read, write

from .generated import STATEMENTS, programs
from .heart import CATALOGUE
from .test_corpus_shape import ACCEPTED, HOSTILE

START = 'patients = table("heart")\npeople = table("cohort")\n'
CORPUS = [program.text for program in (*ACCEPTED, *HOSTILE)]


def checked(text: str) -> Checked:
    """The outcome for a text of any kind, after looking at its findings."""
    outcome = check(text, CATALOGUE)
    lines = text.split("\n")
    places = []
    for found in outcome.findings:
        assert found.code in RULES
        assert found.span is not None
        assert 1 <= found.span.line <= found.span.end_line <= len(lines)
        assert 1 <= found.span.column <= len(lines[found.span.line - 1]) + 1
        assert found.span.end_column <= len(lines[found.span.end_line - 1]) + 2
        assert (found.span.line, found.span.column) < (found.span.end_line, found.span.end_column)
        places.append((found.span.line, found.span.column))
    assert places == sorted(places)
    assert len(set(outcome.findings)) == len(outcome.findings) <= MAX_FINDINGS
    return outcome


def slices(outcome: Checked) -> list[Slice]:
    """The slices of the releases that can be asked now, in the order of the text."""
    assert outcome.ok, outcome.findings
    ready = [release for release in outcome.releases if release.key is not None]
    assert all(isinstance(release.epsilon, int | float) for release in ready)
    return [write(release.aggregate.node, float(release.epsilon)) for release in ready]  # type: ignore[arg-type]


def texts(outcome: Checked) -> Counter[tuple[str, int]]:
    """What a hospital would be sent, and how often, whatever the order."""
    ready = [release for release in outcome.releases if release.key is not None]
    return Counter((cut.text, release.key.occurrence) for cut, release in zip(slices(outcome), ready, strict=True))  # type: ignore[union-attr]


@given(STATEMENTS)
@settings(max_examples=300)
def test_valid_python_of_every_kind_is_checked(lines: list[str]) -> None:
    """Whatever Python can read, the checker answers with located findings, and accepted releases can be sent."""
    outcome = checked(START + "\n".join(lines) + "\n")
    event(f"ok: {outcome.ok}")
    if outcome.ok:
        for cut in slices(outcome):
            read(cut.text, CATALOGUE, {name: unpack(name, data) for name, data in cut.attachments.items()})


@given(STATEMENTS)
@settings(max_examples=200)
def test_a_hospital_refuses_valid_python_without_failing(lines: list[str]) -> None:
    """A hospital, whose vocabulary has the words of slices too, reads any text or refuses it with codes."""
    refused(START + "\n".join(lines) + "\nrelease(count(patients), epsilon=1.0)\n")


@given(programs(), st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=200)
def test_a_hospital_refuses_damaged_slices_without_failing(
    program: tuple[list[str], list[str]], random: Random, edits: int
) -> None:
    """A slice with words of it exchanged, left out or doubled is read or refused with codes."""
    cut = random.choice(slices(checked("\n".join([*program[0], *program[1]]) + "\n")))
    words = re.findall(r"\w+|\s+|.", cut.text)
    for _ in range(edits):
        at, other = random.randrange(len(words)), random.randrange(len(words))
        words[at] = random.choice(["", words[other], words[at] + words[other], "-1", "part", "same", "[v0]", "0.5"])
    text = "".join(words)
    attachments = {name: unpack(name, data) for name, data in cut.attachments.items()}
    assert text == cut.text or refused(text, attachments) or write_again(text, attachments) == text


def refused(text: str, attachments: dict[str, Public] | None = None) -> bool:
    """Whether a hospital refuses a text, with known codes."""
    try:
        read(text, CATALOGUE, attachments or {})
    except Refused as refusal:
        codes = {finding.code for finding in refusal.diagnostics}
    else:
        return False
    assert codes <= set(RULES)
    return True


def write_again(text: str, attachments: dict[str, Public]) -> str:
    """What a hospital would write of a text it accepts."""
    reading = read(text, CATALOGUE, attachments)
    return write(reading.aggregate.node, reading.epsilon).text


@given(st.text(max_size=200))
def test_any_text_is_checked(text: str) -> None:
    """Whatever characters arrive, the checker answers."""
    checked(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_checked(data: bytes) -> None:
    """Bytes of any kind, read as one-byte characters, are answered."""
    checked(data.decode("latin-1"))


@given(st.sampled_from(CORPUS), st.randoms(use_true_random=False), st.integers(1, 6))
@settings(max_examples=300)
def test_a_damaged_program_is_checked(text: str, random: Random, edits: int) -> None:
    """A program of the corpora with some characters or lines changed is answered."""
    for _ in range(edits):
        at, upto = sorted(random.randrange(len(text) + 1) for _ in range(2))
        piece = random.choice(
            ["", "(", "]", "\n", " ", "    ", "release", '"', "é", "=", "def ", text[at:upto], "0", "."]
        )
        end = random.choice([at, at + 1, min(upto, at + 12)])
        text = text[:at] + piece + text[end:]
    checked(text)


@given(programs())
@settings(max_examples=150)
def test_what_is_accepted_crosses_unchanged(program: tuple[list[str], list[str]]) -> None:
    """A hospital that reads a slice and writes it again gets the same text, the same norm and the same sensitivity."""
    outcome = checked("\n".join([*program[0], *program[1]]) + "\n")
    ready = [release for release in outcome.releases if release.key is not None]
    for release, cut in zip(ready, slices(outcome), strict=True):
        reading = read(cut.text, CATALOGUE, {name: unpack(name, data) for name, data in cut.attachments.items()})
        assert reading.aggregate.node.digest == release.aggregate.node.digest
        assert reading.aggregate.statistic == release.aggregate.statistic
        assert reading.aggregate.cohort.lineage == release.aggregate.cohort.lineage
        assert write(reading.aggregate.node, reading.epsilon) == cut


@given(programs(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_names_order_and_comments_do_not_matter(program: tuple[list[str], list[str]], random: Random) -> None:
    """Renamed variables, reordered independent lines, comments and blank lines leave every slice as it is."""
    lines, releases = program
    before = texts(checked("\n".join([*lines, *releases])))
    shuffled = releases[:]
    random.shuffle(shuffled)
    told = [part for line in [*lines, *shuffled] for part in (line + "  # é: ok", *[""] * random.randrange(2))]
    renamed = re.sub(r"\b(patients|n|per_person|w|x|p|[tabr]\d)\b(?!=)", r"renamed_\1", "\n".join(told))
    assert texts(checked(renamed)) == before


def test_the_generator_makes_what_it_says(seed: int) -> None:
    """Most generated programs release something that can be asked at once, so that the tests above say something."""
    found: list[int] = []

    @given(programs())
    @settings(max_examples=50, database=None, derandomize=True)
    def collect(program: tuple[list[str], list[str]]) -> None:
        found.append(len(slices(check("\n".join([*program[0], *program[1]]), CATALOGUE))))

    collect()
    assert sum(count > 1 for count in found) > len(found) / 2, seed
