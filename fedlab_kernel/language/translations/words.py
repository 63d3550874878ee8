"""The dictionary: one row a word, what FedQuery writes, and what else to know."""

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


def _sure(write: str, says: str = "", spare: int = 0) -> Translation:
    return Translation(write, True, says, spare=spare)


def _says(says: str) -> Translation:
    return Translation("", False, says)


_UNORDERED = _says("persons have no order, so there is nothing to sort, shift or rank")
_ROWS = _says("rows cannot be shown, and none leaves a hospital")
_NO_RANKS = _says("a rank compares a person with all others, so it is no sum over persons; compare means or quantiles")
_COX = Translation(
    "",
    says="for groups, `kaplan_meier(time, event, grid=[…])` and `log_rank(time, event, by=group, grid=[…])`; for "
    "covariates, discrete-time hazards: a `logistic` regression of the event in each interval of a public grid",
    code="FQ227",
)
_LOGISTIC = Translation("logistic(y, [x1, x2])")
_LINEAR = Translation("linear_regression(y, [x1, x2])")
_MAXIMUM = Translation("quantile($object, 0.95)", says="a maximum is one person's own value")
_MINIMUM = Translation("quantile($object, 0.05)", says="a minimum is one person's own value")

# Behind what hangs on a person, such as visits, or one of their columns: `patients.visits.cost.mean()`.
ROWS: dict[str, Translation] = {
    **{name: _sure(f"{name}_of($object)") for name in ("mean", "sum", "max", "min")},
    **{name: _sure(f"{name}($object)") for name in ("first", "last")},
    **dict.fromkeys(("count", "size", "len"), _sure("count_of($object)")),
    **dict.fromkeys(("query", "filter", "loc"), Translation("$object.where(condition)")),
    **dict.fromkeys(("iloc", "head", "tail"), _says("take `first(…)` or `last(…)` of one of their columns")),
    "any": Translation("count_of($object.where(condition)) > 0"),
    "all": Translation("count_of($object.where(~condition)) == 0"),
    "where": Translation("$object.where(condition)"),
    "dropna": _says("folds leave missing values out anyway"),
    "sort_values": _says("rows are in the order that the catalogue declares"),
    "groupby": _says("one fold a group: `mean_of(patients.visits.where(condition).cost)`"),
}
# Behind a column of dates.
DATES: dict[str, Translation] = {
    **dict.fromkeys(("dt", "year"), Translation("year_of($object)")),
    "days": _says("the difference of two dates is a number of days already"),
}

# Behind a column: `patients.age.mean()`.
COLUMN: dict[str, Translation] = {
    "mean": _sure("mean($column)"),
    "sum": _sure("sum($column)"),
    "count": _sure("count($column)"),
    "std": _sure("sd($column)"),
    "var": _sure("variance($column)"),
    "median": _sure("quantile($column, 0.5)"),
    "quantile": _sure("quantile($column, $arguments)"),
    "max": _MAXIMUM,
    "min": _MINIMUM,
    "value_counts": _sure("histogram($column)"),
    "unique": Translation("histogram($column)", says="the labels are in the catalogue: `%fedlab tables` lists them"),
    "nunique": _says("the labels are in the catalogue: `%fedlab tables` lists them"),
    "hist": _sure("histogram($column, bins=20)"),
    "isna": _sure("missing($column)"),
    "isnull": _sure("missing($column)"),
    "notna": _sure("~missing($column)"),
    "notnull": _sure("~missing($column)"),
    "fillna": _sure("fill($column, $first)"),
    "dropna": _sure("$object", "what is missing is left out anyway"),
    "clip": _sure("clip($column, $arguments)"),
    "between": _sure("($object >= $one) & ($object <= $two)"),
    "isin": Translation("($object == a) | ($object == b)"),
    "abs": _sure("abs($column)"),
    "round": _sure("$object", "numbers are rounded when they are shown", 1),
    "astype": _sure("$object", "conditions count as 0 and 1, and every kind is known", 1),
    "corr": _sure("correlation([$column, $first])"),
    "cov": _sure("covariance([$column, $first])"),
    "describe": Translation("describe($persons, [$column])"),
    "replace": Translation("recode($column, [old1, old2], [new1, new2], other)"),
    "pow": _sure("$object ** $one"),
    **{name: _sure(f"{name}($column)") for name in ("log", "exp", "sqrt")},
    "eq": _sure("$object == $one"),
    "ne": _sure("$object != $one"),
    "gt": _sure("$object > $one"),
    "ge": _sure("$object >= $one"),
    "lt": _sure("$object < $one"),
    "le": _sure("$object <= $one"),
    "apply": _says("compute with the whole column: `$object * 2`, `a if $object > 3 else b`"),
    "map": _says(
        "compute with the whole column, `$object * 2`, or `recode($column, [old1, old2], [new1, new2], other)`"
    ),
    "where": _says("choose inside one person with `a if condition else b`"),
    "groupby": Translation("mean($column, by=…)"),
    "plot": Translation("histogram($column, bins=20)", says="what was released draws itself"),
    "append": Translation("$object = append($column, $first)"),
    "rank": _NO_RANKS,
    **dict.fromkeys(("sort_values", "argsort", "shift", "diff", "cumsum", "rolling", "pct_change"), _UNORDERED),
    **dict.fromkeys(("values", "to_numpy", "tolist", "to_list", "item", "items", "head", "tail"), _ROWS),
    **dict.fromkeys(("idxmax", "idxmin", "nlargest", "nsmallest", "mode"), _ROWS),
}

