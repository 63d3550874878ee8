"""Prices at the ends of lines: shown there, and never a part of the query."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from .lab import Lab

QUERY = '%%fedquery\npatients = table("heart")\nn = release(count(patients), epsilon=0.5)'


def _priced(lab: Lab) -> Locator:
    lab.server.write("prices.ipynb", ["%load_ext fedlab_kernel", "%fedlab start heart", QUERY, ""])
    lab.open("prices.ipynb")
    lab.run(0)
    lab.run(1)
    cell = lab.edit(2)
    expect(cell.locator(".fedlab-price")).to_contain_text("ε 0.5")
    return cell


def test_a_price_never_becomes_a_part_of_the_query(lab: Lab) -> None:
    """Whatever Chromium copies of a priced line while it replaces a selection, the price's words are not in it."""
    cell = _priced(lab)
    content = cell.locator(".cm-content")
    assert "ε" not in content.evaluate("content => content.textContent")
    lab.type(2, "one\ntwo")
    # The tile of CodeMirror's content knows the text itself, whatever the page shows beside it.
    assert "ε" not in content.evaluate("content => content.cmTile.view.state.doc.toString()")


def test_the_total_of_releases_that_are_gone_is_not_shown(lab: Lab) -> None:
    """A text with a mistake that replaces a refused one does not keep the refusal of what stood there before."""
    cell = _priced(lab)
    lab.type(2, QUERY.replace("0.5", "99"))
    total = cell.locator(".fedlab-total")
    expect(total).to_contain_text("would be refused")
    lab.type(2, '%%fedquery\npatients = table("hart")')
    expect(cell.locator(".cm-lintRange-error")).to_have_count(1)
    expect(total).to_have_count(0)


def test_the_cursor_stands_behind_the_last_letter(lab: Lab) -> None:
    """At the end of a priced line the cursor is drawn behind the text, not beside the price."""
    cell = _priced(lab)
    cursor = cell.locator(".cm-cursor-primary").bounding_box()
    assert cursor is not None
    text = lab.cell(2).locator(".cm-line").last.evaluate(
        """line => {
            const range = document.createRange();
            range.setStart(line, 0);
            range.setEndBefore(line.querySelector('.fedlab-price'));
            return range.getBoundingClientRect().right;
        }"""
    )  # fmt: skip
    assert abs(cursor["x"] - text) < 3
