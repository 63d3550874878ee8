"""What a hospital may check of a network: why it does not train one is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fedlab_kernel.exhibits import built_in
from fedlab_kernel.leakage.checks import CHECKS, refusal
from fedlab_kernel.leakage.setting import Setting

FACES = built_in("faces")
SETTING = Setting(batch=10, neurons=500)


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "exposure"])
def test_an_honest_start_is_trained(check: str) -> None:
    """Without a check, or where the start is recomputed, nothing speaks against an honest network."""
    assert refusal(check, SETTING, FACES, 3) == ""


def test_a_forged_start_is_told_by_its_seed() -> None:
    """The seed is named that does not give the weights."""
    assert refusal("start", replace(SETTING, model="trap"), FACES, 3) == "its weights are not those that seed 3 gives."


def test_models_that_differ_are_told_by_comparing() -> None:
    """Hospitals that compare what they were sent train no network that only one of them got."""
    inconsistent = replace(SETTING, model="inconsistent", hospitals=2, summed=True)
    assert refusal("same", inconsistent, FACES, 3) == "another hospital was sent another one: the digests differ."
    assert refusal("none", inconsistent, FACES, 3) == ""


def test_exposure_is_told_with_its_limit() -> None:
    """How many public persons came out is said beside how many may; without enough of them nothing is trained."""
    told = refusal("exposure", SETTING, FACES, 0)
    assert told == "of 10 public persons 100% come out of it; at most 10% may."
    assert refusal("exposure", replace(SETTING, batch=60), FACES, 0) == "there are no 60 public persons to try it on."
