"""What is written instead of a word that people know from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Translation:
    """What to write instead of a word.

    Attributes:
        write: FedQuery, with the places of `mending`, and `$number` and `$category` for a column of the table; empty
            where there is nothing to write.
        sure: whether writing that is all there is to do, so that an editor may do it.
        says: what else to know, in words.
        code: the rule that refuses the word, where it is a special one.
        spare: how many further arguments, such as the digits of `round`, may be left out.
    """

    write: str
    sure: bool = False
    says: str = ""
    code: str = ""
    spare: int = 0


def sure(write: str, says: str = "", spare: int = 0) -> Translation:
    """What an editor may write."""
    return Translation(write, True, says, spare=spare)


def said(says: str) -> Translation:
    """What can only be told."""
    return Translation("", False, says)
