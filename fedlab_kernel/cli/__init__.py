"""The `fedlab` command line: one file a subcommand, found by this package."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from .. import __version__
from ..errors import Refused
from .command import BROKEN_PIPE, INTERRUPTED, Command, exit_code
from .host import host
from .terminal import adapt, tell


def main(argv: Sequence[str]) -> int:
    """Run `fedlab` with these arguments; the exit code (see `command`). Ends the process for --help and misuse."""
    if argv[:1] == ["host"]:  # hospitals have arguments and streams of their own
        return host(argv[1:])
    adapt(sys.stdout)
    adapt(sys.stderr)
    options = _parser(argv).parse_args(argv)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except Refused as refused:
        tell(refused.diagnostics)
        return exit_code(refused.diagnostics)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter's own last flush shall not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def commands() -> list[Command]:
    """All subcommands, in alphabetical order: the modules here that define a `COMMAND`."""
    modules = (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__))
    return [module.COMMAND for module in modules if hasattr(module, "COMMAND")]


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fedlab",
        description="Learn from hospital data that nobody but the hospital may see.",
        epilog="Exit codes: 0 fine, 1 refused, 2 usage, 3 hospitals unreachable, 130 interrupted. "
        "Every message has a code; `fedlab explain CODE` says what it means.",
    )
    parser.add_argument("--version", action="version", version=f"fedlab {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands():
        sub = subparsers.add_parser(
            command.name, help=command.summary, description=command.description, epilog=command.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        if command.name in argv:  # only the chosen one: some look around for what they can offer
            command.arguments(sub)
        sub.set_defaults(run=command.run)
    return parser
