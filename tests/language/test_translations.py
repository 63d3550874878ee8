"""What people know from elsewhere is refused where it stands, with what FedQuery writes instead."""

from __future__ import annotations

import re

import pytest

from fedlab_kernel.errors import Diagnostic
from fedlab_kernel.language import check
from fedlab_kernel.language.check import RESERVED
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.translations import COLUMN, FUNCTIONS, LIBRARIES, MODEL, TABLE, Translation, of_argument

from .heart import CATALOGUE
from .test_mending import applied

ROWS: list[tuple[str, Translation]] = [*COLUMN.items(), *TABLE.items(), *FUNCTIONS.items(), *MODEL.items()]
# What a translation may call besides primitives: a function of the researcher's own.
OWN = {"function"}

# One line as people type it, and what its one edit makes of it.
TYPED = [
    ("adults = df[df.age > 3]", "adults = df.where(df.age > 3)"),
    ('m = df["age"]', "m = df.age"),
    ('m = df.groupby("sex").age.mean()', "m = mean(df.age, by=df.sex)"),
    ('m = df.groupby("sex")["age"].median()', "m = quantile(df.age, 0.5, by=df.sex)"),
    ('m = df.groupby(["sex", "cp"]).age.std()', "m = sd(df.age, by=[df.sex, df.cp])"),
    ('n = df.groupby("sex").size()', "n = count(df, by=df.sex)"),
    ('d = df.groupby("sex").age.describe()', "d = describe(df, [df.age], by=df.sex)"),
    ("n = len(df)", "n = count(df)"),
    ("n = df.shape[0]", "n = count(df)"),
    ("m = df.age.mean()", "m = mean(df.age)"),
    ("m = df.age.mean", "m = mean(df.age)"),
    ("m = (df.age / 2).mean()", "m = mean(df.age / 2)"),
    ("m = df.age.median()", "m = quantile(df.age, 0.5)"),
    ("m = df.age.std()", "m = sd(df.age)"),
    ("m = df.age.var()", "m = variance(df.age)"),
    ("h = df.cp.value_counts()", "h = histogram(df.cp)"),
    ("h = df.age.value_counts()", "h = histogram(df.age, bins=20)"),
    ("x = df.age.round(1)", "x = df.age"),
    ('x = df.fbs.astype("int")', "x = df.fbs"),
    ("x = df.chol.fillna(240)", "x = fill(df.chol, 240)"),
    ("x = df.age.clip(20, 80)", "x = clip(df.age, 20, 80)"),
    ("t = df.where(df.age.between(18, 65))", "t = df.where((df.age >= 18) & (df.age <= 65))"),
    ("t = df.where(~df.age.between(18, 65))", "t = df.where(~((df.age >= 18) & (df.age <= 65)))"),
    ("t = df.where(df.fbs & df.chol.notna())", "t = df.where(df.fbs & (~missing(df.chol)))"),
    ('t = df.where(df.sex.isin(["male"]))', 't = df.where(df.sex == "male")'),
    (
        't = df.where(~df.cp.isin(["non-anginal", "asymptomatic"]))',
        't = df.where(~((df.cp == "non-anginal") | (df.cp == "asymptomatic")))',
    ),
    ('t = df.where(df.cp in ["non-anginal"])', 't = df.where(df.cp == "non-anginal")'),
    ("t = df.query('age > 3 and sex == \"male\"')", "t = df.where((df.age > 3) & (df.sex == 'male'))"),
    ('t = df.where("age > 60")', "t = df.where(df.age > 60)"),
    ("t = df.loc[df.age > 60]", "t = df.where(df.age > 60)"),
    ("t = df.where(!df.disease)", "t = df.where(~df.disease)"),
    ("t = df.where(df.fbs && df.exang)", "t = df.where(df.fbs & df.exang)"),
    ('t = df.where(df.age == "60")', "t = df.where(df.age == 60)"),
    ("t = df.where(not df.disease)", "t = df.where(~df.disease)"),
    ("t = df.where(not df.age > 60)", "t = df.where(~(df.age > 60))"),
    ("c = pd.crosstab(df.sex, df.disease)", "c = crosstab(df.sex, df.disease)"),
    ("m = np.mean(df.age)", "m = mean(df.age)"),
    ("x = np.log(df.age)", "x = log(df.age)"),
    ("x = np.square(df.age + 1) * 2", "x = ((df.age + 1) ** 2) * 2"),
    ("x = np.where(df.age > 60, 1, 0)", "x = 1 if (df.age > 60) else 0"),
    ("r = df.age.corr(df.chol)", "r = correlation([df.age, df.chol])"),
    ("r = np.corrcoef(df.age, df.chol)", "r = correlation([df.age, df.chol])"),
    ("r = scipy.stats.pearsonr(df.age, df.chol)", "r = correlation_test(df.age, df.chol)"),
    ("print(df)", "df"),
    ("a = roc_auc_score(df.disease, df.age)", "a = auc(df.age, df.disease)"),
    ("c = sklearn.metrics.roc_curve(df.disease, df.age)", "c = roc(df.age, df.disease)"),
]
# One line as people type it, and what its fix says; nobody but a person can carry that out.
SAID = [
    ("t = confusion_matrix(df.disease, df.exang)", "crosstab(predicted(model, on="),
    ("m = df.groupby('sex').mean()", "mean(df.age, by=df.sex)"),
    ("n = df.shape", "count(df)"),
    ("m = df.age.std(ddof=1)", "sd(df.age)"),
    ("d = df.describe()", "describe(df, [df.age])"),
    ("q = df.age.max()", "quantile(df.age, 0.95)"),
    ("x = np.percentile(df.age, 95)", "quantile(df.age, 0.5)"),
    ("t = stats.ttest_ind(df.age, df.chol)", "t_test(x, by=group)"),
    ("t = t.test(df.age, df.sex)", "t_test(x, by=group)"),
    ("t = chisq.test(df.sex, df.cp)", "chi_square(a, b)"),
    ("t = wilcox.test(df.age, df.sex)", "compare means or quantiles"),
    ("t = t_test(df.age, df.disease)", "what follows `x` is written with its name"),
    ("x = df.age ^ 2", "write `**` for a power"),
    ("n = df.age == None", "`missing(x)`"),
    ("t = chi2_contingency(df.sex, df.cp)", "chi_square(a, b)"),
    ("t = f_oneway(df.age, df.chol)", "anova(x, by=group)"),
    ("t = proportions_ztest([1, 2], [3, 4])", "two_proportions(condition, by=group)"),
    ("f = OLS(df.age, df.chol)", "linear_regression(y, [x1, x2])"),
    ('f = smf.ols("chol ~ age + trestbps", data=df).fit()', "linear_regression(df.chol, [df.age, df.trestbps])"),
    ('f = glm("disease ~ age", df)', "logistic(df.disease, [df.age])"),
    ("f = Ridge()", "linear_regression(y, [x1, x2], ridge=1.0)"),
    ("f = KaplanMeierFitter()", "kaplan_meier(time, event, grid=[…])"),
    ("f = NelsonAalenFitter()", "nelson_aalen(time, event, grid=[…])"),
    ("f = lifelines.statistics.logrank_test(df.age, df.fbs)", "log_rank(time, event, by=group, grid=[…])"),
    ("x = df.dropna()", "df.where(~missing(df.age))"),
    ("x = df.head()", "none leaves a hospital"),
    ("x = df.sort_values('age')", "persons have no order"),
    ("x = df.age.rank()", "compares a person with all others"),
    ("x = np.random.normal(0, 1)", "use the primitives"),
    ("layer = nn.Linear(5, 1)", "write `x @ w.W + w.b`"),
    ("layer = torch.nn.BatchNorm1d(5)", "mixes the persons of a batch"),
    ("layer = BatchNorm2d(8)", "group_norm(x, 4, w.scale, w.shift)"),
    ("layer = nn.LayerNorm(8)", "group_norm(x, 1, w.scale, w.shift)"),
    ("layer = nn.Dropout(0.5)", "leave it out"),
    ("o = torch.optim.Adam(lr=0.1)", '`strategy="fedadam"`'),
    ("o = SGD(df, lr=0.1)", "`learning_rate=0.5`"),
    ("loss = nn.CrossEntropyLoss()", "`loss=cross_entropy`, and end the function with `softmax(…)`"),
    ("loss = BCELoss()", "`loss=bce`, and end the function with `sigmoid(…)`"),
    ("m = LogisticRegression()", "logistic_regression(on=…, inputs=[…], target=…)"),
    ("m = fit(df)", "train(predict, start, loss=bce"),
    ("m = RandomForestClassifier()", "looking at the values of all persons"),
    ("m = xgb.XGBClassifier()", "looking at the values of all persons"),
    ("m = xgboost.train(df)", "looking at the values of all persons"),
    ("m = KNeighborsClassifier(3)", "compares each person with all others"),
    ("a, b = train_test_split(df, test_size=0.3)", "split(df, 0.7)"),
    ("e = PrivacyEngine()", "every training is private already"),
    ("s = cross_val_score(df)", "a training with a price"),
]
# A line about the released model `m`, and what its fix says.
OF_A_MODEL = [
    ("m.fit(df)", "train(predict, m, loss=bce"),
    ("m.predict(df)", "predicted(m, on=df)"),
    ("m.predict_proba(df)", "predicted(m, on=df)"),
    ("m.score(df, df.disease)", "accuracy(m, on=df)"),
    ("m.eval()", "does not change"),
    ("m.coef_", "shown with the result"),
]
# An argument as people name it, and what the fix says or, where nothing else is to be known, writes.
NAMED = [
    ("lr", None, "learning_rate=$value"),
    ("max_grad_norm", None, "clip=$value"),
    ("random_state", None, "seed=$value"),
    ("epochs", "write `rounds=50`; a round is a step", None),
    ("batch_size", "write `sample_rate=0.2`", None),
    ("optimizer", '`strategy="fedadam"`', None),
    ("noise_multiplier", "the price decides", None),
]


