"""A hospitals' host whose hospital `cleveland` kills itself, as a power cut would, at one step of its work."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.host import main


def opener_that_dies_at(step: str):
    """An opener of hospitals; `cleveland` dies when it reaches `step`."""

    def open_hospital(folder: Path) -> Hospital:
        def after_step(reached: str) -> None:
            if reached == step:
                os.kill(os.getpid(), signal.SIGKILL)

        return Hospital(folder, after_step if folder.name == "cleveland" else lambda _: None)

    return open_hospital


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], opener_that_dies_at(sys.argv[1])))
