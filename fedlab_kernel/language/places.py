"""Where the parts of a text stand, and what they say."""

from __future__ import annotations

import ast

from ..errors import Span


def span_of(node: ast.AST, lines: tuple[str, ...]) -> Span:
    """Where a node stands, in code points (syntax trees count UTF-8 bytes); of a block, its first line only."""
    assert isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword)
    line, end_line = node.lineno, node.end_lineno or node.lineno
    column = _code_points(lines[line - 1], node.col_offset)
    if end_line > line and hasattr(node, "body"):
        return Span(line, column + 1, line, len(lines[line - 1].rstrip()) + 1)
    return Span(line, column + 1, end_line, _code_points(lines[end_line - 1], node.end_col_offset or 0) + 1)


def text_of(node: ast.AST, lines: tuple[str, ...]) -> str:
    """What stands in the text where a node stands."""
    span = span_of(node, lines)
    return text_between((span.line, span.column), (span.end_line, span.end_column), lines)


def text_between(start: tuple[int, int], end: tuple[int, int], lines: tuple[str, ...]) -> str:
    """The text from one line and column up to another."""
    (line, column), (end_line, end_column) = start, end
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    return "\n".join(
        (lines[line - 1][column - 1 :], *lines[line : end_line - 1], lines[end_line - 1][: end_column - 1])
    )


def _code_points(line: str, offset: int) -> int:
    return offset if line.isascii() else len(line.encode()[:offset].decode())
