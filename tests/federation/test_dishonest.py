"""What stands between researcher and hospital may be dishonest: nothing it does is shown as verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import InThread
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.codec import decode_reply, encode
from fedlab_kernel.wire.frames import FRAME_LIMIT

CELL = "p = table('heart')\na = release(count(p), epsilon=0.5)\nb = release(count(p.where(p.age > 90)), epsilon=0.5)"
Change = Callable[[messages.Reply], messages.Reply]


class Between:
    """A hospital whose replies somebody changes on their way."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.change: Change = lambda reply: reply

    def answer(self, frame: bytes) -> bytes:
        """The changed reply."""
        return encode(self.change(decode_reply(self.hospital.answer(frame), FRAME_LIMIT)))

    def refuse(self, reason: Refused) -> bytes:
        """As the hospital does."""
        return self.hospital.refuse(reason)


@pytest.fixture
def between(tmp_path: Path) -> Between:
    """One hospital behind somebody."""
    return Between(Hospital(datasets.write("heart", 1, tmp_path / "hospitals")[0]))


def connect(between: Between, tmp_path: Path) -> Federation:
    """A researcher who asks through it."""
    return Federation.connect(InThread({"cleveland": between}), ["cleveland"], tmp_path / "alice")


def swapped(reply: messages.Reply) -> messages.Reply:
    """The answers in another order."""
    return messages.Answers(reply.items[::-1]) if isinstance(reply, messages.Answers) else reply


def repeated(reply: messages.Reply) -> messages.Reply:
    """The first answer for every question."""
    return messages.Answers((reply.items[0],) * len(reply.items)) if isinstance(reply, messages.Answers) else reply


def nudged(reply: messages.Reply) -> messages.Reply:
    """Another number with the same proof."""
    if not isinstance(reply, messages.Answers):
        return reply
    first = reply.items[0]
    assert isinstance(first, messages.Answer)
    other = messages.Answer((first.total[0] + 1,), first.epsilon, first.delta, first.renyi, first.stored, first.receipt)
    return messages.Answers((other, *reply.items[1:]))


@pytest.mark.parametrize("change", [swapped, repeated, nudged])
def test_an_answer_is_for_its_own_question(between: Between, tmp_path: Path, change: Change) -> None:
    """Honest answers in another order, repeated, or with another number are refused."""
    between.change = change
    with connect(between, tmp_path) as federation, pytest.raises(Refused) as refused:
        federation.run(CELL)
    assert refused.value.diagnostics[0].code == "FF405"


def test_a_log_that_is_not_proved_to_grow_is_not_trusted(between: Between, tmp_path: Path) -> None:
    """Withholding the proof of growth does not make a head verified."""
    with connect(between, tmp_path) as federation:
        federation.run(CELL)
    with Federation.connect(InThread({"cleveland": between.hospital}), ["cleveland"], tmp_path / "bob") as other:
        other.run(CELL)
    between.change = lambda reply: messages.Known(()) if isinstance(reply, messages.Growth) else reply
    with connect(between, tmp_path) as federation:
        assert federation.hospitals["cleveland"].state == "untrusted"
        assert [line.verified for line in federation.audit()] == [False]


def test_a_hospital_cannot_make_the_researcher_wait_for_ever(between: Between, tmp_path: Path) -> None:
    """However long a deadline a hospital publishes, the client's patience is bounded."""
    from fedlab_kernel.federation import contact

    assert contact.LONGEST_SECONDS <= 300

    def slow(reply: messages.Reply) -> messages.Reply:
        if not isinstance(reply, messages.Welcome):
            return reply
        policy = {**reply.policy, "deadline_seconds": 1e300}
        return messages.Welcome(
            reply.name, reply.title, reply.version, reply.key, reply.tables, policy, reply.snapshots, reply.balances,
            reply.checkpoint,
        )  # fmt: skip

    between.change = slow
    with connect(between, tmp_path) as federation:
        assert federation.run(CELL).answered == ("cleveland",)
