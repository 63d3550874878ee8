"""`fedlab audit verify`: recomputes hospitals' logs offline; compares them with their ledgers and with kept heads."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..audit.checkpoint import open_checkpoint
from ..audit.verify import verify_database
from ..errors import Refused, diagnose
from ..errors.render import printable
from ..hospital.reconcile import reconcile
from .command import FINE, REFUSED, Command
from .ledgers import KeptHead, find_hospitals, kept_heads, reading

DESCRIPTION = """\
Verify hospitals' logs offline. For each hospital, every leaf and every signed checkpoint is recomputed, every
charge and every stored reply of its ledger is compared with its leaf, and where a researcher's journal is in
DIR, the log must have grown from the head that the journal kept, under the same key.

DIR is a hospital's folder, or any folder above: a folder of hospitals, or a researcher's state folder."""

EPILOG = """\
Exit codes: 0 everything matches, 1 something does not, 2 there is no log.
Without a journal, a hospital that rewrites its whole log and signs it again cannot be found out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do and where."""
    parser.add_argument("action", choices=["verify"], help="recompute the logs")
    parser.add_argument("place", metavar="DIR", type=Path, help="a hospital's folder, or one above")


def run(options: argparse.Namespace) -> int:
    """Verify every log, whatever is wrong with the others."""
    heads = kept_heads(options.place)
    met: list[KeptHead] = []
    worst = FINE
    for folder in find_hospitals(options.place):
        try:
            key = _public_key(folder / "state" / "hospital.pub")
            mine = [head for head in heads if head.is_of(folder, key.public_bytes_raw())]
            met += mine
            print(f"{folder.name}: verified\n  " + "\n  ".join(verified(folder, key, mine)))
        except Refused as refused:
            worst = REFUSED
            print(f"{folder.name}: DOES NOT MATCH")
            for finding in refused.diagnostics:
                print(printable(f"  {finding.code}: {finding.message}"))
    for head in heads:
        if head not in met:
            print(f"{head.hospital}: not here; {head.journal.name} keeps a head of its log")
    return worst


def verified(folder: Path, key: Ed25519PublicKey, heads: Sequence[KeptHead]) -> list[str]:
    """What was verified of a hospital, a line each.

    Args:
        folder: the hospital's.
        key: its public key.
        heads: what journals kept of it.

    Raises:
        Refused: FF405, saying what does not match; FU508 where the ledger is damaged.
    """
    for head in heads:
        if head.key != key.public_bytes_raw():
            raise Refused(diagnose("FF405", f"{head.journal.name} knows {folder.name} by another key."))
    kept = [open_checkpoint(head.checkpoint, key) for head in heads]
    log = verify_database(folder / "state" / "hospital.sqlite", key, kept)
    with reading(folder) as connection:
        charges, replies = reconcile(connection)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(log.kinds.items()))
    lines = [
        f"log: {log.size} entries{f' ({kinds})' if kinds else ''}, root {log.root.hex()[:16]}..",
        f"ledger: {charges} charges and {replies} stored replies, each as the log says",
    ]
    lines += [f"grown from the {head.size} entries that the journal kept" for head in kept]
    return lines


def _public_key(file: Path) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(file.read_text(encoding="ascii").strip()))
    except FileNotFoundError:
        raise Refused(diagnose("FU501", f"There is no public key {file}.")) from None
    except (OSError, ValueError) as error:
        raise Refused(diagnose("FU508", f"{file} is not a public key: {error}.")) from None


COMMAND = Command("audit", "verify hospitals' logs, offline", DESCRIPTION, arguments, run, EPILOG)
