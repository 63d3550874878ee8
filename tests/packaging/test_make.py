from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT


def make_node(programs: Path) -> subprocess.CompletedProcess[str]:
    """`make node` where only the shell's own programs and these are found."""
    for name in ("make", "sh"):
        (programs / name).symlink_to(str(shutil.which(name)))
    env = {"PATH": str(programs)}
    return subprocess.run([programs / "make", "node"], cwd=ROOT, env=env, capture_output=True, text=True)


def test_a_machine_without_node_is_told_what_is_missing(tmp_path: Path) -> None:
    """Without Node.js, `make` ends with the versions that it needs, and says that a wheel needs none."""
    done = make_node(tmp_path)
    assert done.returncode != 0
    assert "20.19" in done.stderr
    assert "Found: node none, npm none." in done.stderr
    assert "wheel" in done.stderr


@pytest.mark.parametrize(
    ("version", "fits"),
    [("18.20.4", False), ("20.18.3", False), ("20.19.0", True), ("21.7.3", False), ("22.11.0", False),
     ("22.12.0", True), ("24.1.0", True)],
)  # fmt: skip
def test_the_versions_of_node_that_fit(version: str, fits: bool, tmp_path: Path) -> None:
    """The bundler's versions of Node.js pass, and others are refused by name."""
    real = shutil.which("node")  # a clone is installed with it
    assert real is not None
    says = f"""Object.defineProperty(process, "versions", {{value: {{node: "{version}"}}}})"""
    preload = tmp_path / "version.cjs"
    preload.write_text(says, encoding="utf-8")
    node = tmp_path / "node"
    node.write_text(
        f'#!/bin/sh\ncase $1 in --version) echo v{version};; *) exec "{real}" --require "{preload}" "$@";; esac\n',
        encoding="utf-8",
    )
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 11.0.0\n", encoding="utf-8")
    for program in (node, npm):
        program.chmod(0o755)
    done = make_node(tmp_path)
    assert (done.returncode == 0) is fits, done.stderr
    assert fits or f"node v{version}" in done.stderr
