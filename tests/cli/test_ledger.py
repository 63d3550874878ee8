from __future__ import annotations

from pathlib import Path

from fedlab_kernel.cli.ledger import ledger_text
from fedlab_kernel.hospital.statement import LedgerEntry, Rounds
from fedlab_kernel.privacy.accounting import Budget, Price

KEY = "0f" * 32


def rows(text: str, first: str) -> list[str]:
    """The cells of the first row below the heading that begins with a word."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith(first))
    return [cell for cell in lines[at + 1].split("  ") if cell]


def test_the_ledger_counts_splits_and_shows_the_whole_delta() -> None:
    """A release that went through two splits shows 2, and a budget the delta that its policy gave it."""
    entry = LedgerEntry(
        "ab" * 16, KEY, "patients", (("cd" * 16, 0), ("ef" * 16, 1)), Price(0.5, 1e-8, 0.1), "2026-01-01T00:00:00Z",
        0, 1,
    )  # fmt: skip
    account = ("patients", KEY, Budget(10.0, 1e-6), Price(0.5, 1e-8, 0.1))
    text = ledger_text(Path("north"), [account], [entry])
    assert " 1e-08 of 1e-06" in " ".join(rows(text, "population"))
    assert rows(text, "charged at")[-2].strip() == "2"
    assert "cdcdcdcd" not in text


def test_a_run_is_one_row_that_says_how_far_it_is() -> None:
    """A run shows how many of its rounds have begun, and whether the others are still reserved."""
    account = ("patients", KEY, Budget(10.0, 1e-6), Price(0.5, 1e-8, 0.1))
    for is_open, said in ((True, "3 of 8 rounds, open"), (False, "3 of 8 rounds")):
        run = LedgerEntry(
            "ab" * 16, KEY, "patients", (), Price(0.5, 1e-8, 0.1), "2026-01-01T00:00:00Z", 0, 4, Rounds(3, 8, is_open),
        )  # fmt: skip
        assert rows(ledger_text(Path("north"), [account], [run]), "charged at")[-3].strip() == said
