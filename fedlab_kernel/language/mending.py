"""Fixes in the researcher's own words, and the edits that carry them out.

A rule knows what was wrong, but not the text. So it says what to write with places for the text at the node that is
refused: `mean($object)`. The places are

    $it                      the node's whole text
    $object                  what stands in front of the dot or the bracket; $column, the same without parentheses
    $one $two $three         the arguments of a call; $first $second $third, the same without parentheses
    $arguments               all arguments of a call
    $given $rest             a call up to the end of its last argument, and what is left of it: room for one more
    $index $operand $left $right $value $name       the parts of the node that are called so in Python's grammar
    $joined                  the conditions of `and` or `or`, joined by `&` or `|`
    $pairs                   the comparisons of a chain, each in parentheses, joined by `&`, or as they were joined
    $persons                 the one table whose columns the node names
    $new                     in a fix: what the edit writes

Parts that an operator beside them would tear apart come in parentheses, those named above excepted, and so does the
new text where the operators around the node would tear it apart.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from string import Template

from ..errors import Edit, Span
from . import syntax
from .places import span_of, text_between, text_of

MOST = 500  # characters of a node, and of an edit
SHOWN = 120  # characters of it in a fix
_OPERATOR_BEFORE = re.compile(r"([-+*/%&|^~<>@.]|[=!<>]=|\b(and|or|not|in|is|if|else|await))$")
_OPERATOR_AFTER = re.compile(r"[-+*/%&|^<>@.(\[]|[=!]=|(and|or|not|in|is|if|else)\b")
_WHOLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Tuple)


def mended(
    node: ast.AST, lines: tuple[str, ...], fix: str | None, replace: str | None
) -> tuple[str | None, tuple[Edit, ...]]:
    """A fix with the researcher's own text, and the edit at the node's place that carries it out, where there is one.

    Args:
        node: what was refused.
        lines: of the text it stands in.
        fix: what to write, in words, or None to say what `replace` writes.
        replace: what the node's text becomes, or None; an empty text deletes the line the node stands on alone.
    """
    if not replace and not (fix and "$" in fix):
        return fix, _deleted(node, lines) if replace == "" else ()
    texts = parts(node, lines) if len(text_of(node, lines)) <= MOST else {}
    new = _filled(replace, texts) if replace else None
    new = new and _fitted(new, node, lines)
    if replace and new is None and (fix is None or "$new" in fix):
        return None, ()
    shown = " ".join((new or "").split())
    texts["new"] = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
    said = Template(fix or "write `$new`").safe_substitute(defaultdict(lambda: "…", texts))
    return said, () if new is None else (Edit(span_of(node, lines), new),)


def _deleted(node: ast.AST, lines: tuple[str, ...]) -> tuple[Edit, ...]:
    """The edit that takes away a top-level statement's lines, where nothing else stands on them."""
    span = span_of(node, lines)
    rest = lines[span.end_line - 1][span.end_column - 1 :].strip()
    if span.column > 1 or hasattr(node, "body") or (rest and not rest.startswith("#")):
        return ()
    return (Edit(lines_span(span, lines), ""),)


def lines_span(span: Span, lines: tuple[str, ...]) -> Span:
    """The whole lines of a span, with the line end behind them where there is one."""
    if span.end_line < len(lines):
        return Span(span.line, 1, span.end_line + 1, 1)
    return Span(span.line, 1, span.end_line, len(lines[span.end_line - 1]) + 1)


def _filled(template: str, texts: dict[str, str]) -> str | None:
    """The template with its places filled, or None where the node has no such part or too much text."""
    try:
        new = Template(template).substitute(texts)
    except KeyError:
        return None
    return new if len(new) <= MOST else None


def _fitted(new: str, node: ast.AST, lines: tuple[str, ...]) -> str | None:
    """The new text as it can stand in the node's place; None where Python cannot read it.

    Comments and line ends inside the node may have spoiled it.
    """
    try:
        if isinstance(node, ast.keyword):
            syntax.expression(f"f({new})")
        elif not isinstance(node, ast.expr):
            syntax.module(new)
        else:
            inner = syntax.expression(f"({new})")
            torn = isinstance(node, (*_WHOLE, ast.BinOp, ast.UnaryOp)) and not isinstance(inner, _WHOLE)
            if torn and not _stands_alone(span_of(node, lines), lines):
                return f"({new})"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return new


