"""How the hospitals' updates become the next weights: one file a strategy, found by this package.

A strategy's file has `STRATEGY`, its class; the other files hold what several share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from ...errors import Refused, diagnose
from .strategy import State as State
from .strategy import Strategy as Strategy
from .strategy import Update as Update


def _found() -> dict[str, type[Strategy[Any]]]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found: list[type[Strategy[Any]]] = [module.STRATEGY for module in modules if hasattr(module, "STRATEGY")]
    return {strategy.name: strategy for strategy in found}


STRATEGIES: Final[Mapping[str, type[Strategy[Any]]]] = _found()


def strategy_of(name: str, options: Mapping[str, float]) -> Strategy[Any]:
    """The strategy of that name, with those options and its own defaults for the others.

    Raises:
        Refused: FU510 for an unknown name or option, or a value outside its range.
    """
    if name not in STRATEGIES:
        fix = f"choose one of {', '.join(sorted(STRATEGIES))}"
        raise Refused(diagnose("FU510", f"There is no strategy `{name}`.", fix=fix))
    known = [field.name for field in fields(STRATEGIES[name])]
    for option in options:
        if option not in known:
            fix = f"its options are {', '.join(known)}"
            raise Refused(diagnose("FU510", f"`{name}` has no option `{option}`.", fix=fix))
    return STRATEGIES[name](**options)
