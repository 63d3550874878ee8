"""Prices at the ends of lines: shown there, and never a part of the query."""

from __future__ import annotations

import time

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
    until = time.monotonic() + 60
    while abs(_cursor(cell) - _end(cell)) >= 3:  # it is drawn a moment after the price
        assert time.monotonic() < until
        time.sleep(0.1)


def _cursor(cell: Locator) -> float:
    box = cell.locator(".cm-cursor-primary").bounding_box()
    assert box is not None
    return box["x"]


def _end(cell: Locator) -> float:
    """Where the text of the last line ends."""
    right: float = cell.locator(".cm-line").last.evaluate(
        """line => {
            const range = document.createRange();
            range.setStart(line, 0);
            range.setEndBefore(line.querySelector('.fedlab-price'));
            return range.getBoundingClientRect().right;
        }"""
    )  # fmt: skip
    return right
