"""What an extension may ask, also while a query runs: what is known of a cell, and what to do with hospitals."""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...editor import Position, completion, diagnostics, hover
from ...editor.magic import magic_of
from ...errors import Refused
from ..known import known_of
from ..workbench import Workbench
from .status import Statuses, as_json

QueryOf = Callable[[str], str | None]
"""The text of a cell as the editor service takes it; None where the cell is no query."""


def query_after_magic(text: str) -> str | None:
    """The cells that are queries in a Python kernel: those that begin with `%%fedquery`, after any empty lines."""
    return text if magic_of(text).end else None


class Answering:
    """Answers requests; safe to use from any thread.

    Args:
        workbench: the notebook's.
        statuses: of the workbench.
        query_of: which cells are queries.
        changed: called after something was done, so that the status is sent.
    """

    def __init__(
        self, workbench: Workbench, statuses: Statuses, query_of: QueryOf, changed: Callable[[], None]
    ) -> None:
        self._workbench, self._statuses = workbench, statuses
        self._query_of, self._changed = query_of, changed

    def reply(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to a request; what is wrong with it is its `problem`."""
        identity, problem, answer = request.get("id"), "", None
        try:
            answer = self._answer(request)
        except Refused as refused:
            problem = refused.diagnostics[0].message
        except (msgspec.ValidationError, _NotAsked) as error:
            problem = str(error)
        except Exception as error:  # or else the frontend waits for nothing
            traceback.print_exc(file=sys.stderr)
            problem = f"The kernel failed on this question: {type(error).__name__}."
        return {"id": identity, "answer": as_json(answer), "problem": problem}

    def _answer(self, request: Mapping[str, Any]) -> Any:
        match request.get("do"):
            case "diagnostics" | "hover" | "completion" as what:
                text = self._query_of(msgspec.convert(request.get("text"), str))
                return None if text is None else self._about(what, text, request)
            case "start":
                data = msgspec.convert(request.get("data"), str)
                self._workbench.start_soon(data, new=msgspec.convert(request.get("fresh"), bool))
            case "stop":
                self._later(self._workbench.stop)
            case "restart":
                name = msgspec.convert(request.get("hospital"), str)
                self._later(lambda: self._workbench.restart(name))
            case "cancel":
                self._workbench.cancel()
            case "verify":
                self._later(self._verify)
            case what:
                raise _NotAsked(f"The kernel does not know what {what!r:.40} is.")
        self._changed()
        return None

    def _about(self, what: str, text: str, request: Mapping[str, Any]) -> Any:
        known = known_of(self._workbench.federation)
        if what == "diagnostics":
            return diagnostics(text, known.offer, known.names, known.researcher, known.paid)
        position = msgspec.convert(request.get("position"), Position)
        if what == "hover":
            return hover(text, position, known.offer, known.names, known.researcher, known.paid)
        return completion(text, position, known.offer, known.names)

    def _verify(self) -> None:
        if self._workbench.refresh():
            self._statuses.verified_anew()

    def _later(self, do: Callable[[], object]) -> None:
        """Do something that takes long; what becomes of it is in the status."""

        def done() -> None:
            with contextlib.suppress(Refused):  # kept as the workbench's problem
                do()
            self._changed()

        threading.Thread(target=done, name="fedlab-panel", daemon=True).start()


class _NotAsked(Exception):
    """A request that makes no sense."""
