"""Hospitals in real processes, asked by the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from fedlab_kernel import datasets
from fedlab_kernel.federation.session import Federation

HOSPITALS = {"cleveland", "hungary", "long_beach", "switzerland"}
COMMAND = (sys.executable, "-m", "fedlab_kernel")


@dataclass(frozen=True)
class Room:
    """A researcher with four hospitals.

    Attributes:
        hospitals: the folder of the hospitals' folders.
        state: where the researcher's key and journal are.
    """

    hospitals: Path
    state: Path

    def fedlab(self, *argv: object) -> subprocess.CompletedProcess[str]:
        """The outcome of a command."""
        command = [*COMMAND, *map(str, argv)]
        env = {**os.environ, "FEDLAB_STATE": str(self.state), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, timeout=120)

    def write(self, text: str) -> Path:
        """A query file with this text."""
        file = self.hospitals.parent / "query.fq"
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, text: str, *options: object) -> subprocess.CompletedProcess[str]:
        """The outcome of `fedlab run` of a text."""
        return self.fedlab("run", self.write(text), "--data", self.hospitals, *options)

    def answers(self, text: str, *options: object) -> dict[str, Any]:
        """What `fedlab run --format json` of a text prints, which must be one object and nothing else."""
        done = self.run(text, "--format", "json", *options)
        assert (done.returncode, done.stderr) == (0, "")
        answers: dict[str, Any] = json.loads(done.stdout)
        return answers

    def ledgers(self) -> dict[str, dict[str, Any]]:
        """What `fedlab ledger --format json` prints, by hospital."""
        done = self.fedlab("ledger", self.hospitals, "--format", "json")
        assert done.returncode == 0, done.stderr
        return {ledger["hospital"]: ledger for ledger in map(json.loads, done.stdout.splitlines())}

    def add_policy(self, line: str, *names: str) -> None:
        """Add a line to the policy of hospitals; of all where none is named."""
        for folder in self.hospitals.iterdir():
            if not names or folder.name in names:
                with (folder / "hospital.toml").open("a", encoding="utf-8") as file:
                    file.write(line + "\n")


def make_room(place: Path) -> Room:
    """A new room with the built-in hospitals of `heart`."""
    datasets.write("heart", None, place / "hospitals")
    return Room(place / "hospitals", place / "state")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A room for one test."""
    return make_room(tmp_path)


def process_of(hospital: str, federation: Federation) -> psutil.Process:
    """The process of a hospital: the one that holds its ledger open."""
    assert federation.hospitals[hospital].state == "ready"
    for process in psutil.Process().children(recursive=True):
        if any(Path(file.path).parts[-3:-1] == (hospital, "state") for file in process.open_files()):
            return process
    pytest.fail(f"no process serves {hospital}")
