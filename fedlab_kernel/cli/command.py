"""What a subcommand is, and which exit code says what."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import Diagnostic

FINE, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE = 141  # 128 + SIGPIPE

_CODES = {
    "FU501": USAGE, "FU502": USAGE, "FU503": USAGE, "FU505": USAGE,
    "FF401": UNREACHABLE,
    "FF406": INTERRUPTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand of `fedlab`.

    Attributes:
        name: as it is typed.
        summary: half a sentence for the list of commands.
        description, epilog: what its --help says before and after the arguments.
        arguments: declares its arguments.
        run: does it and gives the exit code; may raise Refused.
    """

    name: str
    summary: str
    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    epilog: str = ""


def exit_code(findings: Iterable[Diagnostic]) -> int:
    """The exit code that says what these findings say; 0 where none is an error."""
    return max((_CODES.get(f.code, REFUSED) for f in findings if f.severity == "error"), default=FINE)


def add_data(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """The argument that says which hospitals."""
    parser.add_argument(
        "--data", metavar="D", required=default is None, default=default,
        help="a built-in name (`fedlab data` lists them), a folder of hospital folders, or a folder with "
        "UCI's heart-disease files" + (f"; {default} by default" if default else ""),
    )  # fmt: skip


def add_cap(parser: argparse.ArgumentParser) -> None:
    """The argument that limits what a file may cost."""
    parser.add_argument(
        "--cap", metavar="E", type=float,
        help="refuse a file that is quoted more epsilon than this; releases without a price share what it leaves, "
        "by weight",
    )  # fmt: skip


def add_format(parser: argparse.ArgumentParser) -> None:
    """The argument that chooses between text for people and JSON for programs."""
    parser.add_argument("--format", choices=["text", "json"], default="text", help="text by default")


def add_state(parser: argparse.ArgumentParser) -> None:
    """The argument that says where a researcher's key, journal and demonstration hospitals are."""
    parser.add_argument(
        "--state", metavar="DIR",
        help="where your key, your journal and built-in hospitals are kept; FEDLAB_STATE or your user data "
        "folder by default. With the same state, running the same query again is free",
    )  # fmt: skip
