"""Hypothesis strategies for query texts: well-typed programs, and syntactically valid ones of every kind."""

from __future__ import annotations

from hypothesis import strategies as st

NUMBERS = ("age", "trestbps", "chol", "thalach", "oldpeak", "ca")
CONDITIONS = ("fbs", "exang", "disease")
LABELS = {"sex": ("female", "male"), "slope": ("up", "flat", "down")}
EDGES = ("[20, 40, 60, 80]", "[0, 0.5, 100]", str([*range(0, 280, 4)]))
PRICES = ("0.1", "0.25", "1", "1e-2", "0.1 + 0.2")

_some = st.sampled_from


# Well-typed programs -------------------------------------------------------------------------------


@st.composite
def conditions(draw: st.DrawFn, person: str, depth: int = 2) -> str:
    """A condition on a person."""
    kind = draw(st.integers(0, 6 if depth else 2))
    if kind == 0:
        comparison, side = draw(_some(["<", "<=", ">", ">=", "==", "!="])), draw(_some(["60", "1.5", "n"]))
        return f"({draw(columns(person, 0))} {comparison} {side})"
    if kind == 1:
        name = draw(_some(sorted(LABELS)))
        return f'({person}.{name} {draw(_some(["==", "!="]))} "{draw(_some(LABELS[name]))}")'
    if kind == 2:
        return f"{person}.{draw(_some(CONDITIONS))}"
    if kind == 3:
        return f"~{draw(conditions(person, depth - 1))}"
    if kind == 4:
        return f"missing({person}.chol)"
    return f"({draw(conditions(person, depth - 1))} {'&' if kind == 5 else '|'} {draw(conditions(person, depth - 1))})"


@st.composite
def columns(draw: st.DrawFn, person: str, depth: int = 2) -> str:
    """A number a person."""
    kind = draw(st.integers(0, 12)) if depth else 0
    inner = columns(person, depth - 1)
    if kind <= 1:
        return f"{person}.{draw(_some(NUMBERS))}"
    if kind == 2:
        return f"clip({draw(inner)}, {draw(_some(['0', '-1.5', '20']))}, {draw(_some(['100', '250.5']))})"
    if kind == 3:
        return f"scale({draw(inner)}, 0, 200)"
    if kind == 4:
        return f"fill({draw(inner)}, {draw(_some(['3', '-0.0', '7.25']))})"
    if kind == 5:
        return f"({draw(inner)} if {draw(conditions(person, 1))} else {draw(_some(['0', '-1']))})"
    if kind == 6:
        return f"{draw(_some(['max', 'min']))}({draw(inner)}, {draw(inner)}, 12)"
    if kind == 7:
        return f"-({draw(inner)})"
    if kind == 8:
        return f"vector({draw(inner)}, 2, {draw(inner)})[{draw(_some(['0', '1', '-1']))}]"
    if kind == 9:
        return f"{draw(_some(['log', 'exp', 'sqrt', 'sigmoid', 'relu', 'abs', 'floor']))}({draw(inner)})"
    if kind == 10:
        first = draw(_some(["1", "1.5", "n"]))
        return f'recode({person}.slope, ["up", "flat"], [{first}, 2], -1)'
    operator, other = draw(_some(["+", "-", "*", "/", "//", "%"])), st.one_of(inner, _some(["3", "-2", "0.5", "n"]))
    return f"({draw(inner)} {operator} {draw(other)})"


@st.composite
def categories(draw: st.DrawFn, person: str) -> str:
    """A category a person."""
    return draw(
        _some(
            [
                f"{person}.slope",
                f"binned({draw(columns(person, 0))}, [0, 50, 99.5])",
                f'binned({person}.age, [-1, n], ["old"])',
                f'recode({person}.ca, [0, 1], ["none", "one"], "more")',
                f'recode({person}.sex, ["male"], ["m"])',
                f'("old" if {draw(conditions(person, 1))} else "young")',
                f'({person}.slope if {draw(conditions(person, 1))} else "young")',
            ]
        )
    )


