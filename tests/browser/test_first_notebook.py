"""What a researcher does in the first hour, in a real browser: typing, running, watching."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ..given import ROOT
from .lab import Lab

START = ["%load_ext fedlab_kernel", "%fedlab start heart"]
QUERY = '%%fedquery\npatients = table("heart")\nn = release(count(patients), epsilon=0.5)'
TRAINING = """%%fedquery
patients = table("heart")
m = release(mlp(on=patients, inputs=["age", "sex"], target="disease", hidden=[64], rounds=2000), epsilon=2)"""


@pytest.fixture(autouse=True)
def fresh(lab: Lab) -> None:
    """Each test has a demonstration of its own: budgets of one must not matter to another."""
    lab.server.forget()


def started(lab: Lab, name: str, *cells: str) -> None:
    """A notebook with hospitals, and cells below."""
    lab.server.write(f"{name}.ipynb", [*START, *cells])
    lab.open(f"{name}.ipynb")
    lab.run(0)
    expect(lab.run(1).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals are ready")


def test_the_first_notebook_from_a_mistake_to_an_answer(lab: Lab) -> None:
    """A squiggle says what is wrong, its fix mends it, the price stands at the line, and running it moves the gauge."""
    lab.server.give(ROOT / "notebooks" / "00_quickstart.ipynb")
    lab.open("00_quickstart.ipynb")
    lab.run(1)
    lab.run(3)
    cell = lab.edit(7)
    lab.type(7, '%%fedquery -o answers\npatients = table("heart")\nn = release(count(patients), epsilon=0.1)')
    expect(cell.locator(".fedlab-price")).to_have_text(re.compile(r"ε 0\.1 · ± \d+ · under 1 % of what is left"))
    expect(cell.locator(".fedlab-total")).to_contain_text("ε 0.1 · under 1 % of what is left at")
    lab.shot("priced")
    lab.page.keyboard.insert_text("\nold = release(mean(patients.agee), epsilon=0.1)")
    squiggle = cell.locator(".cm-lintRange-error").first
    expect(squiggle).to_have_text("patients.agee")
    tip = lab.tip(squiggle)
    expect(tip).to_contain_text("agee")
    lab.shot("squiggle")
    tip.locator(".cm-diagnosticAction").click()
    expect(cell.locator(".cm-lintRange-error")).to_have_count(0)
    assert "patients.age)" in lab.text(7)

    lab.show_hospitals()
    gauge = lab.hospital("cleveland").locator(".fedlab-gauge").first
    before = gauge.bounding_box()
    left = lab.hospital("cleveland").locator(".fedlab-budget-left").first.inner_text()
    assert before is not None
    ran = lab.run(7)
    expect(ran.locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")
    expect(lab.hospital("cleveland").locator(".fedlab-budget-left").first).not_to_have_text(left)
    expect(cell.locator(".fedlab-price").first).to_contain_text("free, stored")
    lab.shot("answered")


def test_a_dead_hospital_is_named_and_restarted(lab: Lab) -> None:
    """A killed process shows in the panel and in the answer; the panel's button brings it back."""
    started(lab, "dead", QUERY, QUERY.replace("0.5", "0.4"))
    lab.show_hospitals()
    expect(lab.hospital("hungary")).to_have_attribute("data-state", "ready")
    lab.server.kill_hospital("hungary")
    expect(lab.hospital("hungary")).to_have_attribute("data-state", "died")
    lab.shot("died")
    expect(lab.run(2).locator(".jp-OutputArea")).to_contain_text("3 of 4 hospitals answered")
    lab.hospital("hungary").get_by_role("button", name="Restart").click()
    expect(lab.hospital("hungary")).to_have_attribute("data-state", "ready")
    expect(lab.run(3).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")


def test_a_long_training_is_watched_and_interrupted(lab: Lab) -> None:
    """The panel shows its rounds while other cells are checked; Interrupt ends it and the model so far is kept."""
    started(lab, "training", TRAINING, "%%fedquery\nx = 1")
    lab.show_hospitals()
    lab.run(2, wait=False)
    running = lab.page.locator(".fedlab-running")
    expect(running.get_by_role("progressbar")).to_be_visible()
    lab.type(3, "%%fedquery\nimport os")
    expect(lab.cell(3).locator(".cm-lintRange-error")).to_have_text("import os")
    expect(running).to_be_visible()  # it was answered meanwhile
    lab.shot("running")
    running.get_by_role("button", name="Interrupt").click()
    expect(lab.cell(2).locator(".jp-OutputArea")).to_contain_text("You interrupted the training after")
    expect(running).to_have_count(0)


def test_what_would_be_refused_is_red_before_it_runs(lab: Lab) -> None:
    """A cell that no budget admits says so at its corner; run all the same, its refusal is in the panel."""
    started(lab, "refused", QUERY.replace("0.5", "9.9"), QUERY.replace("0.5", "9.8"))
    lab.run(2)
    cell = lab.edit(3)
    lab.page.keyboard.insert_text(" ")
    expect(cell.locator(".fedlab-total.fedlab-refused")).to_contain_text("budget")
    lab.shot("red")
    lab.show_hospitals()
    lab.run(3)
    expect(cell.locator(".jp-OutputArea")).to_contain_text("FP106")
    expect(lab.page.locator(".fedlab-refusals")).to_contain_text("FP106")
    lab.shot("refusal")


def test_completion_and_hover_explain(lab: Lab) -> None:
    """After a dot the columns are offered; a word under the pointer is explained."""
    started(lab, "explained", '%%fedquery\npatients = table("heart")\nx = mean(patients')
    cell = lab.edit(2)
    lab.page.keyboard.type(".ch")
    lab.page.keyboard.press("Tab")
    offered = lab.page.locator(".jp-Completer:not(.lm-mod-hidden)")
    expect(offered.or_(cell.get_by_text("patients.chol"))).to_be_visible()
    lab.page.keyboard.press("Escape")
    lab.type(2, '%%fedquery\npatients = table("heart")\nn = release(count(patients), epsilon=0.5)')
    lab.point_at(2, "count")
    expect(lab.page.locator(".fedlab-hover")).to_contain_text("How many persons")
    lab.shot("hover")


def test_markup_in_a_query_stays_text(lab: Lab) -> None:
    """HTML in a string is shown as it is written, in the tip and in the output, and nothing of it runs."""
    nasty = "<img src=x onerror=window.hit=1>"
    started(lab, "markup", f'%%fedquery\nx = table("{nasty}")')
    cell = lab.edit(2)
    lab.page.keyboard.insert_text(" ")
    expect(lab.tip(cell.locator(".cm-lintRange-error").first)).to_contain_text(nasty)
    lab.run(2)
    expect(cell.locator(".jp-OutputArea")).to_contain_text(nasty)
    assert lab.page.evaluate("window.hit") is None
    assert lab.page.locator('img[src="x"]').count() == 0


def test_squiggles_stand_right_after_text_of_all_kinds(lab: Lab) -> None:
    """Letters beyond ASCII and pairs of UTF-16 units before a mistake do not move its squiggle."""
    started(lab, "letters", "%%fedquery")
    lab.type(2, '%%fedquery\n# é😀\nx = "é😀😀"; import os')
    expect(lab.cell(2).locator(".cm-lintRange-error").last).to_have_text("import os")
    lab.type(2, "%%fedquery")
    expect(lab.cell(2).locator(".cm-lintRange-error")).to_have_count(0)


def test_the_dark_theme_is_readable(lab: Lab) -> None:
    """In the dark theme the panel, prices and squiggles are there; the picture is for people to look at."""
    started(lab, "dark", QUERY, "%%fedquery\nimport os")
    lab.show_hospitals()
    lab.command("Use Theme: JupyterLab Dark")
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    lab.run(2)
    lab.edit(3)
    lab.page.keyboard.insert_text(" ")
    expect(lab.cell(3).locator(".cm-lintRange-error")).to_be_visible()
    lab.shot("dark")
    lab.command("Use Theme: JupyterLab Light")
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "true")
