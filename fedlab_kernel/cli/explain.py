"""`fedlab explain`: what a message's code means."""

from __future__ import annotations

import argparse
import textwrap
from difflib import get_close_matches

from ..errors import RULES, Refused, Rule, diagnose
from ..errors.render import printable
from .command import FINE, Command
from .terminal import table

DESCRIPTION = """\
Explain a code of a message: the rule, why it exists, what to do instead, an example.
Without a code, list all of them."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The code."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="for example FQ203")


def run(options: argparse.Namespace) -> int:
    """Print the rule; FU505 for a code that is none."""
    if options.code is None:
        print(table([[code, RULES[code].title] for code in RULES], indent=""))
        return FINE
    code = options.code.upper()
    if code not in RULES:
        near = [known for known in sorted(RULES) if known.startswith(code)][:3]
        near = near or get_close_matches(code, sorted(RULES), n=3, cutoff=0.6)
        fix = f"did you mean {' or '.join(near)}?" if near else "`fedlab explain` lists all codes"
        raise Refused(diagnose("FU505", f"There is no code {options.code}.", fix=fix))
    print(_page(RULES[code]))
    return FINE


def _page(rule: Rule) -> str:
    parts = [f"{rule.code}: {rule.title}", f"Why: {rule.why}", f"Instead: {rule.change}"]
    for label, example in (("Refused", rule.bad), ("Accepted", rule.good)):
        if example:
            parts.append(f"{label}:\n\n{textwrap.indent(printable(example.strip(chr(10))), '    ')}")
    return "\n\n".join(parts)


COMMAND = Command("explain", "say what a message's code means", DESCRIPTION, arguments, run)
