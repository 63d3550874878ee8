"""Hospitals as processes on this machine: starts a host for their folders, watches it, and ends it."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self

from ..errors import Refused, diagnose

# -P: what lies in the folder of a notebook is not run because the notebook is opened.
COMMAND = (sys.executable, "-P", "-m", "fedlab_kernel", "host")

START_SECONDS = 60.0
SECONDS_EACH = 1.0
"""How long to wait for hospitals that read their tables: for the first, and longer for each."""

_STOP_SECONDS = 10.0

Status = Literal["starting", "ready", "failed", "died", "stopped"]


@dataclass(frozen=True, slots=True)
class HospitalState:
    """How a hospital's process is.

    Attributes:
        status: "failed" refused to start, "died" ended by itself, "stopped" was told to.
        code, message: why it failed; empty otherwise.
        starts: how often its process was started.
        own: whether it is a process of these, rather than of another notebook.
    """

    status: Status
    code: str = ""
    message: str = ""
    starts: int = 0
    own: bool = True


class LocalHospitals:
    """A context in which a host process runs one hospital for each folder, called as the folder is.

    A hospital that another process runs already is used as it is, and left alone at the end. Methods may be called
    from several threads. The host has a session of its own, so that an interrupt of the notebook does not reach it, and
    ends when this process does. Ending hospitals is safe at any moment.

    Args:
        folders: the hospitals' folders; their names must differ.
        command: what starts the host; folders and `--sockets` are appended.
        timeout: seconds to wait for hospitals to be ready; one that takes longer stays "starting".
    """

    def __init__(
        self, folders: Sequence[Path], *, command: Sequence[str] = COMMAND, timeout: float | None = None
    ) -> None:
        self._folders = {folder.resolve().name: folder.resolve() for folder in folders}
        if len(self._folders) < len(folders):
            raise Refused(diagnose("FU502", "Two folders have the same name; hospitals are told apart by it."))
        self._command = tuple(command)
        self._timeout = START_SECONDS + SECONDS_EACH * len(folders) if timeout is None else timeout
        self._states = {name: HospitalState("stopped") for name in self._folders}
        self._changed = threading.Condition()
        # Private; short, since the path of a socket may have about 100 bytes only.
        self._room = Path(tempfile.gettempdir()) / f"fl-{secrets.token_hex(6)}"
        self._places = {name: self._place(name) for name in self._folders}
        self._turn = threading.RLock()  # who starts and ends the host, or speaks to it
        self._host: subprocess.Popen[str] | None = None
        self._host_ended = False
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start the hospitals; see `start`."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the hospitals."""
        self.stop()

    @property
    def sockets(self) -> Mapping[str, Path]:
        """Where each hospital listens, once it is ready; a view that follows them when they are started again."""
        return MappingProxyType(self._places)

    @property
    def states(self) -> dict[str, HospitalState]:
        """How each hospital is now."""
        with self._changed:
            return dict(self._states)

    def start(self) -> None:
        """Start the host and wait until every hospital is ready or failed, or the time is over.

        Raises Refused FF401 when the host itself cannot run.
        """
        command = [*self._command, *map(str, self._folders.values()), "--sockets", str(self._room)]
        with self._changed:
            self._host_ended = False
            self._states = {n: HospitalState("starting", starts=s.starts) for n, s in self._states.items()}
        with self._turn, tempfile.TemporaryFile("w+") as complaints:
            try:
                self._room.mkdir(mode=0o700)  # before the command line shows its name to other users
                self._host = subprocess.Popen(  # noqa: S603 - the caller's own command, no shell
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    text=True,
                    start_new_session=True,
                )
                self._reader = threading.Thread(target=self._watch, args=(self._host,), daemon=True)
                self._reader.start()
                self._wait(lambda: all(state.status != "starting" for state in self._states.values()))
                if self._host_ended:
                    complaints.seek(0)
                    last = complaints.read().strip().rpartition("\n")[2]
                    raise Refused(diagnose("FF401", f"The hospitals' host could not run: {last}"))
            except BaseException:
                self.stop()
                raise

    def restart(self, name: str) -> HospitalState:
        """Start a hospital again, running or not, and wait until it is ready or failed; its state then.

        One that another process runs goes on there; where that ended, it becomes one of these. Where the host is gone,
        all hospitals are started again. Raises Refused FU503 for an unknown name.
        """
        if name not in self._folders:
            raise Refused(diagnose("FU503", f"There is no hospital {name}."))
        with self._turn:
            if self._host is None or self._host_ended:
                self.stop()
                self.start()
                return self.states[name]
            starts = self.states[name].starts
            self._tell({"do": "restart", "hospital": name})

        def is_done() -> bool:
            state = self._states[name]
            return self._host_ended or (state.starts > starts and state.status != "starting")

        self._wait(is_done)
        return self.states[name]

    def answered(self, names: Iterable[str]) -> None:
        """Note who was reached: a hospital of another process that ended may have been started again there."""
        with self._changed:
            for name in names:
                state = self._states[name]
                if state.status == "died" and not state.own:
                    self._states[name] = replace(state, status="ready")

    def stop(self) -> None:
        """End the host and its hospitals; returns when they are gone. May be called again."""
        with self._turn:
            self._end_host()
            with self._changed:
                self._states = {n: HospitalState("stopped", starts=s.starts) for n, s in self._states.items()}
            if self._room.exists():
                shutil.rmtree(self._room)

    def _end_host(self) -> None:
        if self._host is None or self._reader is None:
            return
        self._tell({"do": "stop"})
        try:
            self._host.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._host.kill()  # its children notice and end
            self._host.wait()
        self._reader.join()
        for pipe in (self._host.stdin, self._host.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # what it did not read is lost with it
                pipe.close()
        self._host = self._reader = None

    def _tell(self, command: dict[str, str]) -> None:
        assert self._host is not None
        assert self._host.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the host is gone, which its reader says
            self._host.stdin.write(json.dumps(command) + "\n")
            self._host.stdin.flush()

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(condition, self._timeout)

    def _watch(self, host: subprocess.Popen[str]) -> None:
        assert host.stdout is not None
        for line in host.stdout:
            if line.startswith("{"):  # a library may print something of its own
                self._note(json.loads(line))
        with self._changed:
            self._host_ended = True
            self._states = {
                name: state if state.status == "failed" else HospitalState("died", starts=state.starts, own=state.own)
                for name, state in self._states.items()
            }
            self._changed.notify_all()

    def _note(self, event: dict[str, Any]) -> None:
        name, status = event["hospital"], event["event"]
        with self._changed:
            before = self._states[name]
            own = before.own if status == "died" else status != "found"
            if status in ("starting", "found"):
                self._places[name] = Path(event["socket"]) if status == "found" else self._place(name)
            self._states[name] = HospitalState(
                "ready" if status == "found" else status, event.get("code", ""), event.get("message", ""),
                before.starts + (status == "starting"), own,
            )  # fmt: skip
            self._changed.notify_all()

    def _place(self, name: str) -> Path:
        return self._room / f"{name}.sock"
