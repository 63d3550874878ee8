"""One hospital, asked directly: what it admits, refuses, charges, logs and gives out."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel import datasets
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import evaluation, release
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.language import check
from fedlab_kernel.language.slices import write
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT
from fedlab_kernel.wire.signing import Signer

CELL = "p = table('heart')\nn = release(count(p.where(p.age >= 50)), epsilon=0.5)"
TRUTH_CELL = "n = release(count(table('heart')), epsilon=0.5)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of one synthetic heart hospital."""
    return datasets.write("heart", 1, tmp_path)[0]


@pytest.fixture
def hospital(folder: Path) -> Iterator[Hospital]:
    """That hospital, open."""
    opened = Hospital(folder)
    yield opened
    opened.close()


@pytest.fixture
def signer() -> Signer:
    """A researcher."""
    return Signer(Ed25519PrivateKey.generate())


def request_of(folder: Path, cell: str = CELL, occurrence: int = 0, draw: int = 0) -> messages.ReleaseRequest:
    """The slice of a cell's only release, as a client sends it."""
    catalogue = {name: source.table for name, source in read_folder(folder).tables.items()}
    checked = check(cell, catalogue)
    assert checked.ok, checked.findings
    found = checked.releases[0]
    assert isinstance(found.epsilon, int | float)
    return messages.ReleaseRequest(write(found.aggregate.node, float(found.epsilon)).text, (), occurrence, draw)


def ask(asked: Hospital, signer: Signer, *releases: messages.ReleaseRequest, **changes: object) -> messages.Reply:
    """What a hospital answers to a request with these releases."""
    fields = {"hospital": asked.name, "request": secrets.token_bytes(16), "delta": 1e-8, "cell": ""}
    fields |= {"key": asked.key, "snapshots": {}} | changes
    sealed = signer.seal(messages.Ask(releases=releases, **fields))  # type: ignore[arg-type]
    return decode_reply(asked.answer(sealed), FRAME_LIMIT)


def only(reply: messages.Reply) -> messages.Answer | messages.Refusal:
    """The only item of an answer."""
    assert isinstance(reply, messages.Answers)
    assert len(reply.items) == 1
    return reply.items[0]


def codes(reply: messages.Reply | messages.Answer) -> set[str]:
    """The codes of a refusal."""
    assert isinstance(reply, messages.Refusal), reply
    return {finding.code for finding in reply.findings}


def log_kinds(folder: Path) -> list[str]:
    """The kinds of the records in the hospital's log, in order."""
    import sqlite3

    with sqlite3.connect(f"file:{folder}/state/hospital.sqlite?mode=ro", uri=True) as connection:
        return [json.loads(row[0])["kind"] for row in connection.execute("SELECT record FROM leaves ORDER BY position")]