def _stands_alone(span: Span, lines: tuple[str, ...]) -> bool:
    """Whether no operator stands beside a place, on its line or, where nothing stands there, on the next."""
    before = lines[span.line - 1][: span.column - 1].rstrip() or "".join(lines[max(0, span.line - 2) : span.line - 1])
    after = lines[span.end_line - 1][span.end_column - 1 :].lstrip()
    if not after or after.startswith("#"):
        after = "".join(lines[span.end_line : span.end_line + 1]).lstrip()
    return not (_OPERATOR_BEFORE.search(before.rstrip()) or _OPERATOR_AFTER.match(after))


def parts(node: ast.AST, lines: tuple[str, ...]) -> dict[str, str]:
    """The texts that a fix may quote, by name."""
    it = text_of(node, lines)
    texts = {"it": it}

    def add(**named: ast.AST | None) -> None:
        texts.update((name, _operand(part, lines)) for name, part in named.items() if part is not None)

    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords):
            add(**dict(zip(("one", "two", "three"), arguments, strict=False)))
            texts.update(zip(("first", "second", "third"), (text_of(each, lines) for each in arguments), strict=False))
            called = text_of(function, lines)
            if it.startswith(called):
                texts["arguments"] = it[len(called) :].strip()[1:-1].strip()
            if isinstance(function, ast.Attribute):
                add(object=function.value)
                texts["column"] = text_of(function.value, lines)
            if arguments or keywords:
                last = max((span_of(each, lines) for each in (*arguments, *keywords)), key=_end)
                here = span_of(node, lines)
                texts["rest"] = text_between(_end(last), _end(here), lines)
                texts["given"] = it[: len(it) - len(texts["rest"])]
        case ast.Attribute(value=value):
            add(object=value)
            texts["column"] = text_of(value, lines)
        case ast.Subscript(value=value, slice=index):
            add(object=value)
            texts["index"] = text_of(index, lines)
        case ast.BinOp(left=left, right=right):
            add(left=left, right=right)
        case ast.Compare(left=left, comparators=sides):
            if len(sides) == 1:
                add(left=left, right=sides[0])
            pairs = _pairs(node, lines)
            if pairs:
                texts["pairs"] = pairs
        case ast.BoolOp(op=operator, values=values):
            sign = " & " if isinstance(operator, ast.And) else " | "
            texts["joined"] = sign.join(_operand(each, lines) for each in values)
        case ast.UnaryOp(operand=operand):
            add(operand=operand)
        case (
            ast.AugAssign(target=ast.Name(id=name), value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            texts["name"] = name
            add(value=value)
        case ast.Return(value=value) | ast.Await(value=value) | ast.keyword(value=value):
            add(value=value)
        case _:
            pass
    tables = {
        each.value.id for each in ast.walk(node) if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
    }
    if len(tables) == 1:
        texts["persons"] = tables.pop()
    return texts


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def literal(value: object) -> str:
    """A string or number as a template writes it."""
    plain = isinstance(value, str) and not set('"\\\n') & set(value)
    return (f'"{value}"' if plain else repr(value)).replace("$", "$$")


def _operand(node: ast.AST, lines: tuple[str, ...]) -> str:
    text = text_of(node, lines)
    return text if isinstance(node, _WHOLE) else f"({text})"


def _pairs(node: ast.Compare, lines: tuple[str, ...]) -> str | None:
    """The comparisons that were meant by a chain, or by conditions that `&`, `|` or `~` tore apart."""
    written = ""
    begun = ""  # the left side of the comparison that is still open
    symbols = ["", *(ast.unparse(ast.Compare(ast.Name("x"), [op], [ast.Name("y")]))[2:-2] for op in node.ops)]
    sides = [node.left, *node.comparators]
    for at, (symbol, side) in enumerate(zip(symbols, sides, strict=True)):
        first, last = at == 0, at == len(sides) - 1
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr):
            if any(isinstance(part, ast.BinOp | ast.Compare | ast.BoolOp) for part in (side.left, side.right)):
                return None
            sign = "&" if isinstance(side.op, ast.BitAnd) else "|"
            before, after = text_of(side.left, lines), text_of(side.right, lines)
            written += f"{before} {sign} " if first else f"({begun} {symbol} {before}) {sign} "
            begun = after
            if last:
                written += after
        elif first and isinstance(side, ast.UnaryOp) and isinstance(side.op, ast.Invert):
            written, begun = "~", text_of(side.operand, lines)
        elif first:
            begun = text_of(side, lines)
        elif last:
            written += f"({begun} {symbol} {text_of(side, lines)})"
        elif isinstance(side, ast.Constant | ast.Name | ast.Attribute):
            begun_next = text_of(side, lines)
            written += f"({begun} {symbol} {begun_next}) & "
            begun = begun_next
        else:
            return None
    return written
