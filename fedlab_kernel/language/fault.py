"""How a rule of the language says no, before anybody knows where in the text it happened."""

from __future__ import annotations


class Fault(Exception):
    """A refusal without a place; the interpreter turns it into a located diagnostic.

    Attributes:
        code: the rule.
        message: one sentence in the researcher's words.
        argument: the argument of a primitive it concerns, which the interpreter points at.
        fix: what to write instead, or None.
    """

    def __init__(self, code: str, message: str, argument: str | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.argument, self.fix = code, message, argument, fix
