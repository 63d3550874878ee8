from __future__ import annotations

import dataclasses
import math
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.catalogue import Column, Nested, Table
from fedlab_kernel.wire.codec import decode_envelope, decode_reply, decode_request, encode
from fedlab_kernel.wire.facts import catalogue, facts
from fedlab_kernel.wire.messages import (
    PROTOCOL,
    Answer,
    Answers,
    Ask,
    Attachment,
    Balance,
    Cancel,
    Cancelled,
    Envelope,
    Growth,
    Hello,
    History,
    Known,
    Lesson,
    Probe,
    Receipt,
    Refusal,
    ReleaseRequest,
    Reply,
    Request,
    Round,
    Start,
    StartArray,
    Taught,
    Welcome,
)
from fedlab_kernel.wire.refusals import refusal, refused

LIMIT = 2**20

RELEASE = ReleaseRequest("v0 = table('heart')\n", (Attachment("a" * 64, b"\x00data"),), 0, 1)
START = Start(2**63, {"W": StartArray("normal", (2, 1), 0.5), "b": StartArray("zeros", (1,), None)})
ROUND = Round("north", bytes(16), RELEASE, 1e-8, "", bytes(32), {"t": "ab"}, 0, bytes(12), 0.5, 0.0, b"", START)
LESSON = Lesson("north", bytes(32), {"t": "ab"}, "faces", None, 9, bytes(12), 2, 0, 5, 3, 0.5, 1.0, 0.0)
REQUESTS: list[Request] = [
    Hello("north"),
    Ask("north", bytes(16), (RELEASE, RELEASE), 1e-6, "n = release(count(p), epsilon=1)  # é", bytes(32), {"t": "ab"}),
    Probe("north", (RELEASE,), bytes(32), {}),
    ROUND,
    msgspec.structs.replace(ROUND, number=1, start=None),
    LESSON,
    msgspec.structs.replace(LESSON, exhibit="", release=RELEASE),
    Cancel("north", bytes(range(16))),
    History("north", 7, 9),
]
TABLE = Table(
    "heart",
    "persons",
    {
        "age": Column("age", "int", 0.0, 120.0, unit="years", may_miss=True),
        "sex": Column("sex", "category", 0.0, 1.0, ("female", "male"), label="sex"),
    },
    size=300,
    capacity=512,
    nested={
        "visits": Nested(
            "visits",
            {"date": Column("date", "date", 0.0, 20000.0), "cost": Column("cost", "float", 0.0, 9.5)},
            16,
            "date",
        )
    },
)
RECEIPT = Receipt("north", 3, b"record", b"salt", 4, (b"h" * 32, b"g" * 32), "north\n4\n…")
BUSY = refusal(Refused(diagnose("FH304", "busy")))
REPLIES: list[Reply] = [
    Welcome(
        "north",
        "Hospital of the North",
        PROTOCOL,
        bytes(32),
        facts([TABLE]),
        {
            "epsilon": [0.01, 1.0],
            "tables": {"heart": {"columns": ["age", "sex"]}},
            "note": None,
            "open": True,
        },
        {"heart": "5f"},
        (Balance("persons", 10.0, 1e-6, 8.0, 1.0, 0.0, 0.5, 0.1, False),),
        "north\n4\n…",
    ),
    Answers((Answer((1, -2, 2**63 - 1), 1.0, 0.0, 0.5, False, RECEIPT), BUSY)),
    Known((True, False)),
    Taught(bytes(12), bytes(8), bytes(4)),
    Cancelled(),
    Growth((b"h" * 32,), "north\n5\n…"),
    refusal(Refused(diagnose("FP106", "Asked 2, left 1.", fix="epsilon=1"))),
]
ENVELOPE = Envelope(PROTOCOL, bytes(32), encode(REQUESTS[1]), bytes(64))


