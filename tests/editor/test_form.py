from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from fedlab_kernel.editor import VERSION, Completions, Diagnostics, Hover, Position, TextEdit

SCHEMA = Path(__file__).with_name("schema.json")


def test_the_form_of_the_answers_is_frozen() -> None:
    """The JSON schema of every answer is the committed one: a change that consumers would notice is made on purpose.

    After such a change raise `VERSION` if a consumer of the old form would break, and write the schema again with
    FEDLAB_WRITE=1.
    """
    _, schema = msgspec.json.schema_components((Diagnostics, Completions, Hover), ref_template="#/{name}")
    text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    if os.environ.get("FEDLAB_WRITE"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert text == SCHEMA.read_text(encoding="utf-8")
    assert VERSION == 1


@pytest.mark.parametrize("answer", [Diagnostics((), (), None), Completions(())])
def test_answers_cannot_be_changed(answer: Diagnostics | Completions) -> None:
    """Answers are frozen, because the same one may be given to several askers."""
    with pytest.raises(AttributeError):
        answer.version = 2


def test_a_position_is_read_as_it_is_written() -> None:
    """What a consumer sends as a position decodes to the type, and anything else is refused."""
    assert msgspec.json.decode(b'{"line": 1, "character": 2}', type=Position) == Position(1, 2)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"line": "1", "character": 2}', type=Position)
    assert TextEdit.__struct_fields__ == ("range", "text")
