"""JupyterLab as a person uses it: a server of its own, a page in Debian's Chromium, and what one does there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from ..given import ROOT

PATIENCE = 90_000  # milliseconds; the machines that run the tests are shared
SHOTS = ROOT / "build" / "screenshots"

# JupyterLab's own debugger complains so where a kernel goes that it is just asking, which it does at any moment.
DEBUGGER = "Could not restore the debugger state: Canceled future for debug_request message"

Cells = list[str | tuple[str, str]]
"""Code cells; a pair is a kind ("markdown") and its text."""


class Server:
    """JupyterLab's server in a folder of its own, with a researcher's state of its own; to be closed.

    Args:
        room: an empty folder.
    """

    def __init__(self, room: Path) -> None:
        self.root, self._state = room / "root", room / "state"
        self.root.mkdir()
        # What the settings of whoever runs the tests say must not matter.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
        environment |= {
            "FEDLAB_STATE": str(self._state), "JUPYTER_CONFIG_DIR": str(room / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(room / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(room / "workspaces"),
            "JUPYTER_RUNTIME_DIR": str(room / "runtime"), "JUPYTER_DATA_DIR": str(room / "data"),
            "IPYTHONDIR": str(room / "ipython"),
        }  # fmt: skip
        news = room / "settings" / "@jupyterlab" / "apputils-extension"
        news.mkdir(parents=True)
        (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
        # By default JupyterLab gives up a completion that takes longer than a second.
        completer = room / "settings" / "@jupyterlab" / "completer-extension"
        completer.mkdir(parents=True)
        (completer / "manager.jupyterlab-settings").write_text('{"providerTimeout": 60000}')
        self._log = (room / "server.log").open("w")
        for _ in range(3):  # it ends where another process takes the port that it found free
            self._process = self._started(environment)
            if self._wait(room):
                return
        raise AssertionError((room / "server.log").read_text())

    def _started(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port=0", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
                "--ServerApp.password=", f"--ServerApp.root_dir={self.root}",
                "--ServerApp.disable_check_xsrf=True",
            ],
            env=environment, stdout=self._log, stderr=subprocess.STDOUT, cwd=self.root,
        )  # fmt: skip

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        """End it and its kernels."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def write(self, name: str, cells: Cells, kernel: str = "python3") -> None:
        """Put a notebook into its folder."""
        made: dict[str, Any] = {
            "cells": [_cell(cell) for cell in cells],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
            "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip
        for at, cell in enumerate(made["cells"]):
            cell["id"] = f"cell-{at}"
        (self.root / name).write_text(json.dumps(made), encoding="utf-8")

    def give(self, path: Path) -> None:
        """Copy a file into its folder."""
        shutil.copy(path, self.root / path.name)

    def forget(self) -> None:
        """End all kernels with their hospitals, and the demonstrations that they left."""
        hosts = self.hosts()
        for session in self._api("sessions"):
            self._api(f"sessions/{session['id']}", "DELETE")
        _, left = psutil.wait_procs([*hosts, *self.hosts()], timeout=60)
        assert left == []
        shutil.rmtree(self._state, ignore_errors=True)

    def hosts(self) -> list[psutil.Process]:
        """The processes that hospitals of the kernels are children of; what just ended is none of them."""
        found = []
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "host" in process.cmdline():
                    found.append(process)
        return found

    def kill_hospital(self, name: str) -> None:
        """Kill the process of a hospital."""
        folder = next(self._state.glob(f"hospitals/*/{name}"))
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # one that just ended
                if any(opened.path.startswith(str(folder)) for opened in process.open_files()):
                    process.kill()
                    return
        raise AssertionError(f"nobody has files of {folder} open")

    def _api(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self.address}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=120) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def _wait(self, room: Path) -> bool:
        """Wait until it listens; False where it ended."""
        until = time.monotonic() + PATIENCE / 1000
        while self._process.poll() is None:
            assert time.monotonic() < until, (room / "server.log").read_text()
            with contextlib.suppress(OSError, ValueError):  # not yet there, or not yet whole
                (said,) = (room / "runtime").glob("jpserver-*.json")
                self._port = json.loads(said.read_text())["port"]
                with urllib.request.urlopen(f"{self.address}/api/status", timeout=30):
                    return True
            time.sleep(0.2)
        return False


def _cell(cell: str | tuple[str, str]) -> dict[str, Any]:
    if isinstance(cell, tuple):
        return {"cell_type": cell[0], "metadata": {}, "source": cell[1]}
    return {"cell_type": "code", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}


