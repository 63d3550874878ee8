"""JupyterLab in a real browser: how long until the first answer, and how long an editor waits for a check.

Measured in the page, from a question on the kernel's websocket to its reply.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.lab import Lab, Server

from .row import Row, absolute, stated

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "00_quickstart.ipynb"
CELL = Path(__file__).with_name("cell_100.fq")
KEYS = 60
PAUSE_MS = 350  # between two keys, so that each is checked
GOAL_FIRST_S = 60.0
GOAL_CHECK_MS = 50.0

_LISTEN = r"""(() => {
  const asked = new Map();
  const words = data => (typeof data === 'string' ? data : new TextDecoder().decode(data));
  window.replies = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const text = words(data);
    const found = text.includes('"do":"diagnostics"') && /"id":(\d+),"do":"diagnostics"/.exec(text);
    if (found) {
      asked.set(found[1], performance.now());
    }
    if (!this.heard) {
      this.heard = true;
      this.addEventListener('message', event => {
        const reply = /"data": ?\{"id": ?(\d+), ?"answer"/.exec(words(event.data));
        if (reply && asked.has(reply[1])) {
          window.replies.push(performance.now() - asked.get(reply[1]));
          asked.delete(reply[1]);
        }
      });
    }
    return send.call(this, data);
  };
})()"""

_TRAINING = """%%fedquery --draw {}
patients = table("heart")
m = release(mlp(on=patients, inputs=["age", "sex", "exang"], target="disease", hidden=[64], rounds=3000), epsilon=1)"""


def run() -> list[Row]:
    """The first answer, and checks at rest and while a query trains."""
    assert CHROMIUM is not None, "there is no Chromium"
    with tempfile.TemporaryDirectory() as room, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        began = perf_counter()
        server = Server(Path(room))
        try:
            page = browser.new_page(viewport={"width": 1500, "height": 950})
            page.add_init_script(_LISTEN)
            lab = Lab(page, server, "bench")
            server.give(NOTEBOOK)
            first = _first_answer(lab, began)
            rows = [absolute("first answer, from `jupyter lab` on", first, "s", GOAL_FIRST_S)]
            lab.type(13, "%%fedquery\n" + CELL.read_text(encoding="utf-8"))
            rows += _checks(lab, "at rest")
            lab.type(11, _TRAINING.format(1))
            lab.run(11, wait=False)
            running = page.locator(".jp-CodeCell", has_text="round ").first
            running.wait_for()
            rows += _checks(lab, "while a query trains")
            assert lab.cell(11).locator(".jp-InputPrompt").first.inner_text() == "[*]:", "the training ended too early"
            return rows
        finally:
            server.close()
            browser.close()


def _first_answer(lab: Lab, began: float) -> float:
    lab.open(NOTEBOOK.name)
    for cell in (1, 3, 7):
        ran = lab.run(cell)
    expect(ran.locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")
    return perf_counter() - began


def _checks(lab: Lab, when: str) -> list[Row]:
    """Keys typed at the end of a 100-line cell; each makes it another text."""
    page: Page = lab.page
    lab.edit(13)
    page.wait_for_timeout(2000)
    page.evaluate("window.replies.length = 0")
    page.keyboard.press("Enter")
    page.keyboard.type("# ")
    for turn in range(KEYS):
        page.keyboard.type(str(turn % 10))
        page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(2000)
    times: list[Any] = sorted(page.evaluate("window.replies"))
    assert len(times) >= KEYS / 2, times
    name = f"check of a 100-line cell in the browser {when}"
    return [
        stated(f"{name}, median", times[len(times) // 2], "ms"),
        absolute(f"{name}, 95th percentile", times[len(times) * 95 // 100], "ms", GOAL_CHECK_MS),
    ]
