"""`fedlab run`: starts the hospitals, asks them the cells of a query file, prints the answers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ..errors import Diagnostic, Refused, diagnose
from ..federation.contact import HospitalInfo, spent_by
from ..federation.result import CellResult
from ..federation.session import Federation
from ..privacy.numerals import several
from .amounts import checked_json
from .answers import answers_json, answers_text
from .command import FINE, INTERRUPTED, Command, add_cap, add_data, add_format, add_state, exit_code
from .pricing import priced
from .queries import QueryFile, read_query
from .terminal import number, tell

DESCRIPTION = """\
Start the hospitals, ask them a query, print the answers with error bars and prices, and stop them.

A file holds one cell, or several separated by lines that begin with `# %%`; they are run in order.
All are checked and priced before the first is sent. With the same state, an unchanged query is free."""

EPILOG = """\
Exit codes: 0 fine (also when some hospitals did not answer: the answer says who), 1 refused, 2 usage,
3 no hospital can be reached, 130 interrupted.
--format json prints one object; for a query that is refused, the object of `fedlab check`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """File, data and limits."""
    parser.add_argument("file", metavar="FILE", help="a query file")
    add_data(parser)
    parser.add_argument("--hospitals", metavar="N", type=int, help="how many, for built-in data")
    parser.add_argument(
        "--sites", metavar="NAME", nargs="+", action="extend", help="ask these hospitals only; by space or comma"
    )
    add_cap(parser)
    parser.add_argument(
        "--draw", metavar="K", type=_draw, default=0, help="another number pays for answers with fresh noise"
    )
    add_state(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Run the file; in JSON one object comes out whatever happens to the query."""
    as_json = options.format == "json"
    sites = [name for given in options.sites or () for name in given.split(",") if name]
    file: QueryFile | None = None
    try:
        file = read_query(options.file)
        with Federation.start(
            options.data, Path(options.state) if options.state else None, hospitals=options.hospitals
        ) as federation:
            results = ask(federation, file, sites, options.cap, options.draw, show=not as_json)
    except KeyboardInterrupt:  # `ask` answers its own
        print("Interrupted before anything was asked; nothing was charged.", file=sys.stderr)
        return INTERRUPTED
    except Refused as refused:
        if as_json:
            print(json.dumps(checked_json(options.file, refused.diagnostics, None)))
        else:
            tell(refused.diagnostics, file.text if file else "", options.file)
        return exit_code(refused.diagnostics)
    if as_json:
        print(json.dumps(answers_json(results)))
    return INTERRUPTED if any(result.interrupted for result in results) else FINE


def ask(
    federation: Federation, file: QueryFile, sites: Sequence[str], cap: float | None, draw: int, *, show: bool
) -> list[CellResult]:
    """Ask the cells of a file in order, up to one that is interrupted; each answer is printed as it comes if `show`.

    Raises:
        Refused: located in the file. Findings of the first cells that can be known before asking come before
            anything is sent; what earlier cells were charged is said in a note; FF406 for an interrupt.
    """
    allowance = _check_all(federation, file, sites, cap)
    before = dict(federation.hospitals)
    results: list[CellResult] = []
    for cell in file.cells:
        try:
            result = federation.run(
                cell.text, sites=sites or None, cap=cap, allowance=allowance, draw=draw, progress=_progress
            )
        except Refused as refused:
            raise Refused(*cell.located(refused.diagnostics), *_spent(results)) from None
        except KeyboardInterrupt:  # between two requests; during one, the federation says it
            raise Refused(_interrupted(federation, before)) from None
        results.append(replace(result, notes=cell.located(result.notes)))
        if show:
            print(("\n" if len(results) > 1 else "") + answers_text(results[-1]), flush=True)
        if result.interrupted:
            left = len(file.cells) - len(results)
            if left:
                print(f"You interrupted the run: {several(left, 'cell')} after this one not asked.", file=sys.stderr)
            break
    return results


def _check_all(federation: Federation, file: QueryFile, sites: Sequence[str], cap: float | None) -> Fraction | None:
    """Refuse what is wrong with any cell, and what all cells together cost over the cap; the allowance of the cap."""
    checked = priced(file, federation.offer(sites), federation.researcher, cap)
    if checked.quote is None:
        raise Refused(*checked.findings)
    return checked.allowance


def _spent(results: Sequence[CellResult]) -> list[Diagnostic]:
    charged = sum(result.charged for result in results)
    if not charged:
        return []
    message = f"The cells before were charged epsilon {number(charged)}; their answers are kept and free."
    return [diagnose("FF408", message, severity="note")]


def _interrupted(federation: Federation, before: Mapping[str, HospitalInfo]) -> Diagnostic:
    federation.refresh()
    charged = {name: spent_by(info) - spent_by(before[name]) for name, info in federation.hospitals.items()}
    told = ", ".join(f"{name} epsilon {number(max(0.0, epsilon))}" for name, epsilon in charged.items())
    message = f"You interrupted the run. Charged by it: {told}. Running it again costs nothing more for that."
    return diagnose("FF406", message)


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _draw(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a draw is a whole number from 0 on")
    return number


COMMAND = Command("run", "ask the hospitals a query", DESCRIPTION, arguments, run, EPILOG)
