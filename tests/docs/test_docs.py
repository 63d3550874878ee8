"""The README, the pages of docs/ and the table of rules agree with the code."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.errors import RULES
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.language import Catalogue, check

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PUBLIC_TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)


def read(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page that are marked with the language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)


# Every FedQuery block of every page, named by its page and number.
CELLS = [
    pytest.param(cell, id=f"{page.name}-{number}")
    for page in PAGES
    for number, cell in enumerate(blocks(page, "fedquery"), start=1)
]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of the built-in tables `heart`, `cohort` and `digits`, as hospitals declare them."""
    folders = [datasets.write(name, 1, tmp_path_factory.mktemp(name))[0] for name in ("heart", "cohort", "digits")]
    return {name: source.table for folder in folders for name, source in read_folder(folder).tables.items()}


def generator() -> ModuleType:
    """docs/generate.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_of_the_pages_exists() -> None:
    """Every `make …` that a page names is a target of the Makefile."""
    named = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", read(page), re.MULTILINE)
    }
    assert named
    unknown = sorted((page, target) for page, target in named if target not in PUBLIC_TARGETS)
    assert not unknown, unknown


def test_every_target_is_explained() -> None:
    """Every public target of the Makefile is named in the README or in CONTRIBUTING."""
    text = read(ROOT / "README.md") + read(ROOT / "CONTRIBUTING.md")
    unexplained = [t for t in PUBLIC_TARGETS if t != "help" and not re.search(rf"make {t}(?![\w-])", text)]
    assert PUBLIC_TARGETS
    assert not unexplained, unexplained


def test_links_lead_somewhere() -> None:
    """Every link of a page to a file of the repository leads to a file that exists."""
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(page))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken, broken


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_explains_itself(code: str) -> None:
    """A rule says why it exists and what to change, in sentences."""
    rule = RULES[code]
    assert re.fullmatch(r"F[QPWHFU]\d{3}", code)
    assert rule.title
    assert rule.why.strip().endswith(".")
    assert rule.change.strip()


def test_every_code_in_the_source_is_a_rule() -> None:
    """Every code that the package writes as a literal is in the table of rules."""
    unknown = {
        (path.relative_to(ROOT).as_posix(), node.value)
        for path in sorted((ROOT / "fedlab_kernel").rglob("*.py"))
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"F[QPWHFU]\d{3}", node.value) and node.value not in RULES
    }
    assert not unknown, unknown


def test_every_rule_is_documented() -> None:
    """docs/errors.md has an entry, with an anchor, for every code and for no other."""
    anchors = re.findall(r'<a id="(\w+)"></a>', read(ROOT / "docs" / "errors.md"))
    assert sorted(anchors) == sorted(RULES)


def test_generated_pages_are_up_to_date() -> None:
    """Each generated page is what `make docs` would write now."""
    pages: Mapping[str, str] = generator().pages()
    assert pages
    for name, text in pages.items():
        assert read(ROOT / "docs" / name) == text, f"docs/{name} is out of date: run `make docs`"


@pytest.mark.parametrize("cell", CELLS)
def test_every_query_of_the_pages_is_accepted(cell: str, catalogue: Catalogue) -> None:
    """A block marked as FedQuery is a cell of its own, and the checker finds nothing wrong with it."""
    magic, _, rest = cell.partition("\n")
    checked = check(rest if magic.startswith("%%fedquery") else cell, catalogue)
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
