"""A host whose hospitals answer bytes with bytes: stands in for real ones in tests of processes."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

import numpy as np

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital import release
from fedlab_kernel.hospital.host import main
from fedlab_kernel.hospital.store import Store


class Echo:
    """Answers `NAME:frame`; a few frames make it misbehave."""

    store: Store  # with the lock that every hospital has

    def __init__(self, name: str) -> None:
        self._name = name

    def answer(self, frame: bytes) -> bytes:
        """Echo the frame, or do what it says."""
        match frame.split():
            case [b"raise"]:
                raise RuntimeError("the patient in row 17")
            case [b"die"]:
                os._exit(3)
            case [b"sleep", seconds]:
                time.sleep(float(seconds))
            case [b"pid"]:
                return str(os.getpid()).encode()
            case [b"print"]:
                print("a stray print")
            case [b"large", size]:
                return bytes(int(size))
            case [b"draws"]:
                import torch  # which takes long, and is there already in a host that runs

                number = float(torch.rand((), dtype=torch.float64))
                return json.dumps([random.random(), float(np.random.random()), number]).encode()
            case [b"input"]:
                return json.dumps(os.fstat(0).st_rdev == Path(os.devnull).stat().st_rdev).encode()
        return self._name.encode() + b":" + frame

    def refuse(self, reason: Refused) -> bytes:
        """Note the refusal where the owner finds it, and say it."""
        print("refused:", reason, flush=True)
        return release.reply(release.refused(reason))


def open_echo(folder: Path) -> Echo:
    """The hospital of a folder; a file named `fault` or `crash` in it keeps it from starting."""
    if (folder / "fault").exists():
        raise Refused(diagnose("FH301", "The column age has no unit."))
    if (folder / "crash").exists():
        raise RuntimeError("the patient in row 17")
    echo = Echo(folder.name)
    echo.store = Store(folder)
    return echo


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], opener=open_echo))
