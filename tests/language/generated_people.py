"""Hypothesis strategies for aggregates of the table of `primitives/people.py`, visits and dates included."""

from __future__ import annotations

from hypothesis import strategies as st

EDGES = ("[-1, 0, 1]", "[-5, 0.5, 1e15]", "[0, 5e-324, 1]", str([*range(-100, 101, 2)]))
DAY = '"1990-01-01"'

_some = st.sampled_from


@st.composite
def rows(draw: st.DrawFn, p: str, depth: int = 2) -> str:
    """A number a visit."""
    visits = f"{p}.visits"
    chosen = _some([f"{visits}.seen", f"{visits}.x > {p}.a", f"~({visits}.c / 0 == 0)", f'{visits}.ward == "b"'])
    if draw(st.booleans()):
        visits = f"{visits}.where({draw(chosen)})"
    x = draw(rows(p, depth - 1)) if depth else f"{p}.visits.x"
    return draw(
        _some(
            [
                f"{visits}.x", f"{visits}.c", f"{visits}.seen", f"({p}.visits.x * {p}.a)", f"({x} / {p}.visits.c)",
                f"exp({x})", f"fill({x}, -2)", f"min({x}, {p}.n)", f"(1 if {p}.visits.seen else {x})",
                f"({p}.visits.date - {p}.day)", f'recode({p}.visits.ward, ["a"], [1e300], -7)', f"missing({x})",
                f"year_of({p}.visits.date)", f"age_at({p}.day, {p}.visits.date)", f"scale({x}, 0, 1e-300)",
            ]
        )
    )  # fmt: skip


@st.composite
def numbers(draw: st.DrawFn, p: str, depth: int = 2) -> str:
    """A number a person."""
    if not depth or draw(st.integers(0, 3)) == 0:
        return f"{p}.{draw(_some(['a', 'b', 'k', 'n', 'wide', 'flag']))}"
    x, y = numbers(p, depth - 1), numbers(p, depth - 1)
    folds = _some(["sum_of", "mean_of", "min_of", "max_of", "first", "last", "count_of"])
    return draw(
        st.one_of(
            st.builds("({} {} {})".format, x, _some(["+", "-", "*", "/", "//", "%"]), y),
            st.builds("{}({})".format, _some(["exp", "log", "sqrt", "abs", "floor", "relu", "sigmoid", "-"]), x),
            st.builds("({} if {} else {})".format, x, conditions(p, depth - 1), y),
            st.builds("fill({}, {})".format, x, _some(["-1e300", "0", "3.5"])),
            st.builds("{}({}, {})".format, _some(["min", "max"]), x, y),
            st.builds("clip({}, -1, 5e-324)".format, x),
            st.builds("({}) ** 16".format, x),
            st.builds("{}({}, 3)[{}]".format, st.just("powers"), x, _some(["0", "-1"])),
            st.builds("spline({}, [-1, 0, 1e15], {})[0]".format, x, _some(["1", "3"])),
            st.builds("vector({}, {})[1]".format, x, y),
            st.builds('recode({}.hue, ["red", "blue"], [{}, 2], -9)'.format, st.just(p), _some(["1", "1e308"])),
            st.builds("{}({})".format, folds, rows(p)),
            st.builds("{}({}, {}.visits.where({}.visits.seen))".format, folds, rows(p, 0), st.just(p), st.just(p)),
            st.just(f"years_between({p}.day, last({p}.visits.date))"),
            st.just(f"year_of({p}.day)"),
            st.just(f"count_of({p}.visits)"),
        )
    )


@st.composite
def conditions(draw: st.DrawFn, p: str, depth: int = 2) -> str:
    """A condition on a person."""
    if not depth or draw(st.integers(0, 3)) == 0:
        return draw(_some([f"{p}.flag", f'({p}.hue == "red")', f"missing({p}.a)", f"({p}.day >= {DAY})"]))
    x, y = numbers(p, depth - 1), conditions(p, depth - 1)
    return draw(
        st.one_of(
            st.builds("({} {} {})".format, x, _some(["<", "<=", ">=", "==", "!="]), _some(["0", "1.5", f"{p}.a"])),
            st.builds("({} {} {})".format, y, _some(["&", "|"]), y),
            st.builds("~{}".format, y),
            st.builds("missing({})".format, x),
        )
    )


