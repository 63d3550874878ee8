"""Kernels of all kinds behind the same page: fedlab's own, one without fedlab, one restarted, two on one federation."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .lab import Lab
from .test_first_notebook import QUERY, START, TRAINING, started

BARE = 'patients = table("heart")\nn = release(count(patients), epsilon=0.5)'


def test_in_the_fedlab_kernel_every_cell_is_a_query(lab: Lab) -> None:
    """Its cells are checked and priced without a magic, run as queries, and `%%python` stays local and unchecked."""
    lab.server.write("kernel.ipynb", [BARE, "%%python\nimport os\n1 + 1", "import os"], kernel="fedlab")
    lab.open("kernel.ipynb")
    lab.show_hospitals()
    expect(lab.hospital("cleveland")).to_have_attribute("data-state", "ready")
    expect(lab.cell(0).locator(".fedlab-price")).to_contain_text("ε 0.5")
    expect(lab.run(0).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")
    expect(lab.run(1).locator(".jp-OutputArea-output").last).to_have_text("2")
    expect(lab.cell(1).locator(".cm-lintRange")).to_have_count(0)
    expect(lab.cell(2).locator(".cm-lintRange-error")).to_have_text("import os")
    lab.shot("kernel")


def test_a_notebook_is_switched_to_the_fedlab_kernel(lab: Lab) -> None:
    """After the switch the same page checks all cells, and the panel is that of the new kernel."""
    lab.server.write("switch.ipynb", ["import os"])
    lab.open("switch.ipynb")
    lab.show_hospitals()
    lab.page.locator(".jp-KernelName").click()
    dialog = lab.page.locator(".jp-Dialog")
    select = dialog.locator("select")
    option = select.locator("option", has_text=re.compile("^fedlab$")).first.get_attribute("value")
    select.select_option(value=option)
    dialog.get_by_role("button", name="Select Kernel").click()
    expect(lab.cell(0).locator(".cm-lintRange-error")).to_have_text("import os")
    expect(lab.hospital("cleveland")).to_have_attribute("data-state", "ready")


def test_a_kernel_without_fedlab_is_left_alone(lab: Lab) -> None:
    """Nothing is priced before `%load_ext`; the panel says how to load it, and its button does."""
    lab.server.write("plain.ipynb", ["1 + 1", QUERY])
    lab.open("plain.ipynb")
    lab.show_hospitals()
    panel = lab.page.locator("#fedlab-hospitals")
    expect(panel).to_contain_text("%load_ext fedlab_kernel")
    expect(lab.cell(1).locator(".fedlab-price")).to_have_count(0)
    lab.shot("absent")
    panel.get_by_role("button", name=re.compile("Load")).click()
    expect(panel).not_to_contain_text("%load_ext fedlab_kernel")


def test_a_restart_in_mid_query_leaves_nothing_behind(lab: Lab) -> None:
    """The kernel restarted during a training: its hospitals end, the page forgets them, and a new start works."""
    started(lab, "restarted", TRAINING)
    lab.show_hospitals()
    lab.run(2, wait=False)
    expect(lab.page.locator(".fedlab-running")).to_be_visible()
    lab.command("Restart Kernel…")
    lab.page.locator(".jp-Dialog").locator(".jp-mod-accept").click()
    expect(lab.page.locator(".fedlab-hospital")).to_have_count(0)
    lab.idle()
    lab.page.wait_for_timeout(1500)
    lab.run(0)
    expect(lab.run(1).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals are ready")
    expect(lab.page.locator(".fedlab-hospital")).to_have_count(4)


def test_two_notebooks_share_one_federation(lab: Lab) -> None:
    """The second notebook uses the hospitals of the first, says so, and an answer paid in one is free in the other."""
    started(lab, "one", QUERY)
    lab.run(2)
    lab.server.write("two.ipynb", [*START, QUERY])
    lab.show_file("two.ipynb")
    lab.run(0)
    expect(lab.run(1).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals are ready")
    expect(lab.cell(2).locator(".fedlab-price")).to_contain_text("free, stored")
    lab.show_hospitals()
    expect(lab.page.locator("#fedlab-hospitals")).to_contain_text("Another notebook started these hospitals")
    expect(lab.run(2).locator(".jp-OutputArea")).to_contain_text("charged now: nothing")
    lab.shot("shared")
