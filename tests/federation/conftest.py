"""Real hospitals in this process: real ledgers, logs and noise, no sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import InThread
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.wire.frames import FRAME_LIMIT
from fedlab_kernel.wire.messages import Request
from fedlab_kernel.wire.signing import open_envelope


def request_in(frame: bytes) -> Request:
    """The request that somebody sends; looking for its name in the bytes would find it in keys and signatures too."""
    return open_envelope(frame, FRAME_LIMIT)[1]


class World:
    """Four hospitals in this process, and the means to connect to them, kill them and start them again."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.folders = {folder.name: folder for folder in datasets.write("heart", None, room / "hospitals")}
        self.hospitals = {name: Hospital(folder) for name, folder in self.folders.items()}

    def connect(self, researcher: str = "alice") -> Federation:
        """A federation with a journal and key of its own."""
        return Federation.connect(InThread(self.hospitals), list(self.folders), self.room / researcher)

    def kill(self, name: str) -> None:
        """Take a hospital away."""
        self.hospitals.pop(name).close()

    def start(self, name: str) -> None:
        """Open a hospital again."""
        self.hospitals[name] = Hospital(self.folders[name])

    def close(self) -> None:
        """Close every ledger."""
        for hospital in self.hospitals.values():
            hospital.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four hospitals with the synthetic heart data."""
    made = World(tmp_path)
    yield made
    made.close()
