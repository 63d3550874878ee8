"""Names: inside a cell, in functions, from one cell to the next; what a cell shows and where its values come from."""

from __future__ import annotations

from fedlab_kernel.language import Checked, check

from .heart import CATALOGUE

PATIENTS = 'patients = table("heart")\n'


def cells(*texts: str) -> list[Checked]:
    """Several cells of one session, one after the other."""
    session: dict[str, object] = {}
    outcomes = []
    for text in texts:
        outcomes.append(check(text, CATALOGUE, session))  # type: ignore[arg-type]
        session = dict(outcomes[-1].names)
    return outcomes


def places(checked: Checked) -> list[tuple[str, int, int]]:
    """Code, line and column of what is refused."""
    return [(each.code, each.span.line, each.span.column) for each in checked.findings if each.span]


def test_later_cells_know_tables_functions_and_values() -> None:
    """Tables, public values and functions of earlier cells are known, and what a function reads is looked up anew."""
    first, second, third = cells(
        PATIENTS + "cut = 60\ndef old(t):\n    return t.where(t.age > cut)",
        "cut = 70\nn = release(count(old(patients)), epsilon=0.1)",
        "m = n + cut",
    )
    assert first.ok
    assert second.ok
    assert third.ok
    assert "70" in str(second.releases[0].aggregate.node.operands[0].operands[1].args[1])


def test_a_refused_cell_keeps_the_names_of_the_session() -> None:
    """A text that cannot be read changes nothing that earlier cells defined."""
    _, broken, after = cells(PATIENTS, "x = = 1", "n = release(count(patients), epsilon=0.1)")
    assert not broken.ok
    assert after.ok


def test_a_fault_in_a_function_of_an_earlier_cell_is_located_at_the_call() -> None:
    """What is refused inside another cell's text is pointed at where this cell calls it, however deep."""
    _, second = cells(
        "def half(x):\n    # é\n\n\n    return x / 2\ndef quarter(x):\n    return half(half(x))",
        PATIENTS + "a = 1\nb = 3 + quarter(patients)",
    )
    assert places(second) == [("FQ210", 3, 9)]


def test_a_release_in_a_function_of_an_earlier_cell_is_located_at_the_call() -> None:
    """A release that another cell's function makes stands, in the quote, where this cell calls the function."""
    _, second = cells(PATIENTS + "def ask(t):\n    return release(count(t), epsilon=0.1)", "\nn = ask(patients)\n")
    (release,) = second.releases
    assert (release.span.line, release.span.column, release.name) == (2, 5, "n")


def test_releases_of_a_function_called_in_a_loop_are_told_apart() -> None:
    """Equal releases get occurrence numbers in program order, and carry the name of the statement that calls."""
    (checked,) = cells(
        PATIENTS + "def ask(t):\n    return release(count(t), epsilon=0.1)\nfor i in range(3):\n    n = ask(patients)\n"
    )
    assert [release.key.occurrence for release in checked.releases if release.key] == [0, 1, 2]
    assert {release.key.digest for release in checked.releases if release.key} == {checked.releases[0].key.digest}  # type: ignore[union-attr]
    assert {(release.name, release.span.line) for release in checked.releases} == {("n", 3)}


def test_a_name_that_a_function_sets_is_its_own() -> None:
    """As in Python, a name that a function sets anywhere is local everywhere in it, and the outer one is unchanged."""
    (checked,) = cells("x = 1\ndef f(y):\n    x = y\n    return x\nz = f(2)")
    assert checked.ok
    assert (checked.names["x"], checked.names["z"]) == (1, 2)
    (early,) = cells("x = 1\ndef f(y):\n    z = x\n    x = y\n    return z\nz = f(2)")
    assert places(early) == [("FQ220", 3, 9)]