@st.composite
def vectors(draw: st.DrawFn, person: str) -> str:
    """A vector a person."""
    a, b = draw(columns(person, 1)), draw(columns(person, 1))
    return draw(
        _some(
            [
                f"vector({a}, {b})",
                f"concat(vector({a}), onehot({person}.sex, 2))",
                f"flatten(outer(vector({a}, {b}), vector({b}, 1)))",
                f"onehot(nearest(vector({a}, {b}), [[0, 1.5], [2, 3], [4.0, -5]]), 3)",
                f"vector({a}, {b}) * [2, 0.5]",
                f"softmax(vector({a}, {b}))",
                f"powers({a}, 3)",
                f"spline({a}, [0, 20.5, 60], {draw(_some(['1', '3']))})",
                f"onehot({person}.fbs)",
            ]
        )
    )


@st.composite
def aggregates(draw: st.DrawFn, table: str) -> str:
    """A sum over persons."""
    column = f"clip({draw(columns(table))}, 0, {draw(_some(['100', '99.5']))})"
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return f"count({table})"
    if kind == 1:
        return f"count({draw(columns(table, 1))}, over={table})"
    if kind == 2:
        return f"histogram({column}, bins={draw(_some(EDGES))})"
    if kind == 3:
        return f"histogram({draw(categories(table))})"
    if kind == 4:
        return f"crosstab({draw(categories(table))}, {draw(conditions(table, 1))})"
    if kind == 5:
        return f"quantile({column}, 0.5, bins={draw(_some(EDGES))})"
    if kind == 6:
        return f"sum({draw(vectors(table))}, over={table}, {draw(_some(['clip', 'clip_l1']))}=2.0)"
    if kind == 7:
        return f"sum(per_person, {draw(_some(['1', '[0.5, 2]', 'n']))}, over={table}, clip=1.0)"
    return f"{draw(_some(['mean', 'variance', 'sum']))}({column})"


