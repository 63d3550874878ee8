"""`fedlab check`: what is wrong with query files, and what they would cost; no hospital is started."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import Refused
from ..federation.places import KEY, default_state, folders_for
from ..federation.pricing import Published
from ..wire.keys import load_or_create_key
from .amounts import checked_json, quote_text, total_text
from .command import FINE, Command, add_cap, add_data, add_format, add_state, exit_code
from .pricing import priced, published_by
from .queries import read_query
from .terminal import tell

DESCRIPTION = """\
Check query files against what the hospitals publish, and say what every release would cost.
Nothing is asked and nothing is charged; the hospitals need not run.

A file holds one cell, or several separated by lines that begin with `# %%`."""

EPILOG = """\
Exit codes: 0 every file may run, 1 one of them may not, 2 a file or the data are not there.
--format json prints one object a file, one a line."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Files and data."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a query file")
    add_data(parser)
    add_cap(parser)
    add_state(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Check every file, whatever is wrong with the others; the worst exit code."""
    state = Path(options.state) if options.state else default_state()
    offer = _offer(options.data, state)
    researcher = _researcher(state / KEY)
    worst = FINE
    if options.format == "text":
        tell(offer.notes)
    for position, name in enumerate(options.files):
        if options.format == "json":
            code = _check_json(name, offer, researcher, options.cap)
        else:
            if position:
                print(flush=True)
            code = _check_text(name, offer, researcher, options.cap)
        worst = max(worst, code)
    return worst


def _check_text(name: str, offer: Published, researcher: str, cap: float | None) -> int:
    try:
        file = read_query(name)
    except Refused as refused:
        tell(refused.diagnostics, name=name)
        return exit_code(refused.diagnostics)
    checked = priced(file, offer, researcher, cap)
    tell(checked.findings, file.text, name)
    if checked.quote is None:
        return exit_code(checked.findings)
    print(f"{name}: fine. At most {total_text(checked.quote)}.")
    if checked.quote.releases:
        print(quote_text(checked.quote))
    return FINE


def _check_json(name: str, offer: Published, researcher: str, cap: float | None) -> int:
    try:
        checked = priced(read_query(name), offer, researcher, cap)
    except Refused as refused:
        print(json.dumps(checked_json(name, refused.diagnostics, None)))
        return exit_code(refused.diagnostics)
    findings = (*offer.notes, *checked.findings)
    print(json.dumps(checked_json(name, findings, checked.quote)))
    return exit_code(findings)


def _offer(data: str, state: Path) -> Published:
    """What the hospitals that `fedlab run` would ask publish, from their folders."""
    if (state / "hospitals").is_dir():
        return published_by(folders_for(data, state))
    with TemporaryDirectory() as fresh:  # checking leaves nothing behind
        return published_by(folders_for(data, Path(fresh)))


def _researcher(key: Path) -> str:
    """The public key that would sign; "" where there is none yet."""
    return load_or_create_key(key).public_key().public_bytes_raw().hex() if key.exists() else ""


COMMAND = Command(
    "check", "say what is wrong with query files, and what they would cost", DESCRIPTION, arguments, run, EPILOG
)
