from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from .conftest import ROOT, build

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]  # the first builds the extension, sdist and wheel

SHARE = "share/jupyter/"
EXTENSION = f"{SHARE}labextensions/fedlab/"


def files(wheel: Path) -> Counter[str]:
    """How often each file is in a wheel; those outside of the package are named by where they are installed."""
    with zipfile.ZipFile(wheel) as file:
        return Counter(name.partition(".data/data/")[2] or name for name in file.namelist())


def tutorials(wheel: Path) -> set[str]:
    """What a wheel installs in the extension's folder of notebooks."""
    folder = f"{EXTENSION}notebooks/"
    return {name.removeprefix(folder) for name in files(wheel) if name.startswith(folder)}


@pytest.fixture
def notebooks() -> set[str]:
    """The names of the tutorials."""
    return {notebook.name for notebook in (ROOT / "notebooks").glob("*.ipynb")}


def read(wheel: Path, end: str) -> str:
    """The text of the one file of a wheel whose name ends so."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = [name for name in file.namelist() if name.endswith(end)]
        return file.read(name).decode()


def test_the_sdist_has_the_built_extension_and_what_it_is_built_from(sdist: Path, notebooks: set[str]) -> None:
    """An sdist holds the built extension, its sources, the kernelspec, the notebooks and the settings for Binder."""
    assert (sdist / "fedlab_kernel" / "labextension" / "package.json").is_file()
    assert list((sdist / "fedlab_kernel" / "labextension" / "static").glob("remoteEntry.*.js"))
    for name in ("extension/src/index.ts", "extension/package-lock.json", "binder/environment.yml"):
        assert (sdist / name).is_file(), name
    assert (sdist / "fedlab_kernel" / "kernelspec" / "kernel.json").is_file()
    assert notebooks
    assert {path.name for path in (sdist / "notebooks").rglob("*")} == notebooks
    assert not (sdist / "extension" / "node_modules").exists()


def test_a_build_from_long_ago_is_not_shipped(sdist: Path) -> None:
    """A clone's earlier build is replaced when a distribution is made from it."""
    shipped = sdist / "fedlab_kernel" / "labextension"
    ours = json.loads((ROOT / "extension" / "package.json").read_text(encoding="utf-8"))
    assert json.loads((shipped / "package.json").read_text(encoding="utf-8"))["version"] == ours["version"]
    assert not (shipped / "static" / "remoteEntry.stale.js").exists()


def test_building_leaves_the_lock_as_it_is(clone: Path, sdist: Path) -> None:
    """Making a distribution installs what the lock says and does not write it again, as another npm would."""
    lock = (clone / "extension" / "package-lock.json").read_bytes()
    assert (sdist / "extension" / "package-lock.json").read_bytes() == lock
    packages = json.loads(lock)["packages"].values()
    assert packages
    assert not any("peer" in package for package in packages)


def test_the_wheel_is_built_without_node_and_has_the_extension(wheel: Path) -> None:
    """The wheel, made of the sdist without Node.js, installs the extension and the bundle that it begins with."""
    built = json.loads(read(wheel, f"{EXTENSION}package.json"))["jupyterlab"]["_build"]
    assert files(wheel)[EXTENSION + built["load"]] == 1
    installer = json.loads(read(wheel, f"{EXTENSION}install.json"))
    assert (installer["packageManager"], installer["packageName"]) == ("python", "fedlab-kernel")


def test_the_wheel_has_the_kernel(wheel: Path) -> None:
    """The wheel installs the kernelspec with its logos, and has the module that it starts."""
    spec = json.loads(read(wheel, f"{SHARE}kernels/fedlab/kernel.json"))
    module = spec["argv"][spec["argv"].index("-m") + 1].replace(".", "/")
    packed = files(wheel)
    assert packed[f"{module}.py"] + packed[f"{module}/__main__.py"] == 1
    for file in (ROOT / "fedlab_kernel" / "kernelspec").iterdir():
        assert packed[f"{SHARE}kernels/fedlab/{file.name}"] == 1, file.name


def test_the_wheel_has_the_tutorials(wheel: Path, notebooks: set[str]) -> None:
    """The wheel installs every notebook beside the extension, and nothing else there."""
    assert tutorials(wheel) == notebooks


@pytest.mark.usefixtures("sdist")  # making it builds the extension of the clone
def test_the_wheel_of_a_clone_has_no_checkpoints(clone: Path, tmp_path: Path, notebooks: set[str]) -> None:
    """From a folder in which somebody worked, too, only the notebooks themselves are installed."""
    assert tutorials(build("wheel", clone, tmp_path, SKIP_JUPYTER_BUILDER="1")) == notebooks


def test_nothing_is_in_the_wheel_twice(wheel: Path) -> None:
    """No file of the extension or of the kernelspec is in the package as well, and no name occurs twice."""
    packed = files(wheel)
    assert not [name for name in packed if name.startswith(("fedlab_kernel/labextension", "fedlab_kernel/kernelspec"))]
    assert [name for name, times in packed.items() if times > 1] == []
