from __future__ import annotations

import ast

import pytest

from fedlab_kernel.editor.layout import primary, statement_at, statements
from tests.language.test_corpus_shape import ACCEPTED, Program


@pytest.mark.parametrize("program", ACCEPTED, ids=lambda program: program.name)
def test_a_text_that_python_reads_has_pythons_statements(program: Program) -> None:
    """Where Python can read a text, every statement of its own begins one here, and on the same line."""
    text = program.text
    begins = {node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)}
    found = {text.count("\n", 0, one.start) + 1 for one in statements(text) if not one.is_empty}
    assert begins <= found
    assert {text.splitlines()[line - 1].strip() for line in found - begins} <= {"else:"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = f(\n  a,\n  b)\ny = 2", ["x = f(\n  a,\n  b)", "y = 2"]),
        ("x = f(a,\ny = 2", ["x = f(a,", "y = 2"]),
        ("x = f(a,\n  y = 2", ["x = f(a,\n  y = 2"]),
        ("def f(p):\n    x = (p\n    return x", ["def f(p):", "x = (p", "return x"]),
        ('t = """a\nb', ['t = """a\nb']),
        ('t = "a\nb = 1', ['t = "a', "b = 1"]),
        ("x = 1 + \\\n 2\ny", ["x = 1 + \\\n 2", "y"]),
        ("a)\r\nb", ["a)", "b"]),
        ("", [""]),
    ],
)
def test_unclosed_brackets_end_where_another_statement_begins(text: str, parts: list[str]) -> None:
    """Brackets join lines until a line begins another statement, no further in than this one."""
    assert [text[one.start : one.end] for one in statements(text)] == parts


def test_every_offset_belongs_to_a_statement() -> None:
    """An offset belongs to the statement on whose lines it stands, also in indentation and on empty lines."""
    text = "a = 1\n\n    b = 2\n"
    assert [statement_at(statements(text), offset) for offset in (0, 5, 6, 7, 9, 11, 17)] == [0, 0, 1, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("x = p", "p"),
        ("x = p.where(p.age > 3)", "p.where(p.age > 3)"),
        ("x = f(1)[2]", "f(1)[2]"),
        ("x = a.b.c", "a.b.c"),
        ("x = 1 + (a + b)", "(a + b)"),
        ('x = table("heart")', 'table("heart")'),
        ("x = not p", "p"),
        ("return (p)", "(p)"),
        ("x = )", ""),
        ("x = 1.", ""),
        ("x = +", ""),
    ],
)
def test_the_operand_before_a_place(text: str, operand: str) -> None:
    """Backwards from a place, an operand is a name or bracket with all calls, indices and dots that belong to it."""
    tokens = statements(text)[0].tokens
    first = primary(tokens, len(tokens) - 1)
    assert (text[tokens[first].start :] if first >= 0 else "") == operand
