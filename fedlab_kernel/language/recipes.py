"""How a training goes: its rounds, steps and sample, the rates of its rounds, and how updates become weights."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypedDict

from .fault import Fault
from .learned import STRATEGIES
from .names import nearest
from .primitive import Call
from .public import Counted, List, Public, Unknown, bounds, describe, is_number
from .training import LEAST_RATE, MOST_ROUNDS, MOST_STEPS
from .values import FunctionValue, Poison

_LARGEST = 1e9
_OPTIONS = ("server_rate", "mu", "beta1", "beta2", "tau")
_BELOW_ONE = ("beta1", "beta2")
_MAY_BE_ZERO = ("mu", "beta1", "beta2")


class Plan(TypedDict):
    """What a hospital must know of a training, and what its price depends on."""

    rounds: int
    steps: int
    sample_rate: float
    clip: float


def plan_of(call: Call) -> Plan:
    """Rounds, steps, sample rate and clipping norm; all known before running.

    Raises:
        Fault: FQ215 for a number out of range, FQ216 for one that is not known.
    """
    return Plan(
        rounds=call.whole("rounds", 1, MOST_ROUNDS) if call.given("rounds") else 50,
        steps=call.whole("steps", 1, MOST_STEPS) if call.given("steps") else 1,
        sample_rate=_known(call, "sample_rate", 0.2, LEAST_RATE, 1.0),
        clip=_known(call, "clip", 1.0, 1e-6, _LARGEST),
    )


def rates_of(call: Call, rounds: int) -> Generator[Any, Any, tuple[Public, ...]]:
    """The learning rate of each round, from a number, a list, or a function of the round's number (from 0).

    Raises:
        Fault: FQ215 for one that is not positive, FQ204 for a list of another length.
    """
    given = call["learning_rate"] if call.given("learning_rate") else 0.5
    if isinstance(given, FunctionValue):
        rates = []
        for number in range(rounds):
            rate = yield call.context.enter(given, [number], one_person=False)
            if isinstance(rate, Poison):
                return (0.5,) * rounds
            rates.append(rate)
    elif isinstance(given, List):
        if len(given) != rounds:
            message = f"`learning_rate` has {len(given)} numbers for {rounds} rounds."
            raise Fault("FQ204", message, "learning_rate", "give one number, or one for each round")
        rates = list(given)
    else:
        rates = [given] * rounds
    if isinstance(given, FunctionValue | List):
        for number, rate in enumerate(rates):
            _require_rate(rate, f" of round {number}")
    else:
        _require_rate(given, "")
    return tuple(rates)


def strategy_of(call: Call) -> str:
    """The name of the strategy.

    Raises:
        Fault: FQ215 for an unknown one.
    """
    name = call.public("strategy") if call.given("strategy") else "fedavg"
    if isinstance(name, str) and name in STRATEGIES:
        return name
    known = f"fed{name}" if f"fed{name}" in STRATEGIES else None
    if known is None and isinstance(name, str):
        known = nearest(name, STRATEGIES)
    fix = f'did you mean "{known}"?' if known else f"one of {', '.join(STRATEGIES)}"
    raise Fault("FQ215", "There is no such strategy.", "strategy", fix)


def options_of(call: Call, strategy: str) -> Mapping[str, float]:
    """What a call sets of its strategy.

    Raises:
        Fault: FQ204 for what this strategy does not have, FQ215 for a number out of range.
    """
    options: dict[str, float] = {}
    for name in _OPTIONS:
        if call.given(name):
            if name not in STRATEGIES[strategy]:
                having = [other for other, its in STRATEGIES.items() if name in its]
                message = f'The strategy "{strategy}" has no `{name}`.'
                raise Fault("FQ204", message, name, f"it belongs to {', '.join(having)}")
            least = 0.0 if name in _MAY_BE_ZERO else 1e-15
            options[name] = _known(call, name, 0.0, least, 0.999_999 if name in _BELOW_ONE else _LARGEST)
    return options


def sizes_of(call: Call) -> Counted | Unknown | None:
    """The released count by whose parts hospitals' updates are weighted; None where it is by declared sizes.

    Raises:
        Fault: FQ210 for anything else.
    """
    given = call["sizes"] if call.given("sizes") else None
    if given is None or isinstance(given, Counted) or (isinstance(given, Unknown) and given.counted):
        return given
    message = f"`sizes` is a count as it was released, which knows each hospital's part, not {describe(given)}."
    raise Fault("FQ210", message, "sizes", "release one, `n = release(count(patients), epsilon=0.1)`, and give `n`")


def _known(call: Call, name: str, usual: float, lo: float, hi: float) -> float:
    if not call.given(name):
        return usual
    try:
        value = call.number(name, lo, hi)
    except Fault as fault:
        fix = "it is a share of the persons, not a number of them" if name == "sample_rate" else fault.fix
        raise Fault(fault.code, fault.message, fault.argument, fix) from None
    if isinstance(value, Unknown):
        raise Fault("FQ216", f"`{name}` must be known before running.", name, "write a number")
    return float(value)


def _require_rate(rate: object, which: str) -> None:
    if not is_number(rate):
        raise Fault("FQ210", f"A learning rate is a number, not {describe(rate)}.", "learning_rate")
    low, high = bounds(rate)  # type: ignore[arg-type]  # a number, as was looked at
    if high <= 0 or (not isinstance(rate, Unknown) and not 0 < low <= _LARGEST):
        message = f"The learning rate{which} is {low:.4g}; it is a number above 0, at most {_LARGEST:g}."
        raise Fault("FQ215", message, "learning_rate")
