"""`fedlab key`: the researcher's public key, for the data stewards who are to admit them."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import Refused, diagnose
from ..federation.places import KEY, default_state
from ..wire.keys import load_or_create_key
from .command import FINE, Command, add_state

DESCRIPTION = """\
Print your public key: 64 hex digits that stand for you at every hospital. Send it to a hospital's data steward,
who adds it to `researchers` in hospital.toml. If you have no key yet, one is made.

The private key stays in your state folder. Keep a copy: budgets belong to the key, and a new one is a stranger."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose key."""
    add_state(parser)


def run(options: argparse.Namespace) -> int:
    """Print the key alone on a line, so that scripts can use it."""
    state = Path(options.state) if options.state else default_state()
    try:
        key = load_or_create_key(state / KEY)
    except OSError as error:
        message = f"The key file {state / KEY} cannot be read or made: {error.strerror}."
        raise Refused(diagnose("FU506", message, fix="give access, or name another folder: --state DIR")) from error
    print(key.public_key().public_bytes_raw().hex())
    return FINE


COMMAND = Command("key", "print your public key, for hospitals to admit you", DESCRIPTION, arguments, run)