class Lab:
    """One page with JupyterLab.

    Args:
        page: the browser's.
        server: what it shows.
        name: of the test, for its screenshots.
    """

    def __init__(self, page: Page, server: Server, name: str) -> None:
        self.page, self.server, self._name = page, server, name
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(DEBUGGER):
            self.complaints.append(text)

    def open(self, notebook: str) -> None:
        """Open a notebook, and wait until its kernel is idle."""
        self.page.goto(f"{self.server.address}/lab/tree/{notebook}?reset")
        self.page.locator(".jp-NotebookPanel .jp-CodeCell .cm-content").first.wait_for()
        self.idle()
        self.page.wait_for_timeout(1500)  # then `run` need hardly ever press twice

    def idle(self) -> None:
        """Wait until the kernel of the notebook in front has nothing to do."""
        expect(
            self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator")
        ).to_have_attribute("data-status", "idle", timeout=PATIENCE)

    def cell(self, number: int) -> Locator:
        """A cell of the notebook in front, from 0."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(number)

    def edit(self, number: int) -> Locator:
        """Put the cursor at the end of a cell; the cell."""
        cell = self.cell(number)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+End")
        return cell

    def type(self, number: int, text: str) -> None:
        """Replace what a cell holds, typing it."""
        self.edit(number)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def run(self, number: int, *, wait: bool = True) -> Locator:
        """Run a cell; the cell."""
        cell = self.cell(number)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        for _ in range(6):  # what is pressed while JupyterLab opens a notebook is lost now and then
            self.edit(number)
            self.page.keyboard.press("Escape")
            self.page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                expect(prompt).not_to_have_text(before, timeout=15_000)
                break
        if wait:
            expect(cell.locator(".jp-InputPrompt").first).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)
        return cell

    def command(self, name: str) -> None:
        """Choose a command in the palette."""
        palette = self.page.locator("#modal-command-palette")
        for _ in range(6):  # what is pressed while JupyterLab is busy may close the palette that it has just opened
            self.page.keyboard.press("Control+Shift+c")
            with contextlib.suppress(NotInTime):
                palette.locator("input").fill(name, timeout=15_000)
                break
        palette.locator(".lm-CommandPalette-item").filter(has_text=name).first.click()  # once the others are gone

    def show_hospitals(self) -> None:
        """Open the panel of hospitals."""
        self.command("Show Hospitals")
        self.page.locator("#fedlab-hospitals").wait_for()

    def hospital(self, name: str) -> Locator:
        """A hospital in the panel."""
        return self.page.locator(f'.fedlab-hospital[data-hospital="{name}"]')

    def show_file(self, notebook: str) -> None:
        """Open another notebook beside the first, as from the list of files."""
        self.page.locator(".jp-DirListing-item").filter(has_text=notebook).dblclick()
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .cm-content").first.wait_for()
        self.idle()
        self.page.wait_for_timeout(1500)

    def point_at(self, number: int, word: str) -> None:
        """Rest the pointer on a word of a cell until it is explained, also where the word moves meanwhile."""
        for _ in range(6):
            self._point_at(number, word)
            with contextlib.suppress(AssertionError):
                expect(self.page.locator(".fedlab-hover")).to_be_visible(timeout=15_000)
                return
            self.page.mouse.move(5, 5)
        raise AssertionError(f"nothing is said of {word}")

    def tip(self, squiggle: Locator) -> Locator:
        """Rest the pointer on a squiggle until its tip is there, also where the cell is checked anew meanwhile."""
        tip = self.page.locator(".cm-tooltip-lint")
        for _ in range(6):
            squiggle.hover()
            with contextlib.suppress(AssertionError):
                expect(tip).to_be_visible(timeout=15_000)
                break
            self.page.mouse.move(5, 5)
        return tip

    def _point_at(self, number: int, word: str) -> None:
        place = self.cell(number).locator(".cm-content").evaluate(
            """(content, word) => {
                const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) {
                    const at = texts.currentNode.data.indexOf(word);
                    if (at >= 0) {
                        const range = document.createRange();
                        range.setStart(texts.currentNode, at);
                        range.setEnd(texts.currentNode, at + word.length);
                        const box = range.getBoundingClientRect();
                        return [box.x + box.width / 2, box.y + box.height / 2];
                    }
                }
            }""",
            word,
        )  # fmt: skip
        self.page.mouse.move(place[0] - 3, place[1])
        self.page.mouse.move(*place)

    def text(self, number: int) -> str:
        """What a cell holds."""
        lines = self.cell(number).locator(".cm-line").all_inner_texts()
        return "\n".join(lines)

    def shot(self, what: str) -> None:
        """Keep a picture of the page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{self._name}-{what}.png")