def test_an_answer_is_noisy_charged_and_logged(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """An admitted release is charged what it says, and leaves an admission and a release in the log."""
    answer = only(ask(hospital, signer, request_of(folder)))
    assert isinstance(answer, messages.Answer)
    assert answer.epsilon == pytest.approx(0.5, rel=1e-6)
    assert not answer.stored
    assert log_kinds(folder) == ["admission", "release"]


def test_the_same_question_gets_the_same_bytes_for_nothing(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A repeated identity is answered from the store; another draw, occurrence or researcher is not."""
    first = only(ask(hospital, signer, request_of(folder)))
    again = only(ask(hospital, signer, request_of(folder)))
    assert isinstance(first, messages.Answer)
    assert isinstance(again, messages.Answer)
    assert again.total == first.total
    assert (again.epsilon, again.stored) == (0.0, True)
    for other in (
        ask(hospital, signer, request_of(folder, draw=1)),
        ask(hospital, signer, request_of(folder, occurrence=1)),
        ask(hospital, Signer(Ed25519PrivateKey.generate()), request_of(folder)),
    ):
        item = only(other)
        assert isinstance(item, messages.Answer)
        assert not item.stored


def test_noise_is_really_added(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """Over many draws the answers scatter around the true count as the charged epsilon says, not more, not less."""
    truth = len(datasets_rows(folder))
    cell = TRUTH_CELL.replace("0.5", "0.05")
    reply = ask(hospital, signer, *(request_of(folder, cell, draw=draw) for draw in range(64)))
    assert isinstance(reply, messages.Answers)
    errors = [answer.total[0] - truth for answer in reply.items if isinstance(answer, messages.Answer)]
    assert len(errors) == 64
    # The mean absolute error is 1 / 0.05 = 20. The sum of 64 has a gamma distribution of shape 64, so their mean is
    # below 7 or above 45 with a probability of under 1e-12. Ten different errors or fewer have one below 1e-13.
    assert 7 < float(np.mean(np.abs(errors))) < 45
    assert len(set(errors)) > 10


def datasets_rows(folder: Path) -> list[str]:
    """The rows of the hospital's table, as lines."""
    return (folder / "tables" / "heart.csv").read_text().splitlines()[1:]


def test_budget_that_runs_out_is_refused_and_nothing_is_computed(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the budget is used up, a new question is refused before its rows are looked at."""
    for draw in range(2):
        request = request_of(folder, CELL.replace("0.5", "5"), draw=draw)
        assert isinstance(only(ask(hospital, signer, request)), messages.Answer)

    def looked(*_: object, **__: object) -> list[int]:
        raise AssertionError("rows were looked at")

    monkeypatch.setattr(evaluation, "total", looked)
    assert codes(only(ask(hospital, signer, request_of(folder, CELL.replace("0.5", "1"))))) == {"FP106"}
    assert log_kinds(folder)[-1] == "refusal"


def test_requests_for_somebody_else_are_refused(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A request signed for another hospital is not answered."""
    assert codes(ask(hospital, signer, request_of(folder), hospital="elsewhere")) == {"FW205"}


def test_requests_meant_for_other_keys_or_data_are_refused(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A signed request cannot be sent to a namesake, nor again after the data changed."""
    assert codes(ask(hospital, signer, request_of(folder), key=bytes(32))) == {"FW205"}
    assert codes(ask(hospital, signer, request_of(folder), snapshots={"heart": "00" * 16})) == {"FW206"}


def test_strangers_texts_are_not_even_read(folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not on the list cannot make the hospital check a text, by asking or by probing."""
    from fedlab_kernel.hospital import admission

    policy = {"researchers": ["00" * 32]}
    (folder / "hospital.toml").write_text(tomli_w.dumps({"name": folder.name, "title": "", "policy": policy}))
    hospital = Hospital(folder)

    def read(*_: object) -> None:
        raise AssertionError("a stranger's text was read")

    monkeypatch.setattr(admission, "read", read)
    try:
        release = messages.ReleaseRequest("x = 1\n", (), 0, 0)
        probe = messages.Probe(hospital.name, (release,), hospital.key, {})
        assert codes(ask(hospital, signer, release)) == {"FP101"}
        assert codes(decode_reply(hospital.answer(signer.seal(probe)), FRAME_LIMIT)) == {"FP101"}
    finally:
        hospital.close()


def test_what_needs_too_much_memory_is_refused_uncharged(hospital: Hospital, signer: Signer) -> None:
    """A slice that would hold millions of numbers a person is refused before it is charged."""
    text = "p = table('heart')\nx = onehot(p.age, 4096)\n"
    text += "".join(f"y{number} = x * {number}\n" for number in range(2, 40))
    text += "z = y39\n" + "".join(f"z = y{number} + z\n" for number in range(38, 1, -1))
    text += "s = release(sum(z, clip=1.0), epsilon=0.5)"
    catalogue = {name: source.table for name, source in read_folder(hospital.folder).tables.items()}
    checked = check(text, catalogue)
    written = write(checked.releases[0].aggregate.node, 0.5).text
    assert codes(only(ask(hospital, signer, messages.ReleaseRequest(written, (), 0, 0)))) == {"FP107"}
    assert "admission" not in log_kinds(hospital.folder)


def test_hostile_bytes_are_refused_and_logged(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """Garbage, truncation and a forged signature get a refusal each, and each is in the log."""
    sealed = signer.seal(messages.Hello(hospital.name))
    forged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    hostile = (b"", b"\xff" * 99, sealed[:50], forged)
    seen = [codes(decode_reply(hospital.answer(frame), FRAME_LIMIT)) for frame in hostile]
    assert seen == [{"FW201"}, {"FW201"}, {"FW201"}, {"FW202"}]
    assert log_kinds(folder) == ["refusal"] * 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("release(count(table('heart')), epsilon=0.5)\n", "FW204"),
        ("v0 = table('heart')\nv1 = count(v0)\nrelease(v1, epsilon=0.5)\nrelease(v1, epsilon=0.5)\n", "FW204"),
        ("v0 = table('heart')\nv1 = count(v0)\nrelease(v1, epsilon=50.0)\n", "FP105"),
        ("v0 = table('heart')\nv1 = count(v0)\nrelease(v1, within=5.0)\n", "FW204"),
        ("v0 = table('nothing')\nv1 = count(v0)\nrelease(v1, epsilon=0.5)\n", "FQ201"),
        ("import os\n", "FQ101"),
        ("x = (", "FQ010"),
        ("", "FW204"),
    ],
)
def test_text_is_read_as_an_enemys(hospital: Hospital, signer: Signer, text: str, code: str) -> None:
    """Whatever is not the canonical text of one affordable release is refused, by its own rule, uncharged."""
    reply = only(ask(hospital, signer, messages.ReleaseRequest(text, (), 0, 0)))
    assert code in codes(reply)
    welcome = decode_reply(hospital.answer(signer.seal(messages.Hello(hospital.name))), FRAME_LIMIT)
    assert isinstance(welcome, messages.Welcome)
    assert all(balance.spent_epsilon == 0 for balance in welcome.balances)


def test_a_larger_delta_than_allowed_is_refused(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A client that asks for a more generous delta than the policy's gets nothing."""
    assert "FP108" in codes(only(ask(hospital, signer, request_of(folder), delta=1e-3)))


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"researchers": ["00" * 32]}, "FP101"),
        ({"tables": []}, "FP102"),
        ({"columns": {"heart": ["sex"]}}, "FP103"),
        ({"primitives": ["table", "mean"]}, "FP104"),
        ({"epsilon_max": 0.1}, "FP105"),
        ({"budget_epsilon": 0.2, "total_epsilon": 0.2}, "FP106"),
        ({"max_request_bytes": 20}, "FP107"),
    ],
)
def test_every_rule_of_a_policy_is_enforced(folder: Path, signer: Signer, rules: dict[str, object], code: str) -> None:
    """Each limit in hospital.toml refuses a request that breaks it, at the hospital itself."""
    policy = {"researchers": ["*"]} | rules
    (folder / "hospital.toml").write_text(tomli_w.dumps({"name": folder.name, "title": "", "policy": policy}))
    hospital = Hospital(folder)
    try:
        reply = ask(hospital, signer, request_of(folder))
        assert code in codes(reply if isinstance(reply, messages.Refusal) else only(reply))
    finally:
        hospital.close()