@st.composite
def programs(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The lines of an accepted program: those that make tables, and releases that do not depend on each other."""
    lines = ['patients = table("heart")', "n = release(count(patients), epsilon=0.5)"]
    lines += ["def per_person(p, w):", f"    x = {draw(vectors('p'))}"]
    lines += ["    for step in range(2):", f"        x = concat(x, {draw(vectors('p'))})", "    return x"]
    tables = ["patients"]
    for number in range(draw(st.integers(0, 4))):
        parent = draw(_some(tables))
        if draw(st.booleans()):
            lines.append(f"t{number} = {parent}.where({draw(conditions(parent))})")
            tables.append(f"t{number}")
        else:
            lines.append(f"a{number}, b{number} = split({parent}, 0.{number + 1})")
            tables += [f"a{number}", f"b{number}"]
    releases = [
        f"r{number} = release({draw(aggregates(draw(_some(tables))))}, epsilon={draw(_some(PRICES))})"
        for number in range(draw(st.integers(1, 5)))
    ]
    return lines, releases


# Valid Python of every kind ------------------------------------------------------------------------

_NAMES = _some(
    [
        "x",
        "y",
        "patients",
        "p",
        "f",
        "table",
        "count",
        "mean",
        "release",
        "range",
        "_",
        "__class__",
        "numpy",
        "age",
        "max",
    ]
)
_ATOMS = st.one_of(
    _NAMES,
    _some(
        [
            "0",
            "1",
            "-1",
            "2.5",
            "1e300",
            "9223372036854775807",
            "True",
            "None",
            "...",
            '"heart"',
            '"é"',
            "'age'",
            "[]",
            "()",
        ]
    ),
    _some(["patients.age", "patients.sex", "patients.fbs", "count(patients)", 'table("heart")', "n", "h"]),
    _some(["people.visits", "people.visits.cost", "people.labs.test", "people.entry", '"2015-01-01"', "people"]),
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair, triple = st.tuples(inner, inner), st.tuples(inner, inner, inner)
    operators = ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", "<", "==", "in", "is", "and", "or"]
    attributes = ["age", "sex", "where", "mean", "visits", "cost", "birth", "__dict__", "counts", "edges", "fields"]
    calls = [
        "count",
        "mean",
        "sum",
        "release",
        "histogram",
        "clip",
        "max",
        "f",
        "len",
        "vector",
        "concat",
        "outer",
        "append",
    ]
    calls += [
        "nearest",
        "onehot",
        "quantile",
        "split",
        "scale",
        "fill",
        "missing",
        "flatten",
        "crosstab",
        "log",
        "softmax",
        "powers",
        "spline",
        "binned",
        "recode",
        "part",
        "column",
        "rows",
        "count_of",
        "mean_of",
        "first",
        "max_of",
        "year_of",
        "age_at",
        "years_between",
    ]
    return st.one_of(
        st.builds(lambda ab, op: f"({ab[0]} {op} {ab[1]})", pair, _some(operators)),
        st.builds(lambda a, op: f"({op}{a})", inner, _some(["-", "~", "not ", "+", "await "])),
        st.builds(lambda a, name: f"({a}).{name}", inner, _some(attributes)),
        st.builds(lambda a, name: f"({a}).{name}()", inner, _some(attributes)),
        st.builds(lambda ab: f"({ab[0]})[{ab[1]}]", pair),
        st.builds(lambda name, args: f"{name}({', '.join(args)})", _some(calls), st.lists(inner, max_size=3)),
        st.builds(
            lambda name, a, key, b: f"{name}({a}, {key}={b})",
            _some(calls),
            inner,
            _some(["epsilon", "within", "bins", "over", "clip", "hi"]),
            inner,
        ),
        st.builds(lambda abc: f"({abc[0]} if {abc[1]} else {abc[2]})", triple),
        st.builds(lambda abc: f"({abc[0]} < {abc[1]} <= {abc[2]})", triple),
        st.builds(lambda args: f"[{', '.join(args)}]", st.lists(inner, max_size=4)),
        st.builds(lambda ab: f"({ab[0]}, {ab[1]})", pair),
        st.builds(lambda ab: f"[{ab[0]} for x in {ab[1]}]", pair),
        st.builds(lambda ab: f"{{{ab[0]}: {ab[1]}}}", pair),
        st.builds(lambda a: f"(lambda x: {a})", inner),
        st.builds(lambda ab: f"({ab[0]})[{ab[1]}:]", pair),
        st.builds(lambda a: f"(y := {a})", inner),
    )


EXPRESSIONS = st.recursive(_ATOMS, _grow, max_leaves=8)
_TARGETS = _some(["x", "y", "n", "h", "patients", "a, b", "x.y", "x[0]", "release", "_x", "a = b", "a, b, c"])


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines] or ["    x = 1"]


def _blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    heads = [
        "if {e}:", "for x in {e}:", "for a, b in {e}:", "while {e}:", "def f(p):", "def f(p, q=1):", "class C:",
        "with {e} as x:",
        "def x(p, p):", "async def f():", "@f\ndef f(p):", "for x in range(3):", "for x in range({e}):", "if n > 3:",
    ]  # fmt: skip
    block = st.builds(
        lambda head, e, body: [*head.format(e=e).split("\n"), *_indented(body)], _some(heads), EXPRESSIONS, inner
    )
    both = st.builds(lambda e, a, b: [f"if {e}:", *_indented(a), "else:", *_indented(b)], EXPRESSIONS, inner, inner)
    return st.one_of(block, both, st.builds(lambda a, b: [*a, *b], inner, inner))


_LINES = st.one_of(
    st.builds(lambda target, e: [f"{target} = {e}"], _TARGETS, EXPRESSIONS),
    st.builds(lambda e: [f"n = release(count(patients), epsilon={e})"], EXPRESSIONS),
    st.builds(lambda e: [f"x = release({e}, epsilon=0.1)"], EXPRESSIONS),
    st.builds(lambda e: [f"return {e}"], EXPRESSIONS),
    st.builds(lambda e: [e], EXPRESSIONS),
    st.builds(lambda e: [f"x += {e}"], EXPRESSIONS),
    _some(
        [
            ["import os"],
            ["pass"],
            ["del x"],
            ["global x"],
            ["return"],
            ["break"],
            ["# é"],
            ['patients = table("heart")'],
        ]
    ),
    _some([["h = release(histogram(patients.sex), epsilon=1)"], ["n = release(count(patients), epsilon=1)"]]),
)
STATEMENTS = st.recursive(_LINES, _blocks, max_leaves=8)