# Behind a table: `patients.head()`.
TABLE: dict[str, Translation] = {
    "mean": Translation("mean($object.$number)"),
    "sum": Translation("sum($object.$number)"),
    "std": Translation("sd($object.$number)"),
    "var": Translation("variance($object.$number)"),
    "median": Translation("quantile($object.$number, 0.5)"),
    "quantile": Translation("quantile($object.$number, 0.5)"),
    "count": _sure("count($object)"),
    "size": Translation("count($object)"),
    "shape": Translation("count($object)", says="`%fedlab tables` lists the columns"),
    "groupby": Translation("mean($object.$number, by=$object.$category)"),
    "value_counts": Translation("histogram($object.$category)"),
    "hist": Translation("histogram($object.$number, bins=20)"),
    "plot": Translation("histogram($object.$number, bins=20)", says="what was released draws itself"),
    "describe": Translation("describe($object, [$object.$number])"),
    "corr": Translation("correlation([x, y])"),
    "cov": Translation("covariance([x, y])"),
    "pivot_table": Translation("crosstab(row, column)"),
    "query": Translation("$object.where(condition)"),
    "filter": Translation("$object.where(condition)"),
    "loc": Translation("$object.where(condition)"),
    "iloc": _says("rows cannot be reached one by one; choose persons with `$object.where(condition)`"),
    "apply": Translation("sum(function, over=$object, clip=1.0)", says="`function` sees one person"),
    "agg": _says("write one aggregate a line: `mean($object.$number)`"),
    "isna": Translation("missing_count($object.$number)"),
    "isnull": Translation("missing_count($object.$number)"),
    "fillna": Translation("fill($object.$number, value)"),
    "dropna": Translation("$object.where(~missing($object.$number))", says="what is missing is left out anyway"),
    "sample": Translation("split($object, 0.5)"),
    "assign": _says("give the new column a name on a line of its own: `x = $object.$number * 2`"),
    "merge": _says("a query combines columns of one table; hospitals join tables before they publish one"),
    "join": _says("a query combines columns of one table; hospitals join tables before they publish one"),
    "columns": _says("`%fedlab tables` lists the columns"),
    "dtypes": _says("`%fedlab tables` lists the columns"),
    "info": _says("`%fedlab tables` lists the columns"),
    "where": _says("call it: `$object.where(condition)`"),
    **dict.fromkeys(("sort_values", "sort_index", "shift", "diff", "cumsum", "rolling", "rank"), _UNORDERED),
    **dict.fromkeys(("head", "tail", "values", "index", "items", "iterrows", "itertuples", "to_numpy"), _ROWS),
    **dict.fromkeys(("to_csv", "to_excel", "to_parquet", "to_dict", "to_json"), _ROWS),
}

# What modules are called in a notebook; `np.mean(x)` is looked up under `mean`.
LIBRARIES = frozenset({
    "np", "numpy", "pd", "pandas", "scipy", "stats", "st", "sp", "sm", "smf", "smt", "statsmodels", "math",
    "statistics", "random", "lifelines", "sksurv", "sklearn", "pg", "pingouin", "sns", "seaborn", "plt", "matplotlib",
    "torch", "tf", "tensorflow", "keras", "jax", "jnp", "xgboost", "pl", "polars",
})  # fmt: skip