def test_a_function_sees_one_person_only_when_sum_calls_it() -> None:
    """A helper that `sum` reaches must not touch other persons; called directly with a table, the same one may."""
    helper = PATIENTS + "def ages(t):\n    return patients.age\n"
    assert cells(helper + "m = release(mean(ages(patients)), epsilon=1)")[0].ok
    inside = cells(helper + "def f(p):\n    return ages(p)\ns = release(sum(f, over=patients), epsilon=1)")[0]
    assert places(inside) == [("FQ206", 3, 12)]


def test_functions_are_checked_though_nobody_calls_them() -> None:
    """Also a function that a later definition of the same name hides, and both arms of its branches."""
    (checked,) = cells(
        "def f(x):\n    return nme\n"
        "def f(x):\n    if x > 0:\n        return nme2\n    else:\n        return nme3\ny = 1"
    )
    assert places(checked) == [("FQ200", 2, 12), ("FQ200", 5, 16), ("FQ200", 7, 16)]


def test_a_branch_not_taken_is_checked_but_not_blamed_for_values() -> None:
    """A fault that no value excuses is found in code that does not run; an index that the branch guards is not."""
    text = PATIENTS + "xs = []\nif 1 > 2:\n    y = xs[0]\n    n = release(count(patients), epsilon=-1)\n    z = nme\n"
    (checked,) = cells(text)
    assert [code for code, _, _ in places(checked)] == ["FQ215", "FQ200"]
    assert checked.releases == ()


def test_a_name_that_an_empty_loop_would_set_is_not_set() -> None:
    """After a loop over nothing its names have no value, unless they had one before."""
    (checked,) = cells("y = 1\nfor x in []:\n    y = x\n    z = x\na = y\nb = z")
    assert places(checked) == [("FQ220", 6, 5)]


def test_a_loop_over_pairs_gives_two_names() -> None:
    """`for a, b in pairs` takes lists of two, and nothing else."""
    (checked,) = cells("t = 0\nfor a, b in [[1, 2], [3, 4]]:\n    t = t + a * b")
    assert checked.ok
    assert checked.names["t"] == 14
    assert places(cells("for a, b in [[1, 2, 3]]:\n    x = a")[0]) == [("FQ218", 1, 1)]


def test_the_last_bare_expression_is_shown() -> None:
    """As in Jupyter only the last statement is shown, not a string that documents, and nothing inside a loop."""
    shown = cells("1 + 1\n2 + 2", "3\nx = 1", '"about"', "for i in [1]:\n    i", "")
    assert [checked.last for checked in shown] == [4, None, None, None, None]


def test_values_remember_the_release_they_are() -> None:
    """A name that holds one released value knows its release, an alias too; what is computed from it does not."""
    (checked,) = cells(
        PATIENTS
        + "n = release(count(patients), epsilon=0.1)\nm = n\nk = n + 1\nn = 3\nj = release(nme, epsilon=0.1)\nm"
    )
    assert sorted(checked.origins) == ["", "m"]
    assert checked.origins[""] is checked.origins["m"] is checked.releases[0]
    (direct,) = cells(PATIENTS + "release(count(patients), epsilon=0.1)")
    assert direct.origins[""] is direct.releases[0]


def test_assigned_names_are_those_of_the_top_level_in_order() -> None:
    """What a cell gives a value is listed in order, from loops and branches too; loop variables are not."""
    text = "b = 1\ndef f(x):\n    inner = x\n    return inner\n"
    text += "if b > 0:\n    a = 2\nelse:\n    c = 3\nfor i in [1]:\n    d = i"
    (checked,) = cells(text)
    assert checked.assigned == ("b", "f", "a", "c", "d")


def test_prices_are_given_by_name_and_are_numbers() -> None:
    """`epsilon` cannot be given by position, and True is not a price."""
    by_position, true = cells(
        PATIENTS + "n = release(count(patients), 0.1)", PATIENTS + "n = release(count(patients), epsilon=True)"
    )
    assert [code for code, _, _ in places(by_position)] == ["FQ204"]
    assert [code for code, _, _ in places(true)] == ["FQ210"]