def code(decode: Any, data: bytes, limit: int = LIMIT) -> str | None:
    """The code of the refusal; None when the bytes are accepted. Any other exception fails the test."""
    try:
        decode(data, limit)
    except Refused as error:
        (diagnostic,) = error.diagnostics
        return diagnostic.code
    return None


DECODERS = [decode_envelope, decode_request, decode_reply]
ENCODED: list[tuple[Any, bytes]] = [(decode_envelope, encode(ENVELOPE))]
ENCODED += [(decode_request, encode(request)) for request in REQUESTS]
ENCODED += [(decode_reply, encode(reply)) for reply in REPLIES]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: type(message).__name__)
def test_requests_come_back_as_they_were(request_: Request) -> None:
    """Every kind of request survives encoding and decoding."""
    assert decode_request(encode(request_), LIMIT) == request_


@pytest.mark.parametrize("reply", REPLIES, ids=lambda message: type(message).__name__)
def test_replies_come_back_as_they_were(reply: Reply) -> None:
    """Every kind of reply survives encoding and decoding."""
    assert decode_reply(encode(reply), LIMIT) == reply


def test_an_int_in_the_place_of_a_float_is_sent_as_that_float() -> None:
    """A whole number given for a float field has the encoding of the float, not another one."""
    whole, decimal = (Ask("north", bytes(16), (), delta, "", bytes(32), {}) for delta in (1, 1.0))
    assert encode(whole) == encode(decimal)


@pytest.mark.parametrize(
    "message",
    [
        Hello(""),
        Hello(7),  # type: ignore[arg-type]
        Cancel("north", b"short"),
        History("north", -1, 3),
        Known((1,)),  # type: ignore[arg-type]
        msgspec.structs.replace(LESSON, exhibit="x" * 101),
        msgspec.structs.replace(LESSON, neurons=-1),
        msgspec.structs.replace(LESSON, batch=0),
        msgspec.structs.replace(LESSON, draw=-1),
        msgspec.structs.replace(LESSON, first=-1),
        msgspec.structs.replace(LESSON, steps=0),
        msgspec.structs.replace(LESSON, steps=1001),
        msgspec.structs.replace(LESSON, rate=0.0),
        msgspec.structs.replace(LESSON, clip=-1.0),
        msgspec.structs.replace(LESSON, noise=-1.0),
        msgspec.structs.replace(ROUND, start=Start(-1, {})),
        msgspec.structs.replace(ROUND, start=Start(1, {"W": StartArray("zeros", (1,) * 9, None)})),
        msgspec.structs.replace(ROUND, start=Start(1, {"W": StartArray("zeros", (-1,), None)})),
        Refusal(()),
        Envelope(PROTOCOL, b"key", b"", bytes(64)),
    ],
)
def test_what_would_be_refused_is_not_sent(message: Any) -> None:
    """Encoding a message with a field of the wrong type, sign or length raises at the sender."""
    with pytest.raises(msgspec.ValidationError):
        encode(message)


@pytest.mark.parametrize(("decode", "data"), ENCODED)
def test_size_is_judged_before_anything_is_decoded(decode: Any, data: bytes) -> None:
    """One byte over the limit is FW201, even where the bytes would be refused for another reason."""
    assert code(decode, data, len(data)) is None
    assert code(decode, data, len(data) - 1) == "FW201"
    assert code(decode_envelope, encode(msgspec.structs.replace(ENVELOPE, version=PROTOCOL + 1)), 10) == "FW201"


@pytest.mark.parametrize(("decode", "data"), ENCODED)
def test_trailing_and_missing_bytes_are_refused(decode: Any, data: bytes) -> None:
    """A message that goes on, or ends anywhere before its end, is FW201."""
    assert code(decode, data + b"\x00") == "FW201"
    assert code(decode, data + data) == "FW201"
    assert {code(decode, data[:length]) for length in range(len(data))} <= {"FW201"}


