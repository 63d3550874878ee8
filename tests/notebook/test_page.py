from __future__ import annotations

from fedlab_kernel.notebook.page import Bar, Code, Curve, Folded, Heading, Line, Meter, Page, Picture, Table, filled


def everything(text: str) -> Page:
    """A page with the text in every place that takes one."""
    table = Table((text, text), ((text, Meter(0.5, text)),), frozenset({1}), caption=text)
    drawn = Picture(lambda: b"", text), Bar(1, 2, text), Curve(((1.0, 1.0),), 2.0, 2.0, (text, text, text), text)
    return Page((Line(text), Heading(text), Code(text), table, Folded(text, (Line(text),)), *drawn))


def test_no_text_becomes_html(hostile_text: str) -> None:
    """Text in any place of a page is shown as text: no tag, no attribute and no script comes of it."""
    html = everything(hostile_text)._repr_html_()
    assert "<img src=x" not in html
    assert "<b>" not in html
    assert html.count("onerror=alert(1)&gt;&quot;&#x27;&amp;") == 19
    assert "<script" not in html


def test_code_in_backticks_is_escaped_too() -> None:
    """Backticks make code of what stands between them, and nothing else."""
    assert "<code>a &lt; b</code>" in Page((Line("use `a < b`"),))._repr_html_()


def test_nothing_poses_as_something_else_on_a_terminal(hostile_text: str) -> None:
    """Escape sequences and direction marks reach neither the terminal nor the page."""
    page = everything(hostile_text)
    for shown in (repr(page), page._repr_html_()):
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_a_page_needs_no_network() -> None:
    """The HTML fetches nothing: no address of any kind but the inline picture."""
    html = everything("text")._repr_html_()
    assert "http" not in html
    assert html.count("src=") == html.count('src="data:image/png;base64,') == 1


def test_both_renderings_say_the_same() -> None:
    """Every word of the HTML is in the plain text, folded parts included."""
    page = Page((Line("one", "warning"), Table(("two",), (("three",),)), Folded("four", (Line("five"),))))
    assert repr(page).split() == ["!", "one", "two", "─────", "three", "four", "five"]


def test_wide_characters_keep_columns_aligned() -> None:
    """A label of wide or combining characters takes the columns a terminal gives it."""
    page = Page((Table(("x", "n"), (("日本", "1"), ("e\u0301t", "2"), ("long", "3")), frozenset({1})),))
    assert repr(page).splitlines()[2:] == ["日本  1", "e\u0301t    2", "long  3"]


def test_empty_columns_are_left_out() -> None:
    """A column that says nothing in any row is not shown, and the others keep their alignment."""
    table = filled(Table(("a", "b", "c"), (("1", "", "2"),), frozenset({1, 2})))
    assert table == Table(("a", "c"), (("1", "2"),), frozenset({1}))


def test_a_curve_stays_inside_its_axes() -> None:
    """What is above the limit or beyond the end is drawn at it; plain text has the description instead."""
    page = Page((Curve(((1.0, 3.0), (9.0, 1.0)), 2.0, 2.0, ("x", "y", "limit"), "up and down"),))
    assert 'points="44.0,116.0 225.0,22.0 406.0,69.0"' in page._repr_html_()
    assert repr(page) == "up and down"


def test_a_meter_stays_inside_its_bounds() -> None:
    """A share outside 0 to 1 fills or empties the bar, and never more."""
    assert 'value="1.0000"' in Page((Table(("a",), ((Meter(7.0, "all"),),)),))._repr_html_()
    assert repr(Page((Table(("a",), ((Meter(-1.0, "none"),),)),))).endswith(f"[{'.' * 20}] none")
