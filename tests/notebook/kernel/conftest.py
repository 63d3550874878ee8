"""Where Jupyter finds the fedlab kernel, though nothing is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import fedlab_kernel

SPEC = Path(fedlab_kernel.__file__).parent / "kernelspec"


@pytest.fixture(scope="module")
def kernelspec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which Jupyter finds the kernelspec, and in which the researcher's state is kept."""
    place = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(SPEC, place / "kernels" / "fedlab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(place))
        patch.setenv("IPYTHONDIR", str(place / "ipython"))  # a history of its own
        patch.setenv("FEDLAB_STATE", str(place / "state"))
        yield place
