"""What the extension's panel and launcher list is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fedlab_kernel import datasets

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extension"
PARTS = [*(EXTENSION / "src" / "panel").glob("*.ts*"), *(EXTENSION / "src" / "launcher").glob("*.ts*")]
LISTED = re.compile(r"\{\s*name: '([^']+)'")
STYLED = re.compile(r"fedlab-[a-z-]+[a-z]")


def test_every_demonstration_can_be_started_from_the_panel() -> None:
    """The dialog offers exactly the data sets that come with fedlab."""
    offered = LISTED.findall((EXTENSION / "src" / "panel" / "demonstrations.ts").read_text())
    assert sorted(offered) == datasets.names()


def test_every_tutorial_has_a_card() -> None:
    """The launcher offers exactly the notebooks that there are, in their order."""
    offered = LISTED.findall((EXTENSION / "src" / "launcher" / "tutorials.ts").read_text())
    assert offered == sorted(notebook.stem for notebook in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_text_is_never_html(part: Path) -> None:
    """Nothing in the panel or the launcher makes markup of text."""
    made = re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write", part.read_text(), re.I
    )
    assert made is None, made


@pytest.mark.parametrize("sheet", ["panel.css", "hospital.css"])
def test_every_rule_of_the_style_sheets_is_used(sheet: str) -> None:
    """Each class that the panel's style sheets name is one that the panel gives."""
    given = "".join(part.read_text() for part in PARTS)
    styled = set(STYLED.findall((EXTENSION / "style" / sheet).read_text()))
    assert {name for name in styled if not name.startswith("fedlab-mod-") and name not in given} == set()
