"""The switches as options of a line: what is said holds, and what is left out fits the data and the attack."""

from __future__ import annotations

import argparse
from dataclasses import fields

import pytest

from fedlab_kernel.exhibits import built_in
from fedlab_kernel.leakage.options import OPTIONS, chosen, setting_of
from fedlab_kernel.leakage.setting import Setting


def parsed(line: str) -> argparse.Namespace:
    """A line with the options alone."""
    parser = argparse.ArgumentParser()
    for name, declared in OPTIONS.items():
        parser.add_argument(name, **declared)
    return parser.parse_args(line.split())


def test_every_switch_has_an_option() -> None:
    """Each attribute of a setting but the data's name can be said, and an empty line says none."""
    assert {one["dest"] for one in OPTIONS.values()} == {one.name for one in fields(Setting)} - {"data"}
    assert chosen(parsed("")) == {}


@pytest.mark.parametrize(
    ("line", "name", "setting"),
    [
        ("", "faces", Setting()),
        ("", "phantoms", Setting(data="phantoms", batch=20, neurons=400)),
        ("--neurons 1000 --batch 30", "phantoms", Setting(data="phantoms", batch=30)),
        ("--attack ig", "faces", Setting(batch=1, attack="ig")),
        ("--hospitals 5", "faces", Setting(batch=20, hospitals=5)),
        ("--local-steps 3 --sum", "digits", Setting(data="digits", steps=3, summed=True)),
        ("--hospitals 0", "faces", Setting(hospitals=0)),
    ],
)
def test_what_is_left_out_fits(line: str, name: str, setting: Setting) -> None:
    """Without a batch as many persons are taken as there are, as a hospital trains, and as the attack can find."""
    assert setting_of(parsed(line), name, built_in(name)) == setting
