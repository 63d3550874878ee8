"""The kernel and JupyterLab's extension have one protocol: what is written in Python stands in TypeScript too."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from fedlab_kernel.editor import answers
from fedlab_kernel.notebook.bridge import comms, status

PROTOCOL = (Path(__file__).resolve().parents[2] / "extension" / "src" / "protocol.ts").read_text(encoding="utf-8")
FORMS: list[tuple[str, type[msgspec.Struct]]] = [
    *((one.__name__, one) for one in (status.Status, status.Hospital, status.Budget, status.Running)),
    ("Refusal", status.Refusal),
    *((one.__name__, one) for one in (answers.Position, answers.Range, answers.TextEdit, answers.Finding)),
    *((one.__name__, one) for one in (answers.Priced, answers.Total, answers.Diagnostics)),
    *((one.__name__, one) for one in (answers.Completion, answers.Completions, answers.Hover)),
]


@pytest.mark.parametrize(("name", "form"), FORMS, ids=[name for name, _ in FORMS])
def test_a_message_has_the_same_fields_on_both_sides(name: str, form: type[msgspec.Struct]) -> None:
    """What the kernel writes of a message is what the extension declares of it."""
    declared = re.search(rf"^export interface {name} {{\n(.*?)^}}", PROTOCOL, re.MULTILINE | re.DOTALL)
    assert declared is not None
    names = re.findall(r"^  (\w+):", declared[1], re.MULTILINE)
    assert sorted(names) == sorted(field.encode_name for field in msgspec.structs.fields(form))


@pytest.mark.parametrize("target", ["STATUS_TARGET", "ASK_TARGET"])
def test_both_sides_call_a_comm_the_same(target: str) -> None:
    """The extension opens the comms that the kernel registers."""
    assert f"{target} = '{getattr(comms, target)}'" in PROTOCOL
