"""The host process: loads what is heavy once, then forks one child for every hospital folder.

It speaks one JSON object a line. Out: `{"event": E, "hospital": NAME}` with E one of "starting", "ready", "found",
"died" and "failed". "found" is a hospital that another process serves already, at `socket`, until it "died"; "failed"
has `code` and `message`. In: `{"do": "restart", "hospital": NAME}` and
`{"do": "stop"}`. The host ends when its standard input does, and its children end with it, however it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import stat
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ..errors import Refused, diagnose
from ..errors.render import render
from . import whereabouts
from .server import Answerer, serve

Opener = Callable[[Path], Answerer]

LOG_NAME = "hospital.log"
"""Where a hospital's standard error goes, in its own folder."""

DATA_FAULT = f"Its data do not fit its catalogue; {LOG_NAME} in its folder says where."
"""All that is said outside of FH301: the whole finding may name a row, or tell how many there are."""

_HEAVY = ("numpy", "sqlite3", "torch", "fedlab_kernel.wire.keys", "fedlab_kernel.wire.signing")


def main(argv: Sequence[str], opener: Opener | None = None) -> int:
    """Run `fedlab host DIR... --sockets S`; the exit code.

    A hospital is called as its folder is and listens on S/NAME.sock. `opener` makes the hospital of a folder,
    in the child: by default `fedlab_kernel.hospital.hospital.open_hospital`.
    """
    parser = argparse.ArgumentParser(prog="fedlab host", description="Run hospitals, one process a folder.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a hospital's folder")
    parser.add_argument("--sockets", required=True, type=Path, help="private folder for the Unix sockets")
    options = parser.parse_args(argv)
    folders = {folder.resolve().name: folder.resolve() for folder in options.folders}
    if len(folders) < len(options.folders):
        parser.error("two folders have the same name")
    _make_private(parser, options.sockets)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the notebook is for the query, not for hospitals
    preload()
    if opener is None:
        from .hospital import open_hospital

        opener = open_hospital
    gc.collect()
    gc.freeze()  # the collector never writes to what the children share
    host = _Host(folders, options.sockets.resolve(), opener)
    try:
        host.run()
    finally:
        host.stop()
    return 0


def preload() -> None:
    """Import what every hospital needs, once for all of them."""
    # A fork copies no threads, and each has its buffers; hospitals on one machine would get into each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in _HEAVY:
        importlib.import_module(name)
    from ..privacy import mechanisms

    mechanisms.preload()


def _make_private(parser: argparse.ArgumentParser, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        parser.error(f"others can reach the hospitals' sockets in {folder}: make the folder private (chmod 700)")


@dataclass(frozen=True, slots=True)
class _Child:
    """A hospital's process, and the pipe on which it reports; the pipe ends when the process does."""

    pid: int
    reports: int


class _Host:
    """The running children. It has one thread only, so that it can fork at any time."""

    def __init__(self, folders: dict[str, Path], sockets: Path, opener: Opener) -> None:
        self._folders = folders
        self._sockets = sockets
        self._opener = opener
        self._children: dict[str, _Child] = {}
        # Only the host holds the writing end: when it is gone, by whatever cause, each child reads the end.
        self._lifeline, self._life = os.pipe()

    def run(self) -> None:
        """Start every hospital, then obey until told to stop or the standard input ends."""
        for name in self._folders:
            self._start(name)
        commands = b""
        while True:
            readable, _, _ = select.select([0, *(child.reports for child in self._children.values())], [], [])
            for name, child in list(self._children.items()):
                if child.reports in readable:
                    self._relay(name, child)
            if 0 in readable:
                piece = os.read(0, 2**16)
                if not piece:
                    return
                *lines, commands = (commands + piece).split(b"\n")
                for line in lines:
                    match _command(line):
                        case {"do": "stop"}:
                            return
                        case {"do": "restart", "hospital": str(name)} if name in self._folders:
                            self._end(name)
                            self._start(name)
                        case _:
                            print("not a command:", line, file=sys.stderr)

    def stop(self) -> None:
        """End every child and take the sockets away. Ending is a kill: ledgers are built for power cuts."""
        os.close(self._life)
        for name in list(self._children):
            self._end(name)
        for name in self._folders:
            (self._sockets / f"{name}.sock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: something else is in it
            self._sockets.rmdir()

    def _start(self, name: str) -> None:
        reports, report = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            # Nothing of the host may go on in the child, whatever happens.
            try:
                os.close(self._life)
                for other in self._children.values():
                    os.close(other.reports)
                self._be_hospital(name, report)
            finally:
                os._exit(1)
        os.close(report)
        self._children[name] = _Child(pid, reports)
        _emit({"event": "starting", "hospital": name})

    def _end(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            os.close(child.reports)

    def _relay(self, name: str, child: _Child) -> None:
        report = os.read(child.reports, select.PIPE_BUF)
        event = json.loads(report) if report else {"event": "died"}
        if event["event"] not in ("ready", "found"):
            self._end(name)
        _emit({**event, "hospital": name})

    def _be_hospital(self, name: str, report: int) -> None:
        """The whole life of a child."""
        folder = self._folders[name]
        try:
            if not folder.is_dir():
                raise Refused(diagnose("FU501", f"There is no folder {folder}."))
            _redirect(folder / LOG_NAME)
            reseed()
            threading.Thread(target=_end_with, args=(self._lifeline,), daemon=True).start()
            opened = whereabouts.opened_or_found(folder, self._opener)
            if isinstance(opened, Path):
                _report(report, {"event": "found", "socket": str(opened)})
                whereabouts.wait_for_end(folder)
                return  # which the end of the pipe tells
            door = self._sockets / f"{name}.sock"

            def ready() -> None:
                whereabouts.say(folder, door)
                _report(report, {"event": "ready"})

            serve(opened, door, ready=ready)
        except Refused as error:
            print(render(error.diagnostics), file=sys.stderr, flush=True)
            first = error.diagnostics[0]
            message = DATA_FAULT if first.code == "FH301" else first.message
            _report(report, {"event": "failed", "code": first.code, "message": message})
        except BaseException:  # the owner reads it in the log; nobody else may
            traceback.print_exc()
            message = f"The hospital could not start; {LOG_NAME} in its folder says why."
            _report(report, {"event": "failed", "code": "FH305", "message": message})


def _command(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def reseed() -> None:
    """Give this process randomness of its own: what was seeded before a fork is the same in every child."""
    random.seed(os.urandom(32))
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(int.from_bytes(os.urandom(4), "big"))
    if torch := sys.modules.get("torch"):
        torch.manual_seed(int.from_bytes(os.urandom(8), "big", signed=True))


def _redirect(log: Path) -> None:
    """Standard input from nowhere, output and errors to the hospital's own log."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    own = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for here, standard in ((nowhere, 0), (own, 1), (own, 2)):
        os.dup2(here, standard)
    os.close(nowhere)
    os.close(own)


def _end_with(lifeline: int) -> NoReturn:
    os.read(lifeline, 1)  # nothing is ever written: this returns when the host is gone
    os._exit(0)


def _report(pipe: int, event: dict[str, str]) -> None:
    # Cut so that it stays below PIPE_BUF, however it is escaped: such a write arrives in one piece.
    os.write(pipe, json.dumps({key: value[:300] for key, value in event.items()}).encode())


def _emit(event: dict[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens: the input ends next
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
