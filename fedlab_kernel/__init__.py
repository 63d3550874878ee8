"""fedlab: learn from hospital data that nobody but the hospital may see."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext fedlab_kernel`."""
    from .notebook.magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext fedlab_kernel`; stops the hospitals."""
    from .notebook.magics import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built extension lies in a clone; `jupyter-builder develop` links JupyterLab to it."""
    return [{"src": "labextension", "dest": "fedlab"}]
