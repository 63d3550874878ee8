"""Lessons that would occupy a hospital, or make no sense, are refused with a code before they are computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel import datasets
from fedlab_kernel.hospital import classroom
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.language import check
from fedlab_kernel.language.slices import write
from fedlab_kernel.models import raw_update
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.signing import Signer

from .round_requests import cell, codes, go_on, records, requested, send

SIGNER = Signer(Ed25519PrivateKey.generate())
NETWORK = bytes(4 * (31 * 5 + 6 * 2))  # of five neurons, on `patients`


def written(place: Path, data: str = "heart", **policy: object) -> Path:
    """The folder of a hospital for lessons."""
    folder = datasets.write(data, 1, place)[0]
    rules = {"researchers": ["*"], "tick_seconds": 0.0, "classroom": True} | policy
    (folder / "hospital.toml").write_text(tomli_w.dumps({"name": folder.name, "title": "", "policy": rules}))
    return folder


def ask(asked: Hospital, **changes: Any) -> messages.Reply:
    """What a hospital answers to a lesson on three persons of `patients`, with these changes."""
    fields: dict[str, Any] = {
        "hospital": asked.name, "key": asked.key, "snapshots": {}, "exhibit": "patients", "release": None,
        "neurons": 5, "weights": NETWORK, "batch": 3, "draw": 0, "first": 0, "steps": 1, "rate": 0.1,
        "clip": 0.0, "noise": 0.0,
    }  # fmt: skip
    return send(asked, SIGNER, messages.Lesson(**fields | changes))


def dense(inputs: int, neurons: int, given: str) -> str:
    """The text of a training of one hidden layer, whose inputs are these."""
    start = f"W1=zeros({inputs}, {neurons}), b1=zeros({neurons}), W=zeros({neurons}, 1), b=zeros(1)"
    text = cell(loss="sigmoid(relu(x @ w.W1 + w.b1) @ w.W + w.b)", start=start)
    return text.replace('["age", "thalach"]', given)


def test_a_lesson_that_takes_longer_than_a_request_may_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Persons, weights and steps say so before anything is computed; fewer steps are taught."""
    hospital = Hospital(written(tmp_path, deadline_seconds=1.0))
    assert isinstance(ask(hospital, batch=500, steps=10), messages.Taught)

    def computed(*_: object) -> None:
        raise AssertionError("an update was computed")

    monkeypatch.setattr(raw_update, "summed_gradients", computed)
    weights = bytes(4 * (33 * 4000 + 2))
    assert codes(ask(hospital, neurons=4000, weights=weights, batch=500, steps=1000)) == ["FP107"]
    hospital.close()


def test_a_lesson_on_a_table_takes_no_more_memory_than_a_round_may(tmp_path: Path) -> None:
    """What no round would be computed of, for what it holds a person, is taught to nobody."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    statistic, request = requested(folder, dense(1, 300_000, '["age"]'))
    weights = bytes(4 * statistic.dimension)
    assert codes(go_on(hospital, SIGNER, request, 0, weights)) == ["FP107"]
    assert codes(ask(hospital, exhibit="", release=request, weights=weights)) == ["FP107"]
    hospital.close()


def test_a_lesson_that_no_reply_can_hold_is_refused(tmp_path: Path) -> None:
    """It is not computed and not logged as one, as the door would not let it out."""
    folder = written(tmp_path, "digits")
    hospital = Hospital(folder)
    text = dense(4096, 1, "[z]").replace('"heart"', '"digits"').replace('target="disease"', "target=y")
    pixel = (folder / "tables" / "digits.csv").read_text().split(",")[20]
    many = f'y = p.label == "3"\nv = vector({", ".join([f"p.{pixel}"] * 64)})\nz = flatten(outer(v, v))\ndef predict'
    statistic, request = requested(folder, text.replace("def predict", many))
    asked = {"exhibit": "", "release": request, "weights": bytes(4 * statistic.dimension)}
    assert isinstance(ask(hospital, **asked, batch=100), messages.Taught)
    assert codes(ask(hospital, **asked, batch=1700)) == ["FP107"]
    assert [one["persons"] for one in records(folder) if one["kind"] == "lesson"] == [100]
    hospital.close()


@pytest.mark.parametrize("clip", [5e-324, 1e308])
def test_norms_that_nobody_can_be_clipped_to_are_refused(tmp_path: Path, clip: float) -> None:
    """The refusal says so, instead of that the hospital failed."""
    hospital = Hospital(written(tmp_path))
    assert codes(ask(hospital, clip=clip)) == ["FW204"]
    hospital.close()


def test_a_lesson_is_about_one_thing(tmp_path: Path) -> None:
    """Beside a training no exhibit is named, which the log would hold as well."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    statistic, request = requested(folder, dense(1, 4, '["age"]'))
    weights = bytes(4 * statistic.dimension)
    assert isinstance(ask(hospital, exhibit="", release=request, weights=weights), messages.Taught)
    assert codes(ask(hospital, exhibit="patients", release=request, weights=weights)) == ["FW204"]
    hospital.close()


def test_lessons_are_given_one_at_a_time(tmp_path: Path) -> None:
    """Who waited as long as a request may is refused, and taught once the others are done."""
    hospital = Hospital(written(tmp_path, deadline_seconds=0.1))
    teaching: classroom.Classroom = hospital._classroom
    with teaching._teaching:
        assert codes(ask(hospital)) == ["FH304"]
    assert isinstance(ask(hospital), messages.Taught)
    hospital.close()


def lesson_on(folder: Path, text: str, **changes: Any) -> dict[str, Any]:
    """The fields of a lesson on what a cell trains."""
    statistic, request = requested(folder, text)
    return {"exhibit": "", "release": request, "weights": bytes(4 * statistic.dimension)} | changes


