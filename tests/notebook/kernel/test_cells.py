from __future__ import annotations

import ast
import random

import pytest

from fedlab_kernel.editor import Position, diagnostics
from fedlab_kernel.notebook.kernel.cells import as_python, asked_about, query_of_cell, read

LINES = ["n = 1", "%fedlab budget", "!ls", "mean?", "?mean", "# how many?", "", "   ", "x = \"é😀\"", "%%fedquery -o a",
    "%%python", "%%time", "    y = (", "%run a \\", "\tz?"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"), (" \n\t\n", "empty"), ("\r\n", "empty"),
        ("n = 1", "query"), ("# how many?\nn = 1", "query"), ("mean", "query"), ("n = 1\n%fedlab budget", "query"),
        ("%matplotlib inline\nn = 1", "query"), ("mean?\nn = 1", "query"), ("%run a \\\n -b\nn = 1", "query"),
        ("x = 1  # sure?", "query"), ("exit", "query"), ("import os", "query"),
        ("%%fedquery", "fedquery"), ("\n  %%fedquery -o a\r\nn = 1", "fedquery"),
        ("%%python\n1 + 2", "python"), ("%%local", "python"), (" \n %%local \r\nx", "python"),
        ("%%time\nf()", "magic"), ("%%python3\n1", "magic"), ("%%python -x\n1", "magic"), ("%%fedqueryx\n1", "magic"),
        ("%fedlab", "ipython"), ("!ls", "ipython"), ("mean?", "ipython"), ("?mean", "ipython"), ("a.b??", "ipython"),
        ("%%fedquery?", "ipython"), ("%fedlab?", "ipython"), ("# only", "ipython"), ("%run a \\\n -b", "ipython"),
        ("%fedlab stop\n\n# over", "ipython"), ("m*?", "ipython"),
    ],
)  # fmt: skip
def test_what_a_cell_is(text: str, kind: str) -> None:
    """A cell is a query unless its first lines are for IPython and nothing follows them."""
    assert read(text).kind == kind
    assert (query_of_cell(text) is not None) == (kind in ("query", "fedquery"))


def test_places_of_a_query_are_those_of_the_cell(seed: int) -> None:
    """Whatever lines for IPython stand before a query, each of its characters keeps its line and its column."""
    chance = random.Random(seed)
    queries = 0
    for _ in range(2000):
        end = chance.choice(["\n", "\r\n"])
        lines = chance.choices(LINES, k=chance.randrange(1, 7))
        text = end.join(lines)
        query = query_of_cell(text)
        if query is None:
            continue
        queries += 1
        head = text[: read(text).rest].count("\n")
        assert [len(line) for line in query.split(end)] == [len(line) for line in lines]
        assert query.split(end)[head:] == lines[head:]
        assert not "".join(query.split(end)[:head]).strip()
    assert queries > 500


def test_the_line_of_a_magic_keeps_its_options() -> None:
    """Blank lines above `%%fedquery --cap 1` change neither its options nor the number of a later line."""
    text = "\n  %%fedquery --cap 1\r\nx = nothing"
    assert query_of_cell(text) == text
    assert as_python(text) == "get_ipython().kernel.ask_with('--cap 1', '\\nx = nothing')\n"
    found = diagnostics(query_of_cell("%fedlab budget\n\nimport os") or "", None, {}).findings
    assert [one.range.start for one in found] == [Position(2, 0)]


def test_a_query_runs_as_one_call_whatever_it_holds(seed: int) -> None:
    """Whatever a query holds, it becomes Python that asks exactly it, below the lines for IPython."""
    chance = random.Random(seed)
    for _ in range(200):
        query = "q = " + "".join(chance.choices("'\"\\{}$\t\x00é😀\n %?!\ud800", k=30))
        tree = ast.parse(as_python(query))
        call = tree.body[0].value  # type: ignore[attr-defined]
        assert ast.unparse(call.func) == "get_ipython().kernel.ask"
        assert ast.literal_eval(call.args[0]) == query
    assert as_python("!ls\nn = 1\n") == "!ls\nget_ipython().kernel.ask('   \\nn = 1\\n')\n"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("%%python\n1/0", "##python\n1/0"),
        ("mean?", "get_ipython().kernel.describe('mean', 0)"),
        ("??p.age", "get_ipython().kernel.describe('p.age', 1)"),
        ("%%time\nf()", "%%time\nf()"),
        ("%fedlab?", "%fedlab?"),
        ("m*?", "m*?"),
        ("", ""),
    ],
)
def test_cells_that_are_no_query(text: str, runs: str) -> None:
    """Python keeps its lines and columns, a word of a query is described by the kernel, all else is IPython's."""
    assert as_python(text) == runs


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("%%python\n1", True), ("!ls", True), ("%fedlab budget\n!ls\nn = 1", True), ("%%bash\nls", True),
        ("n = 1", False), ("%fedlab budget", False), ("mean?", False), ("%%fedquery\nn = 1", False),
        ("%%time\n%%fedquery\nn = 1", False), ("", False), ("n = 1\n!ls", False),
    ],
)  # fmt: skip
def test_which_cells_are_local(text: str, local: bool) -> None:
    """Python, commands and magics that may run them are local; what asks hospitals is not."""
    assert read(text).is_local == local


def test_where_a_query_is_typed() -> None:
    """Completion is the query's below lines for IPython and in an empty cell, and IPython's in those lines."""
    cell = read("%fedlab st\nn = 1")
    assert [cell.is_query_at(at) for at in (0, 10, 11, 16)] == [False, False, True, True]
    assert read("").is_query_at(0)
    assert not read("%fed").is_query_at(4)
    magic = read("\n%%fedquery -o a\nn")
    assert [magic.is_query_at(at) for at in (5, 16, 17)] == [False, False, True]
    assert asked_about("mean") is None
