"""How a rule of the language says no, before anybody knows where in the text it happened."""

from __future__ import annotations


class Fault(Exception):
    """A refusal without a place; the interpreter turns it into a located diagnostic.

    Attributes:
        code: the rule.
        message: one sentence in the researcher's words.
        argument: the argument of a primitive it concerns, which the interpreter points at; with "=" behind it, the
            argument together with its name, as the call gives it.
        fix: what to write instead, or None.
        replace: what the text at that place becomes, where one change is surely right. Both `fix` and `replace` may
            quote the researcher's own text, as `mending` says; without `fix`, the fix is to write what `replace` says.
    """

    def __init__(
        self, code: str, message: str, argument: str | None = None, fix: str | None = None, replace: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.argument, self.fix, self.replace = code, message, argument, fix, replace