def findings(line: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """A cell with one line about the table `df`, and what the checker finds in it."""
    text = f'df = table("heart")\n{line}'
    return text, check(text, CATALOGUE).findings


@pytest.mark.parametrize(("typed", "written"), TYPED)
def test_a_habit_is_mended_by_one_edit(typed: str, written: str) -> None:
    """There is one finding, on the line, and its edit writes what FedQuery writes."""
    text, found = findings(typed)
    assert len(found) == 1
    assert found[0].fix
    assert applied(text, found[0].edits).split("\n")[1] == written


@pytest.mark.parametrize(("typed", "said"), SAID)
def test_a_habit_is_translated_in_words(typed: str, said: str) -> None:
    """Where a person has to think, the one finding says what to write, in the names of the query, and edits nothing."""
    _, found = findings(typed)
    assert len(found) == 1
    assert said in (found[0].fix or "")
    assert found[0].edits == ()


@pytest.mark.parametrize(
    "cox", ["CoxPHFitter()", "coxph(df.age, df.fbs)", "cox(df.age, df.fbs)", "lifelines.CoxPHFitter()", "sm.PHReg(df)"]
)
def test_cox_says_why_and_what_instead(cox: str) -> None:
    """Cox's regression has a rule of its own: it couples persons; groups and discrete-time hazards do not."""
    _, found = findings(f"fit = {cox}")
    assert [each.code for each in found] == ["FQ227"]
    assert "everybody still at risk" in found[0].message
    assert "no sum over persons" in found[0].reason
    ways = ("kaplan_meier", "log_rank", "discrete-time", "`hazard`", "logistic")
    assert all(word in (found[0].fix or "") for word in ways)


@pytest.mark.parametrize(("typed", "said"), OF_A_MODEL)
def test_what_other_models_do_is_translated(typed: str, said: str) -> None:
    """A released model is used by primitives, not by methods of its own."""
    training = 'm = release(logistic_regression(on=df, inputs=["age"], target="disease"), epsilon=1)'
    _, found = findings(f"{training}\nx = {typed}")
    assert [each.code for each in found] == ["FQ224"]
    assert said in (found[0].fix or "")


@pytest.mark.parametrize(("name", "said", "write"), NAMED)
def test_arguments_of_other_trainings_are_translated(name: str, said: str | None, write: str | None) -> None:
    """An argument is renamed where that is all there is to do; where a primitive has none like it nothing is said."""
    parameters = {parameter.name for parameter in PRIMITIVES["mlp"].parameters}
    fault = of_argument(name, "There is none.", parameters)
    assert fault is not None
    assert (fault.code, fault.argument, fault.replace) == ("FQ204", f"{name}=", write)
    assert said is None or said in (fault.fix or "")
    assert of_argument("alpha", "There is none.", parameters) is None
    assert of_argument("lr", "There is none.", {"x"}) is None


def test_a_name_of_the_query_hides_a_library() -> None:
    """A table that is called `stats` is that table."""
    assert check('stats = table("heart")\nm = release(mean(stats.age), epsilon=1)', CATALOGUE).findings == ()
    assert check('sm = table("heart")\nm = sm.age.mean()', CATALOGUE).findings[0].code == "FQ224"


def test_a_model_may_be_called_as_a_library_is() -> None:
    """`metrics` is what the query says it is."""
    assert check('metrics = table("heart")\nn = release(count(metrics), epsilon=1)', CATALOGUE).findings == ()


@pytest.mark.parametrize(("word", "translation"), ROWS)
def test_a_translation_names_primitives(word: str, translation: Translation) -> None:
    """Every call that a translation writes is one of a primitive that is there or is being written."""
    assert translation.write or translation.says
    called = set(re.findall(r"(?<![\w%])([a-z_]+)\(", f"{translation.write} {translation.says}"))
    unknown = called - set(PRIMITIVES) - {"range"} - OWN
    assert unknown == set(), f"{word}: {unknown}"


def test_no_primitive_is_translated_away() -> None:
    """A word of the vocabulary is never looked up in the dictionary, so no entry for one stands there."""
    assert {word for word in FUNCTIONS if word in RESERVED} <= {"range"}
    assert set() == LIBRARIES & RESERVED
