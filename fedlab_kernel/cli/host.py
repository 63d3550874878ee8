"""`fedlab host`: runs hospitals; `fedlab_kernel.hospital.host` reads its arguments itself."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .command import Command


def host(argv: Sequence[str]) -> int:
    """Run hospitals until told to stop; the exit code."""
    from ..hospital.host import main

    return main(argv)


def arguments(_: argparse.ArgumentParser) -> None:
    """None here."""


def run(_: argparse.Namespace) -> int:
    """Let the host's own parser say what is missing."""
    return host([])


COMMAND = Command("host", "run hospitals, one process a folder; started by `fedlab run`", "", arguments, run)