def test_a_failure_says_nothing_of_its_cause(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """When computing fails, the asker learns only that it did; the owner reads why."""

    def fail(*_: object, **__: object) -> list[int]:
        raise ValueError("patient 17 has cholesterol 412")

    monkeypatch.setattr(evaluation, "total", fail)
    request = messages.Ask(
        hospital.name, secrets.token_bytes(16), (request_of(folder),), 1e-8, "", hospital.key, {}
    )  # fmt: skip
    raw = hospital.answer(signer.seal(request))
    assert codes(decode_reply(raw, FRAME_LIMIT)) == {"FH305"}
    assert b"412" not in raw
    assert "cholesterol 412" in capfd.readouterr().err


def test_a_log_that_cannot_be_written_is_no_crash(
    hospital: Hospital, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When even a refusal cannot be logged, the asker still gets a reply, and one that says nothing."""

    def fail(_record: object) -> int:
        raise RuntimeError("the log is gone")

    monkeypatch.setattr(hospital._ledger, "log_refusal", fail)
    assert codes(decode_reply(hospital.answer(b"garbage"), FRAME_LIMIT)) == {"FH305"}
    assert isinstance(
        decode_reply(hospital.answer(signer.seal(messages.Hello(hospital.name))), FRAME_LIMIT), messages.Welcome
    )


def test_noise_that_cannot_be_drawn_gives_nothing_out(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the mechanism no reply carries a sum: what leaves has gone through it."""
    drawn: list[list[int]] = []

    def mechanism(total: list[int], _event: object) -> list[int]:
        drawn.append(list(total))
        return [-7] * len(total)

    monkeypatch.setattr(release.mechanisms, "add_noise", mechanism)
    answer = only(ask(hospital, signer, request_of(folder, TRUTH_CELL)))
    assert isinstance(answer, messages.Answer)
    assert answer.total == (-7,)
    assert drawn == [[len(datasets_rows(folder))]]


def test_an_overrun_is_answered_by_noise_alone(folder: Path, signer: Signer) -> None:
    """Past the deadline the answer is a default that no row influences, and looks like any other."""
    policy = {"researchers": ["*"], "deadline_seconds": 1e-9, "tick_seconds": 0.0}
    (folder / "hospital.toml").write_text(tomli_w.dumps({"name": folder.name, "title": "", "policy": policy}))
    hospital = Hospital(folder)
    try:
        answer = only(ask(hospital, signer, request_of(folder, TRUTH_CELL.replace("0.5", "5"))))
    finally:
        hospital.close()
    assert isinstance(answer, messages.Answer)
    assert abs(answer.total[0]) < 20  # the true count is several hundred
    assert answer.epsilon == pytest.approx(5, rel=1e-6)


def test_a_cancelled_request_stops_and_stays_charged(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelling ends the computation; the charge stays and pays for the same question later."""
    identity, real = secrets.token_bytes(16), evaluation.total
    started, called_off = threading.Event(), threading.Event()

    def slow(*arguments: object, **named: object) -> list[int]:
        started.set()
        assert called_off.wait(60)
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluation, "total", slow)
    replies: list[messages.Reply] = []
    asking = threading.Thread(
        target=lambda: replies.append(ask(hospital, signer, request_of(folder), request=identity)), daemon=True
    )
    asking.start()
    assert started.wait(60)
    stranger = Signer(Ed25519PrivateKey.generate())
    hospital.answer(stranger.seal(messages.Cancel(hospital.name, secrets.token_bytes(16))))
    hospital.answer(signer.seal(messages.Cancel(hospital.name, identity)))
    called_off.set()
    asking.join(60)
    assert not asking.is_alive()
    assert codes(only(replies[0])) == {"FH306"}
    monkeypatch.setattr(evaluation, "total", real)
    paid = only(ask(hospital, signer, request_of(folder)))
    assert isinstance(paid, messages.Answer)
    assert (paid.epsilon, paid.stored) == (0.0, False)


def test_probing_tells_what_is_stored(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A probe says for each release whether it is stored, to the researcher who asked it only."""
    ask(hospital, signer, request_of(folder))
    releases = (request_of(folder), request_of(folder, draw=3))
    probe = messages.Probe(hospital.name, releases, hospital.key, {})
    mine = decode_reply(hospital.answer(signer.seal(probe)), FRAME_LIMIT)
    others = decode_reply(hospital.answer(Signer(Ed25519PrivateKey.generate()).seal(probe)), FRAME_LIMIT)
    assert mine == messages.Known((True, False))
    assert others == messages.Known((False, False))


def test_moving_a_folder_keeps_its_snapshots(folder: Path, signer: Signer, tmp_path: Path) -> None:
    """Where a hospital's folder lies is no change of its data."""
    first = Hospital(folder)
    before = decode_reply(first.answer(signer.seal(messages.Hello(first.name))), FRAME_LIMIT)
    first.close()
    (tmp_path / "elsewhere").mkdir()
    moved = Hospital(folder.rename(tmp_path / "elsewhere" / folder.name))
    after = decode_reply(moved.answer(signer.seal(messages.Hello(moved.name))), FRAME_LIMIT)
    moved.close()
    assert isinstance(before, messages.Welcome)
    assert isinstance(after, messages.Welcome)
    assert before.snapshots == after.snapshots


def test_a_table_that_changes_while_it_is_read_stops_the_hospital(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and their snapshot belong together, or the hospital does not start."""
    from fedlab_kernel.hospital import hospital as module

    real = module.load

    def changing(source):
        rows = real(source)
        file = source.sources[-1].file
        file.write_text(file.read_text().rsplit("\n", 2)[0] + "\n")
        return rows

    monkeypatch.setattr(module, "load", changing)
    with pytest.raises(Refused) as refused:
        Hospital(folder)
    assert refused.value.diagnostics[0].code == "FH301"


def test_work_does_not_depend_on_how_many_persons_there_are(
    folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hospital with few persons evaluates arrays of the same size as one with many: the declared capacity decides."""
    sizes: list[int] = []
    real = np.count_nonzero

    def counted(array: object, *arguments: object, **named: object) -> object:
        sizes.append(int(np.size(array)))  # type: ignore[arg-type]
        return real(array, *arguments, **named)  # type: ignore[call-overload]

    rows = folder / "tables" / "heart.csv"
    everything = rows.read_text().splitlines()
    seen = []
    for count in (len(everything), 20):
        rows.write_text("\n".join(everything[:count]) + "\n")
        hospital = Hospital(folder)
        sizes.clear()
        monkeypatch.setattr(np, "count_nonzero", counted)
        ask(hospital, signer, request_of(folder))
        monkeypatch.setattr(np, "count_nonzero", real)
        hospital.close()
        seen.append(list(sizes))
    assert seen[0] == seen[1] != []