@st.composite
def keys(draw: st.DrawFn, p: str) -> str:
    """A column with few values."""
    x = draw(numbers(p, 1))
    return draw(
        _some(
            [
                f"{p}.hue", f"{p}.flag", f"{p}.k", f"binned({x}, [-1, 0, 2.5])", f"binned({p}.n, [7, 8])",
                f'recode({p}.hue, ["red", "blue"], ["warm", "cold"])', f'recode({p}.k, [1, 2], ["one", "two"], "more")',
                f'("x" if {draw(conditions(p, 1))} else {p}.hue)', f"last({p}.visits.ward)", draw(conditions(p, 1)),
                f"clip({p}.n, 3, 6)", f"max_of({p}.visits.c)", f"count_of({p}.visits)",
            ]
        )
    )  # fmt: skip


@st.composite
def aggregates(draw: st.DrawFn, p: str) -> str:
    """An aggregate of any kind, with groups where it takes any."""
    x, y = (
        f"clip({draw(numbers(p))}, {lo}, {hi})"
        for lo, hi in draw(_some([((-1, 1), (0, 5)), ((0, 5e-324), (-9, 1e15))]))
    )
    event, key, other = draw(conditions(p)), draw(keys(p)), draw(keys(p))
    edges, clip = draw(_some(EDGES)), draw(_some(["clip=2.0", "clip_l1=0.5", "clip=1e-12", "clip=1e12"]))
    by = draw(_some(["", "", f", by={key}", f", by=[{key}, {other}]"]))
    several = f"[{x}, {y}, {p}.wide, {event}]"
    return draw(
        _some(
            [
                f"count({p}{by})", f"count({x}, over={p}{by})", f"mean({x}{by})", f"variance({x}{by})", f"sd({x}{by})",
                f"sum({x}{by})", f"sum(vector({x}, {y}), {clip}{by})", f"sum(vector({y}), over={p}, {clip}{by})",
                f"sum(concat(powers({y}, 3), spline({x}, [-1, 0.5, 3])), {clip}{by})",
                f"sum(onehot({key}), clip_l1=1{by})", f"histogram({y}, bins={edges}{by})", f"histogram({key}{by})",
                f"quantile({y}, 0.5, bins={edges}{by})", f"crosstab({key}, {other})", f"proportion({event}{by})",
                f"missing_count({x}{by})", f"describe({p}, [{x}, {key}, {event}]{by})", f"describe({p}{by})",
                f"describe({p}, {several[:-1]}, {', '.join([key, x] * 12)}])",
                f"kaplan_meier({y}, {event}, grid=[0, 1, 1e10]{by})",
                f"nelson_aalen({y}, {event}, grid=[-1, 0, 1]{by})",
                f"incidence_rate({event}, {p}.n{by})", f"covariance({several})", f"correlation({several})",
                f"linear_regression({y}, [{x}, {key}, {event}])", f"linear_regression({x}, [{y}], ridge=1e9)",
                f"logistic({event}, [{x}, {y}], start=[16, -1e300, 1e300])", f"logistic({event}, [{x}, {key}])",
                f"chi_square({key}, {other})", f"t_test({x}, by={event})", f"anova({y}, by={key})",
                f"two_proportions({event}, by={p}.flag)", f"correlation_test({x}, {y})",
                f"log_rank({y}, {event}, by={key}, grid=[0, 1, 10])",
            ]
        )
    )  # fmt: skip


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Lines that make a table `q` of the table `p`, and an aggregate of it, as `people.asked` takes them."""
    q = draw(_some(["q = p", f"q = p.where({draw(conditions('p'))})", "q, rest = split(p, 0.5)"]))
    return f"{q}\n{draw(aggregates('q'))}"
