from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from fedlab_kernel.hospital import catalogue, columns
from fedlab_kernel.policy import Policy

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "hospital.md").read_text(encoding="utf-8")
FOLDER, POLICY = PAGE.split("## The policy\n")
SHAPES = (
    catalogue._HospitalShape,
    catalogue._TableShape,
    catalogue._NestedShape,
    columns._Int,
    columns._Float,
    columns._Date,
    columns._Bool,
    columns._Category,
)
KEYS = {"type"} | {key for shape in SHAPES for key in shape.__struct_fields__}


def row(part: str, key: str) -> list[str]:
    """The cells of the row whose first cell names a key, in a part of the page."""
    found = [line for line in part.splitlines() if re.match(rf"\|[^|]*`{key}`[^|]*\|", line)]
    assert len(found) == 1, f"`{key}` has {len(found)} rows in docs/hospital.md"
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", found[0])[1:-1]]


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_of_a_folder_is_explained(key: str) -> None:
    """Every key of hospital.toml and of a catalogue has a row that says what it means."""
    assert all(row(FOLDER, key))


@pytest.mark.parametrize("field", [field.name for field in fields(Policy)])
def test_every_setting_is_explained_with_its_default(field: str) -> None:
    """Every setting of the policy has a row with its default and its meaning."""
    _, default, meaning = row(POLICY, field)
    value = getattr(Policy(), field)
    assert default == {None: "all", (): "nobody", frozenset(): "nothing"}.get(
        value, str(value).replace("False", "false")
    )
    assert meaning
