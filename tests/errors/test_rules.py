"""The rules: each file is whole, its examples are what they say, and a test raises each code."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from fedlab_kernel.errors import RULES, diagnose
from fedlab_kernel.language import check

from ..language.heart import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "fedlab_kernel" / "errors" / "rules"
QUERY = [code for code in RULES if code.startswith("FQ")]
# Nobody reads an example of 20,000 words; tests/language/hostile_texts.py builds one.
TOO_LONG_TO_SHOW = {"FQ003"}


def test_every_file_of_the_folder_is_a_rule() -> None:
    """A rule is what its file says, and lies where its code says; what is no code is no rule."""
    files = sorted(FOLDER.glob("*.toml"))
    assert [file.stem for file in files] == list(RULES)
    assert len(RULES) == len(files) >= 80
    for file in files:
        fields = tomllib.loads(file.read_text(encoding="utf-8"))
        rule = RULES[file.stem]
        assert {name: getattr(rule, name) for name in fields} == fields
        assert rule.code == file.stem


@pytest.mark.parametrize("code", ["FQ999", "", "../rules/FQ203", "FQ203.toml", "fq203"])
def test_what_is_no_code_raises(code: str) -> None:
    """A code without a file is refused where it is used, whatever path it spells."""
    assert code not in RULES
    with pytest.raises(KeyError):
        diagnose(code, "No.")


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_rule_reads_well(code: str) -> None:
    """A title is a phrase; reason and change are sentences without loose ends."""
    rule = RULES[code]
    assert re.fullmatch(r"\S.*[^.\s]", rule.title)
    for prose in (rule.why, rule.change):
        assert re.fullmatch(r"[A-Z`].*\.", prose)
        assert "  " not in prose
    assert rule.why != rule.change


@pytest.mark.parametrize("code", sorted(set(QUERY) - TOO_LONG_TO_SHOW))
def test_the_bad_example_fires_this_rule_alone(code: str) -> None:
    """What the rule refuses is refused, or warned of, for this reason and no other."""
    findings = check(RULES[code].bad, CATALOGUE).findings
    assert {found.code for found in findings} == {code}
    assert all(found.span is not None for found in findings)


@pytest.mark.parametrize("code", sorted(set(QUERY) - TOO_LONG_TO_SHOW))
def test_the_good_example_is_accepted(code: str) -> None:
    """The same intention, written as the rule asks, has no finding at all."""
    assert RULES[code].good
    assert check(RULES[code].good, CATALOGUE).findings == ()


def literals(path: Path) -> set[str]:
    """The codes that a Python file writes as strings or a corpus file as markers; not those in comments or names."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".fq":
        return set(re.findall(r"  ### (FQ\d{3})$", text, re.MULTILINE))
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return {code for string in strings if isinstance(string, str) for code in re.findall(r"\bF[QPWHFU]\d{3}\b", string)}


def test_a_test_raises_every_code() -> None:
    """Every code is written in the package where it is raised, and in a test that expects it.

    That a code stands in a test does not prove that the test raises it; that it stands in none proves that none does.
    """
    here = Path(__file__)
    tests = [path for path in (ROOT / "tests").rglob("*") if path.suffix in (".py", ".fq") and path != here]
    expected = set().union(*(literals(path) for path in tests))
    raised = set().union(*(literals(path) for path in (ROOT / "fedlab_kernel").rglob("*.py")))
    assert set(RULES) - raised == set()
    assert set(RULES) - expected == set()
