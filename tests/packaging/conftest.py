"""A copy of the project as a clone has it, and what is built from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = shutil.ignore_patterns(
    ".*_cache", ".git", ".hypothesis", ".venv", "__pycache__", ".ipynb_checkpoints", "*.tsbuildinfo",
    "build", "demo-output", "dist", "labextension", "lib", "node_modules",
)  # fmt: skip
PROGRAMS = Path(sys.executable).parent
"""Where the environment has its programs; Node.js is not one of them."""


def build(kind: str, source: Path, out: Path, **env: str) -> Path:
    """The "sdist" or the "wheel" that `python -m build` makes of the sources, in the empty folder `out`."""
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="package")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project in which somebody has worked: with an extension built long ago, a checkpoint, and a lock
    without what only some versions of npm note in it.
    """
    clone = tmp_path_factory.mktemp("clone") / "fedlab"
    shutil.copytree(ROOT, clone, ignore=BUILT)
    shutil.copytree(ROOT / "extension" / "node_modules", clone / "extension" / "node_modules", symlinks=True)
    stale = clone / "fedlab_kernel" / "labextension"
    (stale / "static").mkdir(parents=True)
    (stale / "package.json").write_text('{"name": "fedlab", "version": "0.0.0"}', encoding="utf-8")
    (stale / "static" / "remoteEntry.stale.js").touch()
    checkpoint = clone / "notebooks" / ".ipynb_checkpoints" / "00_quickstart-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.touch()
    lock = clone / "extension" / "package-lock.json"
    noted = json.loads(lock.read_text(encoding="utf-8"))
    for package in noted["packages"].values():
        package.pop("peer", None)
    lock.write_text(json.dumps(noted, indent=2), encoding="utf-8")
    yield clone
    shutil.rmtree(clone / "extension" / "node_modules")  # pytest keeps the rest for a while


@pytest.fixture(scope="package")
def sdist(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist that is built from the clone, unpacked."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    archive = build("sdist", clone, tmp_path_factory.mktemp("sdist"), PATH=path)
    out = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # not in the first releases of Python 3.11
        tar.extractall(out)
    (unpacked,) = out.iterdir()
    return unpacked


@pytest.fixture(scope="package")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist where no Node.js can be found."""
    assert shutil.which("node", path=str(PROGRAMS)) is None
    assert shutil.which("npm", path=str(PROGRAMS)) is None
    return build("wheel", sdist, tmp_path_factory.mktemp("wheel"), PATH=str(PROGRAMS))