# Called by their own names, or behind a library's.
FUNCTIONS: dict[str, Translation] = {
    "len": Translation("count($first)", says="how long a list is, you know"),
    "print": _sure("$first", "a last line is shown"),
    "display": _sure("$first", "a last line is shown"),
    "round": _sure("$first", "numbers are rounded when they are shown", 1),
    "range": _says("`range` stands in a `for` only"),
    "arange": _says("write the numbers in brackets"),
    "linspace": _says("write the numbers in brackets, or only how many bins"),
    "sorted": _says("write the list in order"),
    "float": _sure("$first", "whole and decimal numbers combine"),
    "int": _sure("floor($first)"),
    "str": _says("text is made outside the query"),
    "format": _says("text is made outside the query"),
    "bool": _says("write a comparison"),
    "list": _says("write the values in brackets: `[a, b]`"),
    "array": _sure("$first"),
    "tuple": _says("write the values in brackets: `[a, b]`"),
    "set": _says("write the values in brackets: `[a, b]`"),
    "dict": _says("use plain names or a list"),
    "None": _says("leave it out, or use a number"),
    "map": _says("write a `for` loop with `append`"),
    "filter": Translation("patients.where(condition)"),
    "zip": _says("loop over `range(n)` and index both lists"),
    "enumerate": _says("loop over `range(n)` and index the list"),
    "any": Translation("(x == a) | (x == b)"),
    "all": Translation("(x > a) & (x < b)"),
    "pow": _sure("$one ** $two"),
    "power": _sure("$one ** $two"),
    "square": _sure("$one ** 2"),
    "getattr": Translation("patients.age"),
    "isinstance": _says("leave it out; every kind is known before running"),
    "type": _says("leave it out; every kind is known before running"),
    "read_csv": Translation('table("heart")', says="the tables are the hospitals'; `%fedlab tables` lists them"),
    "DataFrame": Translation('table("heart")', says="the tables are the hospitals'; `%fedlab tables` lists them"),
    # R
    "summary": Translation("describe(patients, [x, y])", says="`describe(patients)` takes all columns"),
    "nrow": _sure("count($first)"),
    "NROW": _sure("count($first)"),
    "ncol": _says("`%fedlab tables` lists the columns"),
    "names": _says("`%fedlab tables` lists the columns"),
    "colnames": _says("`%fedlab tables` lists the columns"),
    "head": _ROWS,
    "tail": _ROWS,
    "View": _ROWS,
    "seq": _says("write the numbers in brackets, or only how many bins"),
    "factor": _says("leave it out: the catalogue declares which columns hold categories; `binned` makes more"),
    "subset": Translation("patients.where(condition)"),
    "mutate": _says("give the new column a name on a line of its own: `x = patients.age * 2`"),
    "select": _says("name a column with a dot: `patients.age`"),
    **dict.fromkeys(("group_by", "tapply", "aggregate"), Translation("mean(x, by=group)")),
    "summarise": _says("write one aggregate a line: `mean(patients.age)`"),
    "summarize": _says("write one aggregate a line: `mean(patients.age)`"),
    **dict.fromkeys(("xtabs", "crosstable"), Translation("crosstab(a, b)")),
    "IQR": Translation("quantile(x, 0.75)", says="take `quantile(x, 0.25)` from it once both are released"),
    "case_when": Translation("a if condition else b"),
    "value_counts": Translation("histogram($first)"),
    # Numbers
    "average": _sure("mean($arguments)"),
    "avg": _sure("mean($arguments)"),
    "nanmean": _sure("mean($arguments)"),
    "nansum": _sure("sum($arguments)"),
    "std": _sure("sd($arguments)"),
    "stdev": _sure("sd($arguments)"),
    "nanstd": _sure("sd($arguments)"),
    "var": _sure("variance($arguments)"),
    "median": _sure("quantile($first, 0.5)"),
    "nanmedian": _sure("quantile($first, 0.5)"),
    "percentile": Translation("quantile($first, 0.5)", says="the share is between 0 and 1"),
    "maximum": _sure("max($arguments)"),
    "minimum": _sure("min($arguments)"),
    **dict.fromkeys(("if_else", "iif"), _sure("$two if $one else $three")),
    "ifelse": _sure("$two if $one else $three"),
    "where": _sure("$two if $one else $three"),
    "isnan": _sure("missing($first)"),
    "isna": _sure("missing($first)"),
    "isnull": _sure("missing($first)"),
    "ln": _sure("log($first)"),
    "absolute": _sure("abs($first)"),
    "fabs": _sure("abs($first)"),
    "expit": _sure("sigmoid($first)"),
    "dot": _sure("$one @ $two"),
    "concatenate": Translation("concat(u, v)"),
    "corrcoef": _sure("correlation([$first, $second])"),
    "cor": _sure("correlation([$first, $second])"),
    "cov": _sure("covariance([$first, $second])"),
    "hist": _sure("histogram($first, bins=20)"),
    "histplot": _sure("histogram($first, bins=20)"),
    "unique": Translation("histogram($first)", says="the labels are in the catalogue: `%fedlab tables` lists them"),
    "cut": _sure("binned($first, $second)"),
    "digitize": _sure("binned($first, $second)"),
    "qcut": Translation("binned($first, [20, 40, 60, 80])", says="the edges are public"),
    "get_dummies": _sure("onehot($first)"),
    "bs": _sure("spline($first, $second)"),
    "ceil": _sure("-floor(-$one)"),
    "log2": _sure("log($first) / log(2)"),
    "log10": _sure("log($first) / log(10)"),
    "log1p": _sure("log(1 + $one)"),
    "expm1": _sure("exp($first) - 1"),
    "tanh": _sure("2 * sigmoid(2 * $one) - 1"),
    "groupby": Translation("mean(x, by=group)"),
    "CreateTableOne": Translation("describe(patients, [x, y], by=group)"),
    "tableone": Translation("describe(patients, [x, y], by=group)"),
    "TableOne": Translation("describe(patients, [x, y], by=group)"),
    # Tests
    # R writes a dot in the names of its tests: `t.test`, of which the first part is looked up.
    "t": Translation("t_test(x, by=group)"),
    "chisq": Translation("chi_square(a, b)"),
    "fisher": Translation("chi_square(a, b)", says="it approximates Fisher's exact test"),
    "prop": Translation("two_proportions(condition, by=group)"),
    "ttest_ind": Translation("t_test(x, by=group)"),
    "ttest": Translation("t_test(x, by=group)"),
    "chi2_contingency": Translation("chi_square(a, b)"),
    "chisquare": Translation("chi_square(a, b)"),
    "chisq_test": Translation("chi_square(a, b)"),
    "fisher_exact": Translation("chi_square(a, b)", says="it approximates Fisher's exact test"),
    "f_oneway": Translation("anova(x, by=group)"),
    "aov": Translation("anova(x, by=group)"),
    "pearsonr": _sure("correlation_test($first, $second)"),
    "cor_test": _sure("correlation_test($first, $second)"),
    "proportion_confint": Translation("proportion(condition)"),
    "proportions_ztest": Translation("two_proportions(condition, by=group)"),
    "prop_test": Translation("two_proportions(condition, by=group)"),
    **dict.fromkeys(("spearmanr", "kendalltau", "mannwhitneyu", "wilcoxon", "wilcox", "kruskal"), _NO_RANKS),
    "ranksums": _NO_RANKS,
    # Regression
    **dict.fromkeys(("OLS", "ols", "lm", "LinearRegression", "linregress"), _LINEAR),
    **dict.fromkeys(("Ridge", "Lasso"), Translation("linear_regression(y, [x1, x2], ridge=1.0)")),
    **dict.fromkeys(("glm", "GLM", "logit", "Logit", "LogisticRegression", "logistic_regression"), _LOGISTIC),
    # Survival
    **dict.fromkeys(("KaplanMeierFitter", "survfit"), Translation("kaplan_meier(time, event, grid=[…])")),
    "pyears": Translation("incidence_rate(event, time)"),
    "NelsonAalenFitter": Translation("nelson_aalen(time, event, grid=[…])"),
    "logrank_test": Translation("log_rank(time, event, by=group, grid=[…])"),
    "Surv": _says("give time and event to `kaplan_meier(time, event, grid=[…])`"),
    "survdiff": Translation("log_rank(time, event, by=group, grid=[…])"),
    **dict.fromkeys(
        ("cox", "coxph", "Cox", "CoxPH", "CoxPHFitter", "CoxTimeVaryingFitter", "CoxPHSurvivalAnalysis",
         "phreg", "PHReg"), _COX,
    ),
}  # fmt: skip
