"""What a magic's line says."""

from __future__ import annotations


def unquoted(word: str) -> str:
    """A word of a magic's line without its quotes, which IPython keeps."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
