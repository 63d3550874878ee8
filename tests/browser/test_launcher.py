"""The launcher, the tutorials, and the leakage lab's widget."""

from __future__ import annotations

from playwright.sync_api import expect

from .lab import Lab


def test_the_launcher_opens_a_fedlab_notebook_and_a_tutorial(lab: Lab) -> None:
    """Its cards make a notebook of the fedlab kernel, and copy a tutorial to where the researcher may change it."""
    lab.page.goto(f"{lab.server.address}/lab?reset")
    launcher = lab.page.locator(".jp-Launcher")
    expect(launcher).to_contain_text("fedlab")
    lab.shot("launcher")
    lab.command("Open Tutorial: Quickstart")
    expect(lab.page.locator(".jp-NotebookPanel")).to_contain_text("Quickstart")
    assert (lab.server.root / "fedlab-tutorials" / "00_quickstart.ipynb").is_file()


def test_the_leakage_lab_moves_with_its_switches(lab: Lab) -> None:
    """The button steals the batch, certified persons appear, and a defence that is switched on takes them away."""
    lab.server.write("lab.ipynb", ["%load_ext fedlab_kernel", "%fedleak digits --batch 10"])
    lab.open("lab.ipynb")
    lab.run(0)
    cell = lab.run(1)
    cell.get_by_role("button", name="Steal the batch").click()
    expect(cell.locator("figure.right")).to_have_count(10)
    lab.shot("stolen")
    noise = cell.locator(".widget-hslider").filter(has_text="noise")
    noise.get_by_role("slider").focus()
    for _ in range(6):
        lab.page.keyboard.press("ArrowRight")
    expect(cell.locator("figure.right")).to_have_count(0)
    lab.shot("protected")
