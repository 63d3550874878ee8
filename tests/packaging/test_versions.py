from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import fedlab_kernel

from .conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BINDER = (ROOT / "binder" / "environment.yml").read_text(encoding="utf-8")
PINNED = {canonicalize_name(name): version for name, version in re.findall(r"^ +- ([\w-]+)==(\S+)$", BINDER, re.M)}


def extension(name: str) -> Any:
    """A file of the extension, read as JSON."""
    return json.loads((ROOT / "extension" / name).read_text(encoding="utf-8"))


def test_all_parts_have_one_version() -> None:
    """The distribution, the package, the extension and its lock say the same version."""
    lock = extension("package-lock.json")
    versions = [fedlab_kernel.__version__, extension("package.json")["version"], lock["version"]]
    assert {*versions, lock["packages"][""]["version"]} == {PROJECT["version"]}


@pytest.mark.parametrize("kind", ["dependencies", "devDependencies"])
def test_the_lock_is_of_these_dependencies(kind: str) -> None:
    """What package.json asks for is what package-lock.json was made for, so installing resolves nothing anew."""
    assert extension("package-lock.json")["packages"][""][kind] == extension("package.json")[kind]


def test_the_lock_names_no_registry() -> None:
    """The lock names packages by version and hash, and no host: everybody's own registry serves."""
    assert "://" not in "".join(
        entry.get("resolved", "") for entry in extension("package-lock.json")["packages"].values()
    )


def test_jupyter_finds_the_extension_of_a_clone() -> None:
    """The folder that `jupyter-builder develop` links is the one that the extension is built into."""
    (path,) = fedlab_kernel._jupyter_labextension_paths()
    output = ROOT / "extension" / extension("package.json")["jupyterlab"]["outputDir"]
    assert path["dest"] == extension("package.json")["name"]
    assert Path(fedlab_kernel.__file__).parent / path["src"] == output.resolve()


@pytest.mark.parametrize("text", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lab"]])
def test_binder_pins_every_dependency(text: str) -> None:
    """Binder's environment pins each dependency of fedlab to one version, which fedlab accepts."""
    wanted = Requirement(text)
    version = PINNED[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(version), version


def test_binder_has_torch_without_cuda() -> None:
    """Binder's torch is the one for CPUs; the other would not fit."""
    assert PINNED["torch"].endswith("+cpu")
