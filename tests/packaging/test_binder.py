from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import BUILT, PROGRAMS, ROOT


@pytest.fixture
def dockerfile(tmp_path: Path) -> str:
    """What repo2docker says and would have Docker do with a copy of the project; made offline."""
    copy = shutil.copytree(ROOT, tmp_path / "fedlab", ignore=BUILT)
    command = [PROGRAMS / "jupyter-repo2docker", "--no-build", "--debug", "--user-id=1000", "--user-name=jovyan", copy]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=250)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_binder_builds_from_our_files(dockerfile: str) -> None:
    """The image installs our environment and runs our postBuild, which can be executed."""
    assert re.search(r"^COPY .*binder/environment\.yml", dockerfile, re.M)
    assert re.search(r"^RUN .*binder/postBuild", dockerfile, re.M)
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)


def test_binder_uses_the_python_we_name(dockerfile: str) -> None:
    """The image's environment begins with Python 3.11, which environment.yml asks for."""
    assert "environment for python=3.11" in dockerfile


def test_the_badge_opens_the_first_notebook() -> None:
    """The README's badge leads to a notebook that exists, in JupyterLab, in the image that Binder builds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"\]\((https://mybinder\.org/v2/gh/[^)]+)\)", readme)
    path = re.fullmatch(r"https://mybinder\.org/v2/gh/[\w-]+/[\w-]+/HEAD\?urlpath=lab/tree/(.+)", link)
    assert path is not None
    assert (ROOT / path.group(1)).is_file()


def test_the_shell_can_read_post_build() -> None:
    """The scripts that no test runs, of Binder and of CI, are at least written as the shell reads them."""
    for script in ("binder/postBuild", ".ci/run"):
        done = subprocess.run(["bash", "-n", ROOT / script], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), script
