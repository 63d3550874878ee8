"""What crosses to a hospital: canonical text, long lists beside it, and the refusal of everything else."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.language import check
from fedlab_kernel.language.attachments import LONG, pack, unpack
from fedlab_kernel.language.node import literal, make
from fedlab_kernel.language.public import List, Public, from_plain, plain
from fedlab_kernel.language.slices import Slice, read, write

from .heart import CATALOGUE

CANONICAL = """v0 = table('heart')
v1 = column(v0, 'age', 'int', 18, 100)
v2 = v1 >= 40
v3 = v0.where(v2)
v4 = column(v3, 'chol', 'int', 80, 650)
v5 = clip(v4, 100, 400.5)
v6 = mean(v5, over=v3)
release(v6, epsilon=0.5)
"""
LABELLED = """v0 = table('heart')
v1 = column(v0, 'sex', 'category', ['female', 'male'])
v2 = histogram(v1, over=v0)
release(v2, epsilon=1.0)
"""


def written(text: str) -> Slice:
    """The slice of the only release of a cell."""
    checked = check('patients = table("heart")\n' + text, CATALOGUE)
    assert checked.ok, checked.findings
    (release,) = checked.releases
    assert isinstance(release.epsilon, int | float)
    return write(release.aggregate.node, float(release.epsilon))


def codes(text: str, attachments: dict[str, Public] | None = None) -> set[str]:
    """Why a hospital refuses a text."""
    with pytest.raises(Refused) as refused:
        read(text, CATALOGUE, attachments or {})
    return {finding.code for finding in refused.value.diagnostics}


def test_the_canonical_text_is_this() -> None:
    """The form of a slice is part of the protocol: a change here is a new version."""
    cell = "old = patients.where(patients.age >= 40)\nm = release(mean(clip(old.chol, 100, 400.5)), epsilon=1/2)"
    assert written(cell).text == CANONICAL
    assert written("h = release(histogram(patients.sex), epsilon=1)").text == LABELLED


def test_a_reading_says_what_is_used() -> None:
    """Tables, columns, primitives and the price are read from the text, for the policy to judge."""
    reading = read(CANONICAL, CATALOGUE, {})
    assert reading.epsilon == 0.5
    assert reading.tables == {"heart"}
    assert reading.columns == {("heart", "age"), ("heart", "chol")}
    assert reading.primitives == {"table", "column", ">=", "where", "clip", "mean"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("-0.0", "-0.0"), ("1", "1"), ("1.0", "1.0"), ("1e22", "1e+22"),
        ("0.1 + 0.2", "0.30000000000000004"), ("True", "True"),
        ("5e-324", "5e-324"), ("-3", "-3"), ("9007199254740993", "9007199254740993"),
        ("-9223372036854775807", "-9223372036854775807"),
    ],
)  # fmt: skip
def test_numbers_are_written_so_that_they_are_read_the_same(name: str, value: str) -> None:
    """Floats as their shortest text, -0.0 as 0.0, and whole numbers apart from floats."""
    text = written(f"n = release(count(patients.where(patients.age > {name})), epsilon=1)").text
    assert f"v1 > {value.replace('-0.0', '0.0') if value == '-0.0' else value}\n" in text
    assert write(read(text, CATALOGUE, {}).aggregate.node, 1.0).text == text


TAMPERED = {
    "no release": (CANONICAL.replace("release(v6, epsilon=0.5)\n", ""), "FW204"),
    "nothing": ("", "FW204"),
    "two releases": (CANONICAL + "release(v6, epsilon=0.5)\n", "FW204"),
    "a release of something else beside": (CANONICAL.replace("release(", "v7 = count(v0)\nrelease("), "FW204"),
    "an unused line": (CANONICAL.replace("v6 =", "v9 = v1 + 1\nv6 ="), "FW204"),
    "other names": (CANONICAL.replace("v5", "w5"), "FW204"),
    "numbers in another order": (
        CANONICAL.replace("v1 = col", "v2 = col").replace("v2 = v1 >=", "v1 = v2 >=").replace("where(v2)", "where(v1)"),
        "FW204",
    ),
    "a comment": (CANONICAL + "# hello\n", "FW204"),
    "a space": (CANONICAL.replace("v1 >= 40", "v1 >=  40"), "FW204"),
    "no last line end": (CANONICAL.rstrip("\n"), "FW204"),
    "both line ends": (CANONICAL.replace("\n", "\r\n"), "FW204"),
    "other quotes": (CANONICAL.replace("'", '"'), "FW204"),
    "a longer float": (CANONICAL.replace("400.5", "400.50"), "FW204"),
    "a sum of literals": (CANONICAL.replace("400.5", "400 + 0.5"), "FW204"),
    "epsilon as a whole number": (LABELLED.replace("1.0", "1"), "FW204"),
    "a name for the release": (CANONICAL.replace("release(", "v7 = release("), "FW204"),
    "an error instead of a price": (CANONICAL.replace("epsilon=0.5", "within=5.0"), "FW204"),
    "columns by a dot": (CANONICAL.replace("column(v0, 'age', 'int', 18, 100)", "v0.age"), "FW204"),
    "a function": ("def f(x):\n    return x\n" + CANONICAL, "FW204"),
    "a branch": (CANONICAL.replace("release(v6, epsilon=0.5)", "if 1 > 0:\n    release(v6, epsilon=0.5)"), "FW204"),
    "no over": (CANONICAL.replace(", over=v3", ""), "FW204"),
    "a negative price": (CANONICAL.replace("0.5)\n", "-0.5)\n"), "FQ215"),
    "no price": (CANONICAL.replace(", epsilon=0.5", ""), "FQ205"),
    "an infinite price": (CANONICAL.replace("epsilon=0.5", "epsilon=1e999"), "FQ007"),
    "an unknown table": (CANONICAL.replace("'heart'", "'hart'"), "FQ201"),
    "an unknown column": (CANONICAL.replace("'chol'", "'cholesterol'"), "FQ201"),
    "a column as a category": (CANONICAL.replace("'chol', 'int', 80, 650", "'chol', 'category', ['a', 'b']"), "FQ210"),
    "a category as a number": (LABELLED.replace("'category', ['female', 'male']", "'int', 0, 1"), "FQ210"),
    "bounds the wrong way round": (CANONICAL.replace("80, 650", "650, 80"), "FQ215"),
    "no bounds": (CANONICAL.replace(", 80, 650", ""), "FQ204"),
    "labels that are numbers": (LABELLED.replace("['female', 'male']", "[0, 1]"), "FQ210"),
    "no labels": (LABELLED.replace("['female', 'male']", "[]"), "FQ210"),
    "other persons": (CANONICAL.replace("over=v3", "over=v0"), "FQ206"),
    "a raw release": (CANONICAL.replace("release(v6", "release(v5"), "FQ304"),
    "an attachment that is not there": (CANONICAL.replace("400.5", "attachment('00')"), "FQ201"),
    "an import": ("import os\n" + CANONICAL, "FQ101"),
}  # fmt: skip


@pytest.mark.parametrize("change", TAMPERED)
def test_a_changed_slice_is_refused(change: str) -> None:
    """A text that this hospital would not have written itself is refused, with the code of what is wrong."""
    text, code = TAMPERED[change]
    assert text not in (CANONICAL, LABELLED)
    assert code in codes(text)


def test_bounds_that_the_hospitals_agreed_on_may_be_wider() -> None:
    """The harmonised bounds travel in the text; a hospital whose own are narrower reads them as they are."""
    text = CANONICAL.replace("80, 650", "0, 700")
    assert write(read(text, CATALOGUE, {}).aggregate.node, 0.5).text == text


def test_a_label_more_is_another_histogram() -> None:
    """Labels are part of the computation: a third label gives a vector of three, not the old one."""
    text = LABELLED.replace("'male']", "'male', 'unknown']")
    assert read(text, CATALOGUE, {}).aggregate.statistic.dimension == 3


# Long lists ----------------------------------------------------------------------------------------

EDGES = [*range(0, 2 * LONG, 1)]
LONG_CELL = f"h = release(histogram(patients.age, bins={EDGES}), epsilon=1)"


def test_a_long_list_travels_beside_the_text() -> None:
    """More than 64 numbers are named by their hash, and the hospital makes the same computation of them."""
    cut = written(LONG_CELL)
    ((name, data),) = cut.attachments.items()
    assert f'bins=attachment("{name}")' in cut.text
    assert str(EDGES) not in cut.text
    reading = read(cut.text, CATALOGUE, {name: unpack(name, data)})
    assert write(reading.aggregate.node, 1.0) == cut


def test_a_list_of_64_numbers_stays_in_the_text() -> None:
    """The longest list inside the text has exactly 64 numbers."""
    for length, attached in ((LONG, 0), (LONG + 1, 1)):
        cut = written(f"h = release(histogram(patients.age, bins={[*range(length)]}), epsilon=1)")
        assert len(cut.attachments) == attached


@pytest.mark.parametrize("shape", [(100,), (2, 50), (4, 5, 10)])
@pytest.mark.parametrize("kind", [int, float])
def test_packing_and_unpacking_give_the_same(shape: tuple[int, ...], kind: type) -> None:
    """Whole numbers and floats in lists of every depth come back as they were."""
    numbers: list[object] = [kind(number) for number in range(-20, 180)][: 100 if len(shape) < 3 else 200]
    for length in reversed(shape[1:]):
        numbers = [numbers[start : start + length] for start in range(0, len(numbers), length)]
    values = from_plain(numbers)
    assert isinstance(values, List)
    packed = pack(values)
    assert packed is not None
    assert repr(plain(unpack(packed.hash, packed.data))) == repr(plain(values))


@pytest.mark.parametrize("numbers", [[1, 2.0] * 50, [True] * 100, ["a"] * 100, [[1] * 50, [2] * 51]])
def test_irregular_lists_are_not_packed(numbers: list[object]) -> None:
    """Only regular lists of one kind of number are attachments; others are written out."""
    values = from_plain(numbers)
    assert isinstance(values, List)
    assert pack(values) is None


def forged(header: bytes, body: bytes) -> tuple[str, bytes]:
    """Bytes under their own right hash."""
    return sha256(header + body).hexdigest(), header + body


FORGED = {
    "another hash": ("0" * 64, forged(b"int64 100\n", bytes(800))[1]),
    "one byte changed": (forged(b"int64 100\n", bytes(800))[0], b"int64 100\n" + bytes(799) + b"\1"),
    "too short": forged(b"int64 100\n", bytes(792)),
    "too long": forged(b"int64 100\n", bytes(808)),
    "a list that belongs in the text": forged(b"int64 64\n", bytes(512)),
    "beyond all lists": forged(b"int64 4097\n", bytes(8 * 4097)),
    "an unknown kind": forged(b"object 100\n", bytes(800)),
    "no header": forged(b"", bytes(800)),
    "no shape": forged(b"int64\n", bytes(800)),
    "a negative length": forged(b"int64 -100\n", bytes(800)),
    "a shape of five": forged(b"int64 1 1 1 1 100\n", bytes(800)),
    "a huge header": forged(b"int64 " + b"1 " * 5000 + b"100\n", bytes(800)),
    "not a number": forged(b"float64 100\n", struct.pack("<100d", *[float("nan")] * 100)),
    "infinite": forged(b"float64 100\n", struct.pack("<100d", *[float("inf")] * 100)),
    "a negative zero": forged(b"float64 100\n", struct.pack("<100d", *[-0.0] * 100)),
    "a word that is no length": forged(b"int64 100 x\n", bytes(800)),
    "nothing": forged(b"", b""),
}


@pytest.mark.parametrize("change", FORGED)
def test_forged_attachments_are_refused(change: str) -> None:
    """Bytes that do not match their hash or their header, or hold odd numbers, are refused."""
    with pytest.raises(Refused) as refused:
        unpack(*FORGED[change])
    assert refused.value.diagnostics[0].code == "FW204"


@pytest.mark.parametrize("header", [b"int64 0100\n", b"int64 100 1\n"])
def test_another_header_for_the_same_numbers_is_not_canonical(header: bytes) -> None:
    """A header that says the same in another way may be read, but the slice that names it is refused."""
    cut = written("h = release(histogram(patients.age, bins=" + str([*range(100)]) + "), epsilon=1)")
    ((name, data),) = cut.attachments.items()
    other, bytes_ = forged(header, data.partition(b"\n")[2])
    assert codes(cut.text.replace(name, other), {other: unpack(other, bytes_)})


def test_an_attachment_that_nobody_names_is_refused() -> None:
    """Nothing travels that the text does not need."""
    packed = pack(from_plain([*range(100)]))  # type: ignore[arg-type]  # a list
    assert packed is not None
    assert codes(CANONICAL, {packed.hash: unpack(packed.hash, packed.data)}) == {"FW204"}


def test_literals_are_the_same_everywhere() -> None:
    """A float is its shortest text, -0.0 is 0.0 also where an answer gave it, and whole numbers are not floats."""
    assert [literal(value) for value in (-0.0, 0.0, 2, 2.0, True, "a'b", 1e16)] == [
        "0.0", "0.0", "2", "2.0", "True", '"a\'b"', "1e+16",
    ]  # fmt: skip
    assert make("clip", -0.0).digest == make("clip", 0.0).digest
    assert len({make("clip", value).digest for value in (1, 1.0, True, "1")}) == 4
    assert len({make("f", 1, 2).digest, make("f", 1, x=2).digest, make("f", "1, 2").digest, make("f", 12).digest}) == 4


NESTED = """v0 = table('cohort')
v1 = rows(v0, 'visits', 16)
v2 = column(v1, 'department', 'category', ['medicine', 'surgery', 'cardiology', 'emergency'])
v3 = v2 == 'surgery'
v4 = v1.where(v3)
v5 = column(v4, 'date', 'date', '2010-01-01', '2024-12-31')
v6 = last(v5, v4)
v7 = column(v0, 'entry', 'date', '2010-01-01', '2014-12-31')
v8 = v6 - v7
v9 = mean(v8, over=v0)
release(v9, epsilon=0.5)
"""


def test_rows_and_dates_are_written_so() -> None:
    """Nested rows travel with their largest number a person, dates as people write them; both read back."""
    cell = (
        'c = table("cohort")\nvisits = c.visits.where(c.visits.department == "surgery")\n'
        "m = release(mean(last(visits.date) - c.entry), epsilon=0.5)"
    )
    assert written(cell).text == NESTED
    reading = read(NESTED, CATALOGUE, {})
    assert reading.columns == {("cohort", name) for name in ("entry", "visits.date", "visits.department")}
    assert {"rows", "last", "where", "-"} <= reading.primitives
    assert read(NESTED.replace("16)", "3)"), CATALOGUE, {}).aggregate.node.digest != reading.aggregate.node.digest


def test_counting_rows_uses_the_rows_themselves() -> None:
    """A policy hears of rows that are counted by the rows' name, and of what chose them by its column."""
    cell = 'c = table("cohort")\nn = release(mean(count_of(c.visits.where(c.visits.cost > 9))), epsilon=1)'
    reading = read(written(cell).text, CATALOGUE, {})
    assert reading.columns == {("cohort", "visits"), ("cohort", "visits.cost")}
    cell = 'c = table("cohort")\nn = release(mean(count_of(c.labs.value)), epsilon=1)'
    assert read(written(cell).text, CATALOGUE, {}).columns == {("cohort", "labs.value")}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("16)", "0)", "FQ215"),
        ("16)", "4097)", "FQ215"),
        ("16)", "1e6)", "FQ215"),
        ("16)", "True)", "FQ215"),
        ("'visits', 16", "'visit', 16", "FQ201"),
        ("'visits', 16", "16, 16", "FQ201"),
        ("rows(v0, 'visits'", "rows(v1, 'visits'", "FQ200"),
        ("column(v4, 'date', 'date'", "column(v4, 'date', 'int'", "FQ210"),
        ("'2010-01-01', '2024-12-31'", "14610, 20088", "FQ228"),
        ("'2010-01-01', '2024-12-31'", "'2010-01-32', '2024-12-31'", "FQ229"),
        ("'2010-01-01', '2024-12-31'", "'2025-01-01', '2024-12-31'", "FQ215"),
        ("last(v5, v4)", "last(v5, v0)", "FQ210"),
        ("last(v5, v4)", "last(v5, v1)", "FQ206"),
        ("last(v5, v4)", "last(v5)", "FW204"),
        ("last(v5, v4)", "last(v0, v4)", "FQ210"),
        ("column(v4, 'date'", "column(v4, 'entry'", "FQ201"),
        ("column(v0, 'entry'", "column(v1, 'entry'", "FQ201"),
        ("mean(v8, over=v0)", "mean(v5, over=v0)", "FQ230"),
        ("mean(v8, over=v0)", "mean(v8, over=v4)", "FQ230"),
    ],
)
def test_forged_rows_are_refused(old: str, new: str, code: str) -> None:
    """A hospital takes no text in which rows are more, other, or not folded, or a date none."""
    assert old in NESTED
    assert code in codes(NESTED.replace(old, new, 1))


def test_two_numbers_of_rows_do_not_meet() -> None:
    """The same rows with different numbers a person would be arrays of different lengths; they are refused."""
    forged = """v0 = table('cohort')
v1 = rows(v0, 'visits', 16)
v2 = column(v1, 'cost', 'float', 0.0, 20000.0)
v3 = rows(v0, 'visits', 3)
v4 = column(v3, 'cost', 'float', 0.0, 20000.0)
v5 = v2 + v4
v6 = sum_of(v5, v1)
v7 = clip(v6, 0, 1)
v8 = mean(v7, over=v0)
release(v8, epsilon=0.5)
"""
    assert codes(forged) == {"FQ206"}
    folded = forged.replace("v2 + v4", "v2 + v2").replace("sum_of(v5, v1)", "sum_of(v5, v3)")
    assert codes(folded) == {"FQ206"}
