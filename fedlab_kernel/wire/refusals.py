"""Diagnostics as they travel: refusals to replies, and replies back to refusals."""

from __future__ import annotations

from ..errors import Diagnostic, Refused, diagnose
from .messages import Finding, Refusal


def refusal(refused: Refused) -> Refusal:
    """The reply that says what was refused. Places in the text stay behind: the reader has another text."""
    return Refusal(tuple(Finding(d.code, d.message, d.reason, d.fix) for d in refused.diagnostics))


def refusal_of(code: str, message: str) -> Refusal:
    """The reply with one finding."""
    return refusal(Refused(diagnose(code, message)))


def refused(reply: Refusal) -> Refused:
    """The exception that a received refusal stands for."""
    return Refused(*(Diagnostic(f.code, f.message, f.reason, f.fix) for f in reply.findings))
