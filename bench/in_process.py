"""Hospitals within this process, with real ledgers, logs and noise, for benchmarks that train a great many models."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import tomli_w

from fedlab_kernel.datasets.folder import Document, Site, write_folder
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import InThread
from fedlab_kernel.hospital.hospital import Hospital

POLICY: dict[str, object] = {
    "researchers": ["*"], "epsilon_max": 100.0, "tick_seconds": 0.0,
    "budget_epsilon": 1e6, "budget_delta": 0.1, "total_epsilon": 1e6, "total_delta": 0.1,
}  # fmt: skip
"""Admits a whole experiment, so it guarantees nothing together; each training has the price that it is charged."""


@contextlib.contextmanager
def federation(sites: Sequence[Site], catalogue: Mapping[str, Document], delta: float = 1e-8) -> Iterator[Federation]:
    """A federation of new hospitals with these rows.

    Args:
        sites: the hospitals.
        catalogue: of their tables.
        delta: of one release; the default is that of a hospital's policy.
    """
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))  # what hospitals tell their owner
        hospitals: dict[str, Hospital] = {}
        for site in sites:
            folder = write_folder(site, catalogue, "", room / "hospitals")
            described = {"name": site.name, "title": site.title, "policy": POLICY | {"release_delta": delta}}
            (folder / "hospital.toml").write_text(tomli_w.dumps(described), encoding="utf-8")
            hospitals[site.name] = Hospital(folder)
            stack.callback(hospitals[site.name].close)
        yield stack.enter_context(Federation.connect(InThread(hospitals), list(hospitals), room / "researcher"))
