"""What people who know Python and pandas will type, and how FedQuery says it."""

from __future__ import annotations

from .values import ColumnValue, RowsValue, Value

METHODS: dict[str, str] = {
    **{name: f"{name}(patients.age)" for name in ("mean", "sum", "count")},
    "std": "variance(patients.age), and the square root of what it gives outside",
    "var": "variance(patients.age)",
    "median": "quantile(patients.age, 0.5, bins=[20, 40, 60, 80])",
    "quantile": "quantile(patients.age, 0.5, bins=[20, 40, 60, 80])",
    "max": "quantile(patients.age, 0.95, bins=[20, 40, 60, 80]); a maximum is one person's value",
    "min": "quantile(patients.age, 0.05, bins=[20, 40, 60, 80]); a minimum is one person's value",
    "groupby": "histogram(patients.sex), or one release a group with `where`",
    "value_counts": "histogram(patients.cp)",
    "hist": "histogram(patients.age, bins=[20, 40, 60, 80])",
    "describe": "one release a number: count, mean, variance, quantile",
    "query": "patients.where(condition)",
    "filter": "patients.where(condition)",
    "loc": "patients.where(condition)",
    "iloc": "rows cannot be reached one by one",
    "head": "rows cannot be shown",
    "apply": "sum(function, over=patients, clip=1.0)",
    "map": "sum(function, over=patients, clip=1.0)",
    "isna": "missing(patients.chol)",
    "isnull": "missing(patients.chol)",
    "fillna": "fill(patients.chol, 240)",
    "dropna": "patients.where(~missing(patients.chol))",
    "clip": "clip(patients.chol, 100, 400)",
    "append": "xs = append(xs, x)",
    "sample": "split(patients, 0.5)",
}
ROW_METHODS: dict[str, str] = {
    **{name: f"{name}_of(patients.visits.cost)" for name in ("mean", "sum", "max", "min")},
    **{name: f"{name}(patients.visits.cost)" for name in ("first", "last")},
    **dict.fromkeys(("count", "size", "len"), "count_of(patients.visits)"),
    **dict.fromkeys(("query", "filter", "loc"), "patients.visits.where(condition)"),
    **dict.fromkeys(("iloc", "head", "tail"), "first(patients.visits.cost), or last(patients.visits.cost)"),
    "any": "count_of(patients.visits.where(condition)) > 0",
    "all": "count_of(patients.visits.where(~condition)) == 0",
    "dropna": "nothing; folds leave missing values out",
    "sort_values": "nothing; rows are in the order that the catalogue declares",
    "groupby": "one fold a group: mean_of(patients.visits.where(condition).cost)",
}
"""The same for what hangs on a person, such as visits."""
DATE_METHODS: dict[str, str] = {
    **dict.fromkeys(("dt", "year"), "year_of(patients.birth)"),
    "days": "nothing; the difference of two dates is a number of days",
}
BUILTINS: dict[str, str] = {
    "len": "release(count(patients), epsilon=0.1); a list's length is known to you",
    "print": "put the name on the last line; results are shown",
    "abs": "max(x, -x)",
    "round": "nothing; results are rounded when they are shown",
    "range": "`range` stands in a `for` only",
    "sorted": "write the list in order",
    "average": "mean(x)",
    "avg": "mean(x)",
    "std": "variance(x)",
    "var": "variance(x)",
    "median": "quantile(x, 0.5, bins=[…])",
    "groupby": "histogram(x), or one release a group with `where`",
    "hist": "histogram(x, bins=[…])",
    "np": "the primitives; nothing can be imported",
    "pd": "the primitives; nothing can be imported",
    "torch": "the primitives; nothing can be imported",
    "None": "0, or leave it out",
    "map": "write a `for` loop with `append`",
    "filter": "patients.where(condition)",
    "zip": "loop over `range(n)` and index both lists",
    "enumerate": "loop over `range(n)` and index the list",
    "float": "write the number with a decimal point",
    "int": "use `x // 1`",
    "str": "text is made outside the query",
    "bool": "write a comparison",
    "list": "write the values in brackets: `[a, b]`",
    "set": "write the values in brackets: `[a, b]`",
    "dict": "plain names or a list",
    "any": "(x == a) | (x == b)",
    "all": "(x > a) & (x < b)",
    "pow": "x ** 2",
    "sqrt": "x ** 0.5, of a released value",
    "getattr": "name the column: patients.age",
    "isinstance": "nothing; every type is known before running",
    "type": "nothing; every type is known before running",
}


def method_instead(value: Value, name: str) -> str | None:
    """What to write instead of the method or attribute `name` of a value."""
    if isinstance(value, ColumnValue) and value.kind == "date" and name in DATE_METHODS:
        return DATE_METHODS[name]
    if isinstance(value, RowsValue) or (isinstance(value, ColumnValue) and value.rows is not None):
        return ROW_METHODS.get(name, METHODS.get(name))
    return METHODS.get(name)
