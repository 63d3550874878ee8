"""`fedlab ledger`: what hospitals have charged, read from their own files."""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..hospital.statement import EVERYONE, LedgerEntry, balances, entries
from ..privacy.accounting import Budget, Price
from .command import FINE, Command, add_format
from .ledgers import find_hospitals, reading
from .terminal import number, table

DESCRIPTION = """\
Show what hospitals have charged: for each population the budgets and what is reserved of them, then every
charge. A budget has two accounts, and a release is admitted while one of them holds: basic (epsilons and
deltas add up; about half of the delta is for it) and Renyi (divergences at one order add up; for it is the
rest of the delta). `split` says how many splits a release went through. A training run is one charge: open,
that of all its rounds; else that of the rounds that have begun.

DIR is a hospital's folder, or any folder above: a folder of hospitals, or a researcher's state folder.
The hospitals may run meanwhile; nothing is changed."""

Account = tuple[str, str, Budget, Price]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look."""
    parser.add_argument("place", metavar="DIR", type=Path, help="a hospital's folder, or one above")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Show every ledger; in JSON one object a hospital, one a line."""
    for position, folder in enumerate(find_hospitals(options.place)):
        with reading(folder) as connection:
            charges = entries(connection)
            accounts = _accounts(connection, charges)
        if options.format == "json":
            print(json.dumps(_as_json(folder, accounts, charges)))
        else:
            print(("\n" if position else "") + ledger_text(folder, accounts, charges))
    return FINE


def ledger_text(folder: Path, accounts: Sequence[Account], charges: Sequence[LedgerEntry]) -> str:
    """One hospital's ledger."""
    parts = [f"{folder.name} ({folder})"]
    if not charges:
        return f"{parts[0]}\n  nothing was charged"
    rows = [["population", "budget of", "reserved", "epsilon", "delta", "Renyi divergence", "at order"]]
    rows += [_account_row(*account) for account in accounts]
    parts.append(table(rows))
    rows = [["charged at", "researcher", "epsilon", "delta", "answered", "split", "release"]]
    rows += [_entry_row(entry) for entry in charges]
    parts.append(table(rows))
    return "\n\n".join(parts)


def _accounts(connection: sqlite3.Connection, charges: Sequence[LedgerEntry]) -> list[Account]:
    researchers = dict.fromkeys(entry.researcher for entry in charges)
    return [
        (population, holder, budget, spent)
        for holder in (*researchers, EVERYONE)
        for population, budget, spent in balances(connection, holder)
    ]


def _account_row(population: str, holder: str, budget: Budget, spent: Price) -> list[str]:
    return [
        population,
        "all researchers" if holder == EVERYONE else _short(holder),
        f"{100 * min(1.0, budget.fraction(spent)):.1f} %",
        f"{number(spent.epsilon)} of {number(budget.epsilon)}",
        f"{spent.delta:.3g} of {budget.delta:.3g}",
        f"{spent.renyi:.4g} of {budget.renyi_cap:.4g}",
        f"{budget.order:.4g}",
    ]


def _entry_row(entry: LedgerEntry) -> list[str]:
    return [
        entry.charged_at, _short(entry.researcher), number(entry.price.epsilon), f"{entry.price.delta:.3g}",
        _answered(entry), str(len(entry.lineage)), _short(entry.identity),
    ]  # fmt: skip


def _answered(entry: LedgerEntry) -> str:
    if entry.rounds is None:
        return "no" if entry.release is None else "yes"
    return f"{entry.rounds.begun} of {entry.rounds.of} rounds{', open' if entry.rounds.open else ''}"


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:10]}.."


def _as_json(folder: Path, accounts: Sequence[Account], charges: Sequence[LedgerEntry]) -> dict[str, Any]:
    return {
        "hospital": folder.name,
        "folder": str(folder),
        "accounts": [
            {
                "population": population,
                "holder": holder,
                "reserved": min(1.0, budget.fraction(spent)),
                "budget": {**budget.to_dict(), "renyi_cap": budget.renyi_cap},
                "spent": _price(spent),
            }
            for population, holder, budget, spent in accounts
        ],
        "entries": [
            {
                "identity": entry.identity,
                "researcher": entry.researcher,
                "population": entry.population,
                "lineage": [list(step) for step in entry.lineage],
                **_price(entry.price),
                "charged_at": entry.charged_at,
                "admission": entry.admission,
                "release": entry.release,
                "rounds": None if entry.rounds is None else asdict(entry.rounds),
            }
            for entry in charges
        ],
    }


def _price(price: Price) -> dict[str, float]:
    return {"epsilon": price.epsilon, "delta": price.delta, "renyi": price.renyi}


COMMAND = Command("ledger", "show what hospitals have charged", DESCRIPTION, arguments, run)