def test_another_version_is_named_as_such() -> None:
    """An envelope of another version is FW203, also with fields that this version does not know."""
    assert code(decode_envelope, encode(msgspec.structs.replace(ENVELOPE, version=PROTOCOL + 1))) == "FW203"
    assert code(decode_envelope, msgspec.msgpack.encode({"version": PROTOCOL + 1, "curve": "another"})) == "FW203"
    welcome = REPLIES[0]
    assert code(decode_reply, encode(msgspec.structs.replace(welcome, version=PROTOCOL + 1))) == "FW203"


HELLO = {"type": "Hello", "hospital": "north"}


@pytest.mark.parametrize(
    "raw",
    [
        {**HELLO, "extra": 1},
        {"type": "Hello"},
        {"type": "Goodbye", "hospital": "north"},
        {"hospital": "north"},
        {**HELLO, "hospital": b"north"},
        {**HELLO, "hospital": None},
        {"type": "History", "hospital": "north", "old_size": 1.0},
        {"type": "History", "hospital": "north", "old_size": True},
        {"type": "History", "hospital": "north", "old_size": "1"},
        {"type": "History", "hospital": "north", "old_size": -1},
        {"type": "Cancel", "hospital": "north", "request": bytes(15)},
        ["Hello", "north"],
        "Hello",
        None,
    ],
)
def test_requests_are_decoded_strictly(raw: object) -> None:
    """Unknown, missing and mistyped fields, and unknown kinds of message, are FW201."""
    assert code(decode_request, msgspec.msgpack.encode(raw)) == "FW201"


def test_a_message_has_one_encoding() -> None:
    """A repeated field, another order of fields and a longer form of a number are FW201."""
    assert msgspec.msgpack.encode(HELLO) == encode(Hello("north"))
    hello = b"\xa4type\xa5Hello"
    name = b"\xa8hospital\xa5north"
    assert code(decode_request, b"\x82" + hello + name) is None
    assert code(decode_request, b"\x82" + name + hello) == "FW201"
    assert code(decode_request, b"\x83" + hello + b"\xa8hospital\xa5south" + name) == "FW201"
    assert code(decode_request, b"\x82" + hello + b"\xa8hospital\xd9\x05north") == "FW201"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    """NaN and infinity are FW201 wherever a message has a number, and cannot be sent."""
    raw: Any = msgspec.to_builtins(REQUESTS[1], builtin_types=(bytes,))
    assert code(decode_request, msgspec.msgpack.encode(raw)) is None
    assert code(decode_request, msgspec.msgpack.encode({**raw, "delta": number})) == "FW201"
    raw = msgspec.to_builtins(REPLIES[0], builtin_types=(bytes,))
    assert code(decode_reply, msgspec.msgpack.encode(raw)) is None
    for policy in ({"epsilon": number}, {"epsilon": [1.0, number]}, {"a": {"b": [{"c": number}]}}):
        assert code(decode_reply, msgspec.msgpack.encode({**raw, "policy": policy})) == "FW201"
    raw["tables"][0]["columns"][0]["lo"] = number
    assert code(decode_reply, msgspec.msgpack.encode(raw)) == "FW201"
    with pytest.raises(ValueError, match="finite"):
        Ask("north", bytes(16), (), number, "", bytes(32), {})


@pytest.mark.parametrize("nest", [b"\x91", b"\x81\xa1k", b"\xdd\x00\x00\x00\x01", b"\xdd\x00\x01\x00\x00"])
@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\x82\xa4type\xa5Hello\xa8hospital",
        b"\x82\xa4type\xa7Welcome\xa6policy\x81\xa1k",
        b"\x82\xa4type\xa7Answers\xa5items\x91",
        b"\x82\xa7version\x01\xa7payload",
        b"\x82\xa7another",
    ],
)
def test_deep_nesting_is_refused(start: bytes, nest: bytes) -> None:
    """A hundred thousand levels, in any place, are FW201: no stack and no memory is used up."""
    data = start + nest * 100_000 + b"\xc0"
    assert {code(decode, data, len(data)) for decode in DECODERS} == {"FW201"}


