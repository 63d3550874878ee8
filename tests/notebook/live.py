"""A notebook's kernel as a process of its own, seen as a frontend sees it: cells, outputs, comms."""

from __future__ import annotations

import contextlib
import os
import queue
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager
from traitlets.config import Config

from fedlab_kernel.notebook.bridge.comms import ASK_TARGET, STATUS_TARGET

PATIENCE = 120.0  # seconds; the machines that run the tests are shared


def listening_in(room: Path) -> Config:
    """What has kernels listen in a folder: a port that was free may be another's when the kernel has started."""
    return Config({"KernelManager": {"transport": "ipc", "ip": str(room / uuid.uuid4().hex[:6])}})


def hosts_below(process: psutil.Process) -> list[psutil.Process]:
    """The processes that hospitals are children of, among a process' own children; what just ended is none of them."""
    hosts = []
    for child in process.children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a process that ended, or whose end nobody took note of yet
            if "host" in child.cmdline():
                hosts.append(child)
    return hosts


class Live:
    """A running kernel; to be closed.

    Args:
        room: where the researcher's state is kept.
        kernel: the kernel's name.
        environment: further variables.
    """

    def __init__(self, room: Path, kernel: str = "python3", environment: dict[str, str] | None = None) -> None:
        self.manager = KernelManager(kernel_name=kernel, transport="ipc", ip=str(room / uuid.uuid4().hex[:6]))
        self.manager.start_kernel(env={**os.environ, "FEDLAB_STATE": str(room / "state"), **(environment or {})})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(PATIENCE)
        self.statuses: list[tuple[float, dict[str, Any]]] = []
        self.replies: dict[int, dict[str, Any]] = {}
        self._outputs: dict[str, list[dict[str, Any]]] = {}
        self._status_comms: set[str] = set()
        self._asking, self._last, self._subshell = "", 0, ""

    @property
    def process(self) -> psutil.Process:
        """The kernel's process."""
        assert self.manager.provisioner is not None
        return psutil.Process(self.manager.provisioner.pid)  # type: ignore[attr-defined]  # that of a local kernel

    def host(self) -> psutil.Process:
        """The process that the kernel's hospitals are children of."""
        (host,) = hosts_below(self.process)
        return host

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    # Cells -----------------------------------------------------------------------------------------

    def begin(self, code: str) -> str:
        """Run a cell without waiting for it; what tells it."""
        message = self.client.execute(code)
        self._outputs[message] = []
        return str(message)

    def outputs(self, cell: str) -> list[dict[str, Any]]:
        """What a cell shows, once it has ended."""
        self.until(lambda: any(one["msg_type"] == "status" and one["content"]["execution_state"] == "idle"
                               for one in self._outputs[cell]))  # fmt: skip
        return [one for one in self._outputs[cell] if one["msg_type"] != "status"]

    def run(self, code: str) -> str:
        """Run a cell; all that it shows as plain text, errors with their traceback."""
        texts = []
        for one in self.outputs(self.begin(code)):
            content = one["content"]
            texts.append(content.get("text") or content.get("data", {}).get("text/plain", ""))
            texts.extend(content.get("traceback", []))
        return "\n".join(filter(None, texts))

    # Comms -----------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Open both comms as the extension does; questions go to a subshell."""
        self._status_comms.add(self._send_open(STATUS_TARGET))
        self.until(lambda: bool(self.statuses))
        if not self._subshell:
            request = self.client.session.msg("create_subshell_request", {})
            self.client.control_channel.send(request)
            self._subshell = self.client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]
        self._asking = self._send_open(ASK_TARGET)

    @property
    def status(self) -> dict[str, Any]:
        """The last status that came."""
        self.read()
        return self.statuses[-1][1]

    def send(self, what: str, **given: Any) -> int:
        """Ask without waiting for the reply; its number."""
        self._last += 1
        self._send("comm_msg", {"comm_id": self._asking, "data": {"id": self._last, "do": what, **given}})
        return self._last

    def ask(self, what: str, **given: Any) -> dict[str, Any]:
        """Ask, and wait for the reply."""
        number = self.send(what, **given)
        self.until(lambda: number in self.replies)
        return self.replies[number]

    def until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> float:
        """Read what comes until a condition holds; how many seconds that took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < patience, self.statuses[-1:]
            self.read(0.02)
        return time.monotonic() - began

    def read(self, wait: float = 0.0) -> None:
        """Take in what has come."""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=wait)
            except queue.Empty:
                return
            wait = 0.0
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        parent, content = message["parent_header"].get("msg_id"), message["content"]
        if message["msg_type"] == "comm_msg":
            if content["comm_id"] in self._status_comms:
                self.statuses.append((time.monotonic(), content["data"]))
            elif content["comm_id"] == self._asking:
                self.replies[content["data"]["id"]] = content["data"]
        elif message["msg_type"] == "comm_open" and content["target_name"] == STATUS_TARGET:
            self._status_comms.add(content["comm_id"])
        elif parent in self._outputs:
            self._outputs[parent].append(message)

    def _send_open(self, target: str) -> str:
        identity = uuid.uuid4().hex
        self._send("comm_open", {"comm_id": identity, "target_name": target, "data": {}})
        return identity

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        message = self.client.session.msg(kind, content)
        message["header"]["subshell_id"] = self._subshell or None
        self.client.shell_channel.send(message)
