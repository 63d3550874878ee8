"""`fedlab demo`: the main job without a browser: quote, answers, ledgers, logs and figures of one query file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from ..errors import Refused
from ..federation.contact import HospitalInfo
from ..federation.result import Answer
from ..federation.session import AuditLine, Federation
from .amounts import quote_text, total_text
from .answers import answers_text
from .command import FINE, REFUSED, Command, add_data, add_state, exit_code
from .pricing import priced
from .queries import read_query
from .run import ask
from .terminal import number, table, tell

QUERY = Path(__file__).with_name("demo.fq")

DESCRIPTION = """\
Start the heart-disease hospitals and ask them one query file: what it will cost, the answers with error bars,
what each hospital's ledger says, whether the logs are intact, and the answers as figures.
Run again, it costs nothing: the hospitals send what they already sent."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are and where the output goes."""
    add_data(parser, default="heart")
    add_state(parser)
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("demo-output"),
        help="where the figures are written; demo-output by default",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Show everything in the order in which it happens."""
    file = read_query(str(QUERY))
    try:
        with Federation.start(options.data, Path(options.state) if options.state else None) as federation:
            _heading("The hospitals")
            print(table([[name, info.title, info.state, info.message] for name, info in federation.hospitals.items()]))
            _heading("The query")
            print(file.text.rstrip())
            checked = priced(file, federation.offer(), federation.researcher)
            if checked.quote is None:
                raise Refused(*checked.findings)
            _heading(f"The quote: at most {total_text(checked.quote)} at each hospital")
            print(quote_text(checked.quote))
            _heading("The answers")
            (result,) = ask(federation, file, sites=(), cap=None, draw=0, show=False)
            print(answers_text(result))
            _heading("The ledgers: what is reserved at each hospital")
            print(_ledgers(federation.hospitals))
            _heading("The logs")
            audit = federation.audit()
            print(table([_audit_row(line) for line in audit]))
    except Refused as refused:
        tell(refused.diagnostics, file.text, QUERY.name)
        return exit_code(refused.diagnostics)
    _heading("The figures")
    for path in _figures(result.answers, options.out):
        print(f"  {path}")
    print()
    if result.charged:
        print("Run it again: unchanged, it is free.")
    else:
        print("Re-running was free: every answer was paid for before, and is the same to the last digit.")
    return FINE if all(line.verified for line in audit) else REFUSED


def _heading(text: str) -> None:
    print(f"\n== {text}\n", flush=True)


def _ledgers(hospitals: Mapping[str, HospitalInfo]) -> str:
    rows = [["hospital", "population", "budget", "reserved", "epsilon", "delta"]]
    rows += [
        [
            name,
            balance.population,
            "all researchers" if balance.shared else "yours",
            f"{100 * balance.reserved:.1f} %",
            f"{number(balance.spent_epsilon)} of {number(balance.epsilon)}",
            f"{balance.spent_delta:.3g} of {balance.delta:.3g}",
        ]
        for name, info in hospitals.items()
        for balance in info.balances
    ]
    return table(rows)


def _audit_row(line: AuditLine) -> list[str]:
    return [line.hospital, "verified" if line.verified else "NOT VERIFIED", f"{line.size} entries", line.message]


def _figures(answers: Mapping[str, Answer], out: Path) -> list[Path]:
    """Draw every answer that has an error bar, each into a file of its own."""
    from ..notebook import plots  # matplotlib takes a second

    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, answer in answers.items():
        if plots.drawable(answer):
            path = out / f"{name}.png"
            plots.save(answer, path)
            paths.append(path)
    return paths


COMMAND = Command(
    "demo", "ask the heart-disease hospitals one query file, and show everything", DESCRIPTION, arguments, run
)