@pytest.mark.parametrize("length", [b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9"])
@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\x82\xa4type\xa5Probe\xa8releases",
        b"\x82\xa4type\xa7Welcome\xa6policy\x81\xa1k",
        b"\x82\xa4type\xa5Known\xa6stored",
        b"\x82\xa7payload",
    ],
)
def test_huge_declared_lengths_are_refused(start: bytes, length: bytes) -> None:
    """A list, map, string or extension that claims four billion elements is FW201."""
    data = start + length + b"\xff\xff\xff\xff" + b"\x01" * 100
    assert {code(decode, data) for decode in DECODERS} == {"FW201"}


def test_text_that_is_not_utf8_is_refused() -> None:
    """Invalid UTF-8, surrogates included, is FW201."""
    for text in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80"):
        data = b"\x82\xa4type\xa5Hello\xa8hospital" + bytes([0xA0 + len(text)]) + text
        assert code(decode_request, data) == "FW201"


@given(st.binary(max_size=300))
@example(b"")
def test_random_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    """Whatever the bytes, the outcome is a message or a refusal of the wire, never another exception."""
    for decode in DECODERS:
        assert code(decode, data) in {None, "FW201", "FW203"}


@settings(max_examples=300)
@given(st.sampled_from(ENCODED), st.data())
def test_mutated_messages_are_refused_or_are_messages(encoded: Any, data: st.DataObject) -> None:
    """Replaced, removed and inserted bytes give FW201, FW203, or another message with exactly these bytes."""
    decode, valid = encoded
    mutated = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(start, min(len(mutated), start + 4)))
        mutated[start:end] = data.draw(st.binary(max_size=6))
    outcome = code(decode, bytes(mutated))
    assert outcome in {None, "FW201", "FW203"}
    if outcome is None:
        assert encode(decode(bytes(mutated), LIMIT)) == bytes(mutated)


def test_a_catalogue_comes_back_as_it_was() -> None:
    """Tables and columns keep every field, and columns their order."""
    back = catalogue(facts([TABLE]))
    assert back == {"heart": TABLE}
    assert list(back["heart"].columns) == ["age", "sex"]


def test_facts_mirror_the_catalogue() -> None:
    """Every field of the language's tables and columns travels; a new one there must be added here."""
    (table,) = facts([TABLE])
    assert set(table.__struct_fields__) == {field.name for field in dataclasses.fields(Table)}
    assert set(table.columns[0].__struct_fields__) == {field.name for field in dataclasses.fields(Column)}
    assert set(table.nested[0].__struct_fields__) == {field.name for field in dataclasses.fields(Nested)}


def test_a_column_is_declared_once() -> None:
    """Two columns of one name in a table are refused."""
    (table,) = facts([TABLE])
    with pytest.raises(ValueError, match="distinct"):
        msgspec.structs.replace(table, columns=(table.columns[0], table.columns[0]))
    with pytest.raises(ValueError, match="distinct"):
        msgspec.structs.replace(table, nested=(msgspec.structs.replace(table.nested[0], name="age"),))
    with pytest.raises(ValueError, match="distinct"):
        msgspec.structs.replace(table.nested[0], columns=table.nested[0].columns * 2)


@pytest.mark.parametrize(("lo", "hi"), [(-1e9, 0.0), (0.0, 1e300), (3.0, 2.0)])
def test_a_published_date_is_in_the_calendar(lo: float, hi: float) -> None:
    """A hospital cannot publish days that nobody could write as dates."""
    (table,) = facts([TABLE])
    with pytest.raises(ValueError, match="calendar"):
        msgspec.structs.replace(table.nested[0].columns[0], lo=lo, hi=hi)


def test_a_refusal_comes_back_with_its_reason_and_fix() -> None:
    """Code, message, reason and fix of every finding survive the way through a reply."""
    error = Refused(diagnose("FP106", "Asked 2, left 1.", fix="epsilon=1"), diagnose("FP108", "too large"))
    assert refused(refusal(error)).diagnostics == error.diagnostics
