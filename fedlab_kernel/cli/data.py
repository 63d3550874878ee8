"""`fedlab data`: writes built-in data as hospital folders."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

from .. import datasets
from ..errors import Refused, diagnose
from .command import FINE, Command

DESCRIPTION = """\
Write a built-in data set as hospital folders: for each hospital its hospital.toml and its tables.
Without a name, list the built-in data sets with their sources."""

EPILOG = """\
A folder that holds the same data already is left as it is; one with other data is never overwritten."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, how many and where to."""
    names = ", ".join(datasets.names())
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"one of {names}")
    parser.add_argument("--hospitals", metavar="N", type=int, help="how many; the data set's own number by default")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the folder to write the hospitals' folders into")


def run(options: argparse.Namespace) -> int:
    """Write the folders and print their paths, or list what there is."""
    if options.name is None:
        for name in datasets.names():
            print(f"{name}\n{textwrap.indent(datasets.docs(name), '    ')}\n")
        return FINE
    if options.out is None:
        raise Refused(diagnose("FU502", "It is not said where to write to.", fix="--out DIR"))
    for folder in datasets.write(options.name, options.hospitals, options.out):
        print(folder)
    return FINE


COMMAND = Command("data", "write built-in data as hospital folders", DESCRIPTION, arguments, run, EPILOG)
