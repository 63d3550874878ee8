"""Talking to hospitals: signed requests out, in parallel; replies decoded, proved and believed no further than that."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import Diagnostic, Refused, diagnose
from ..language.catalogue import Catalogue
from ..policy.policy import Policy
from ..wire import messages
from ..wire.codec import decode_reply
from ..wire.facts import catalogue
from ..wire.frames import FRAME_LIMIT
from ..wire.refusals import refused
from ..wire.signing import Signer
from . import proofs
from .journal import Head, Journal
from .transport import Failure, Transport, ask_all

ADDED_SECONDS = 15.0  # on top of the hospitals' own deadline, before an answer counts as late
HELLO_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class HospitalInfo:
    """What is known of a hospital.

    Attributes:
        name, title: how queries and people call it.
        state: "ready", "failed", "died" or "unreachable".
        message: why it is not ready; empty when it is.
        policy, tables, balances, snapshots: as it published them last.
        key: its public key, 32 bytes.
        checkpoint: the signed head of its log that was verified last.
    """

    name: str
    title: str
    state: str
    message: str = ""
    policy: Policy = field(default_factory=Policy)
    tables: Catalogue = field(default_factory=dict)
    balances: tuple[messages.Balance, ...] = ()
    snapshots: Mapping[str, str] = field(default_factory=dict)
    key: bytes = b""
    checkpoint: str = ""


class Contact:
    """The hospitals as a researcher reaches them.

    Args:
        transport: how frames get there.
        signer: the researcher's key.
        journal: where the heads of their logs are kept.
    """

    def __init__(self, transport: Transport, signer: Signer, journal: Journal) -> None:
        self._transport, self._signer, self._journal = transport, signer, journal

    def hello(self, names: Sequence[str]) -> dict[str, HospitalInfo]:
        """What each hospital says of itself, its log verified against the head kept from before.

        Raises:
            Refused: FF405 where a log does not continue the one seen before.
        """
        replies = self._exchange({name: messages.Hello(name) for name in names}, HELLO_SECONDS)
        known: dict[str, HospitalInfo] = {}
        for name, reply in replies.items():
            if isinstance(reply, messages.Welcome):
                known[name] = self._info(name, reply)
            elif isinstance(reply, Failure):
                state = "died" if reply.kind == "died" else "unreachable"
                known[name] = HospitalInfo(name, name, state, reply.diagnostic.message)
            else:
                message = refused(reply).diagnostics[0].message if isinstance(reply, messages.Refusal) else "odd reply"
                known[name] = HospitalInfo(name, name, "unreachable", message)
        return known

    def ask(
        self,
        hospitals: Mapping[str, HospitalInfo],
        releases: Sequence[messages.ReleaseRequest],
        delta: float,
        cell: str,
        on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
    ) -> dict[str, messages.Answers | Failure]:
        """Every hospital's answers to the same releases, each verified to stand in its log.

        `on_reply` is told who answered, or did not, as it happens (see `transport.ask_all`).

        Raises:
            Refused: with a hospital's own refusal of the whole request; FF407 for a reply to something else;
                FF405 for an answer that its log does not hold.
            KeyboardInterrupt: after the hospitals were told to stop.
        """
        identity = secrets.token_bytes(16)
        requests = {name: messages.Ask(name, identity, tuple(releases), delta, cell) for name in hospitals}
        patience = max(info.policy.deadline_seconds for info in hospitals.values()) + ADDED_SECONDS

        def cancel() -> None:
            self._exchange({name: messages.Cancel(name, identity) for name in hospitals}, 2.0)

        replies = self._exchange(requests, patience, cancel, on_reply)
        answers: dict[str, messages.Answers | Failure] = {}
        for name, reply in replies.items():
            if isinstance(reply, Failure):
                answers[name] = reply
            elif isinstance(reply, messages.Refusal):
                raise Refused(*(at(name, finding) for finding in refused(reply).diagnostics))
            elif isinstance(reply, messages.Answers) and len(reply.items) == len(releases):
                for item in reply.items:
                    if isinstance(item, messages.Answer):
                        proofs.verify_answer(name, hospitals[name].key, item.receipt, item.total)
                answers[name] = reply
            else:
                raise Refused(diagnose("FF407", f"{name} answered something that was not asked."))
        return answers

    def stored(
        self, hospitals: Sequence[str], releases: Sequence[messages.ReleaseRequest]
    ) -> dict[str, tuple[bool, ...]]:
        """For each hospital that answers, which of the releases it has stored, and hence gives for nothing."""
        replies = self._exchange({name: messages.Probe(name, tuple(releases)) for name in hospitals}, HELLO_SECONDS)
        return {name: reply.stored for name, reply in replies.items() if isinstance(reply, messages.Known)}

    def _info(self, name: str, welcome: messages.Welcome) -> HospitalInfo:
        if welcome.name != name:
            raise Refused(diagnose("FF407", f"{name} answered as {welcome.name!r:.60}."))
        self._keep_head(name, Head(welcome.key, welcome.checkpoint))
        return HospitalInfo(
            name, welcome.title, "ready", "", Policy.from_dict(welcome.policy), catalogue(welcome.tables),
            welcome.balances, welcome.snapshots, welcome.key, welcome.checkpoint,
        )  # fmt: skip

    def _keep_head(self, name: str, head: Head) -> None:
        """Keep a head after checking that the log only grew since the last one."""
        kept = self._journal.head(name)
        now = proofs.open_head(head.key, head.checkpoint)
        if kept is None:
            self._journal.keep_head(name, head)
            return
        if kept.key != head.key:
            raise Refused(diagnose("FF405", f"{name} signs its log with another key than before."))
        before = proofs.open_head(kept.key, kept.checkpoint)
        if kept.checkpoint == head.checkpoint:
            return
        reply = self._exchange({name: messages.History(name, before.size)}, HELLO_SECONDS)[name]
        if isinstance(reply, messages.Growth):
            proofs.verify_growth(head.key, kept.checkpoint, reply.checkpoint, reply.proof)
            self._journal.keep_head(name, Head(head.key, reply.checkpoint))
        elif isinstance(reply, messages.Refusal) or now.size < before.size:
            message = f"{name} cannot show that its log of {now.size} entries begins with the {before.size} known."
            raise Refused(diagnose("FF405", message))

    def _exchange(
        self,
        requests: Mapping[str, messages.Request],
        timeout: float,
        on_interrupt: Callable[[], None] = lambda: None,
        on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
    ) -> dict[str, messages.Reply | Failure]:
        frames = {name: self._signer.seal(request) for name, request in requests.items()}
        replies = ask_all(self._transport, frames, timeout, on_interrupt, on_reply)
        return {
            name: reply if isinstance(reply, Failure) else decode_reply(reply, FRAME_LIMIT)
            for name, reply in replies.items()
        }


def at(hospital: str, finding: Diagnostic) -> Diagnostic:
    """A hospital's finding, naming the hospital."""
    return replace(finding, message=f"{hospital}: {finding.message}")


def together(findings: Iterable[tuple[str, Diagnostic]]) -> list[Diagnostic]:
    """Several hospitals' findings, each said once with the names of all that say it."""
    sayers: dict[Diagnostic, list[str]] = {}
    for hospital, finding in findings:
        sayers.setdefault(finding, []).append(hospital)
    return [at(", ".join(dict.fromkeys(hospitals)), finding) for finding, hospitals in sayers.items()]


def spent_by(info: HospitalInfo) -> float:
    """The epsilon a researcher has reserved at a hospital, over all populations."""
    return sum(balance.spent_epsilon for balance in info.balances if not balance.shared)