def test_rows_that_hang_on_persons_must_ship_too(tmp_path: Path) -> None:
    """One changed visit, and nothing is told of persons whose own rows are those of fedlab."""
    text = dense(1, 4, '["age"]').replace('"heart"', '"cohort"').replace('"disease"', '"died"')
    folder = written(tmp_path, "cohort")
    hospital = Hospital(folder)
    assert isinstance(ask(hospital, **lesson_on(folder, text)), messages.Taught)
    hospital.close()
    visits = folder / "tables" / "cohort.visits.csv"
    visits.write_text("\n".join(visits.read_text().splitlines()[:-1]) + "\n")
    hospital = Hospital(folder)
    assert codes(ask(hospital, **lesson_on(folder, text))) == ["FP111"]
    hospital.close()


def test_files_that_are_exchanged_later_change_nothing(tmp_path: Path) -> None:
    """Rows of real patients are told nobody once the file that they were read from has become one of fedlab."""
    folder = written(tmp_path)
    file = folder / "tables" / "heart.csv"
    shipped = file.read_text()
    file.write_text("\n".join(shipped.splitlines()[:-1]) + "\n")
    hospital = Hospital(folder)
    file.write_text(shipped)
    assert codes(ask(hospital, **lesson_on(folder, dense(1, 4, '["age"]')))) == ["FP111"]
    hospital.close()


def test_a_model_that_is_not_dense_is_named(tmp_path: Path) -> None:
    """A training without a hidden layer is refused with what is missing, and is no failure of the hospital."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    reply = ask(hospital, **lesson_on(folder, cell()))
    assert codes(reply) == ["FW204"]
    assert isinstance(reply, messages.Refusal)
    assert "no hidden layer" in reply.findings[0].message
    hospital.close()


def test_a_lesson_is_about_a_training(tmp_path: Path) -> None:
    """Of another statistic there is no update."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    tables = {name: source.table for name, source in read_folder(folder).tables.items()}
    (found,) = check('n = release(count(table("heart")), epsilon=1)', tables).releases
    request = messages.ReleaseRequest(write(found.aggregate.node, 1.0).text, (), 0, 0)
    reply = ask(hospital, exhibit="", release=request)
    assert codes(reply) == ["FW204"]
    assert isinstance(reply, messages.Refusal)
    assert reply.findings[0].message == "A lesson is about a training."
    hospital.close()


def test_what_the_policy_keeps_is_kept_from_lessons_too(tmp_path: Path) -> None:
    """Strangers, tables and columns that may not be asked about, and another hospital's data get the usual codes."""
    folder = written(tmp_path, columns={"heart": ["thalach", "disease"]})
    hospital = Hospital(folder)
    allowed = lesson_on(folder, dense(1, 4, '["thalach"]'))
    assert isinstance(ask(hospital, **allowed), messages.Taught)
    assert codes(ask(hospital, **lesson_on(folder, dense(1, 4, '["age"]')))) == ["FP103"]
    assert codes(ask(hospital, **allowed, snapshots={"heart": "another"})) == ["FW206"]
    assert codes(ask(hospital, key=bytes(32))) == ["FW205"]
    hospital.close()
    hospital = Hospital(written(tmp_path, researchers=["0" * 64]))
    assert codes(ask(hospital)) == ["FP101"]
    hospital.close()


def test_the_log_says_who_was_taught_what(tmp_path: Path) -> None:
    """Each lesson is one entry with the researcher, the exhibit or the training, and how many persons were told."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    asked = lesson_on(folder, dense(1, 4, '["age"]'), batch=2)
    assert isinstance(ask(hospital), messages.Taught)
    assert isinstance(ask(hospital, **asked), messages.Taught)
    told = [one for one in records(folder) if one["kind"] == "lesson"]
    fields = [(one["researcher"], one["exhibit"], one["slice"], one["persons"]) for one in told]
    assert fields == [(SIGNER.researcher, "patients", "", 3), (SIGNER.researcher, "", asked["release"].text, 2)]
    hospital.close()


def test_nobody_is_taught_who_is_not_there(tmp_path: Path) -> None:
    """Of a table a lesson is about persons only, not about the empty rows behind them."""
    folder = written(tmp_path)
    hospital = Hospital(folder)
    persons = len((folder / "tables" / "heart.csv").read_text().splitlines()) - 1
    asked = lesson_on(folder, dense(1, 4, '["age"]'))
    assert isinstance(ask(hospital, **asked, batch=persons), messages.Taught)
    assert codes(ask(hospital, **asked, batch=persons + 1)) == ["FW204"]
    hospital.close()


def test_what_is_taught_behind_noise_is_noisy(tmp_path: Path) -> None:
    """A lesson on noise shows updates with it, others each time; clipped ones without it are the same each time."""
    hospital = Hospital(written(tmp_path))
    plain, again, noisy, other = (ask(hospital, clip=1.0, noise=noise) for noise in (0.0, 0.0, 1.0, 1.0))
    updates = [one.update for one in (plain, again, noisy, other) if isinstance(one, messages.Taught)]
    assert updates[0] == updates[1]
    assert len(set(updates)) == 3
    hospital.close()


def test_the_weights_of_a_lesson_are_no_part_of_its_size(tmp_path: Path) -> None:
    """As in a round, weights that the policy allows do not count as a large request; other bytes do."""
    hospital = Hospital(written(tmp_path, max_request_bytes=5000, max_weights=20_000))
    weights = bytes(4 * (33 * 500 + 2))
    assert isinstance(ask(hospital, neurons=500, weights=weights), messages.Taught)
    assert codes(ask(hospital, weights=bytes(4 * 20_000 + 5000))) == ["FP107"]
    hospital.close()
