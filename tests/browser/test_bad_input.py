"""What nobody should write but somebody does: markup for names, huge cells, lone magics, hosts that are killed."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import expect

from fedlab_kernel.datasets import write

from .lab import Lab
from .test_first_notebook import QUERY, TRAINING, started

NASTY = "<img src=x onerror=window.hit=1> **loud** [link](javascript:window.hit=2) <script>window.hit=3</script>"


def hostile_hospitals(out: Path) -> None:
    """Hospitals whose title, labels, unit and meanings hold HTML and Markdown."""
    for folder in write("heart", 2, out):
        declared = folder / "hospital.toml"
        text, titles = re.subn(r'(?m)^title = ".*"$', f"title = '{NASTY} {folder.name}'", declared.read_text("utf-8"))
        declared.write_text(text, encoding="utf-8")
        catalogue = folder / "tables" / "heart.toml"
        text, changed = catalogue.read_text("utf-8"), titles
        for key, old in (("label = ", '"age"'), ("unit = ", '"years"'), ("", '"typical angina"')):
            changed += text.count(key + old)
            text = text.replace(key + old, f"{key}'{NASTY}'", 1)
        assert changed == 4, text
        catalogue.write_text(text, encoding="utf-8")


def kill_host(lab: Lab) -> None:
    """Kill the processes of all hospitals of the server's kernels, the one that started them first."""
    hosts = lab.server.hosts()
    assert hosts
    for process in hosts:
        process.kill()


def nothing_rendered(lab: Lab) -> None:
    """Nothing of the nasty text became an element, and nothing of it ran."""
    assert lab.page.evaluate("window.hit") is None
    page = lab.page
    for made in ('img[src="x"]', 'a[href^="javascript"]', "strong:text-is('loud')", "script:text('window.hit')"):
        assert page.locator(made).count() == 0, made


def test_markup_of_a_hospital_stays_text(lab: Lab) -> None:
    """HTML and Markdown in a title, a label, a unit and a meaning are shown as written wherever they are shown."""
    lab.server.forget()
    hostile_hospitals(lab.server.root / "hostile")
    question = 'patients = table("heart")\na = release(mean(patients.age), epsilon=0.5)'
    pain = "pain = release(histogram(patients.cp), epsilon=0.5)"
    lab.server.write(
        "hostile.ipynb",
        ["%load_ext fedlab_kernel", "%fedlab start hostile", f"%%fedquery\n{question}\n{pain}", "%fedlab tables",
         "%fedlab status", '%%fedquery\npatients = table("heart")\nx = mean(patients'],
    )  # fmt: skip
    lab.open("hostile.ipynb")
    lab.run(0)
    expect(lab.run(1).locator(".jp-OutputArea")).to_contain_text("2 of 2 hospitals are ready")
    expect(lab.cell(1).locator(".jp-OutputArea")).to_contain_text(NASTY)
    lab.show_hospitals()
    expect(lab.hospital("cleveland").locator("h3")).to_have_text(f"{NASTY} cleveland")
    expect(lab.cell(2).locator(".fedlab-price").first).to_contain_text("<img")
    lab.point_at(2, "age")
    expect(lab.page.locator(".fedlab-hover")).to_contain_text(NASTY)
    nothing_rendered(lab)
    lab.shot("hover")
    lab.page.mouse.move(5, 5)
    expect(lab.run(2).locator(".jp-OutputArea")).to_contain_text(NASTY)
    expect(lab.run(3).locator(".jp-OutputArea")).to_contain_text(NASTY)
    expect(lab.run(4).locator(".jp-OutputArea")).to_contain_text(NASTY)
    nothing_rendered(lab)
    lab.edit(5)
    lab.page.keyboard.type(".")
    lab.page.keyboard.press("Tab")
    offered = lab.page.locator(".jp-Completer:not(.lm-mod-hidden)")
    expect(offered).to_contain_text("<img")
    lab.shot("completion")
    nothing_rendered(lab)


def test_a_killed_host_is_named_and_brought_back(lab: Lab) -> None:
    """With all hospitals' processes killed the panel names each; the cell says so; one restart brings all back."""
    lab.server.forget()
    started(lab, "host", QUERY, QUERY.replace("0.5", "0.4"))
    lab.show_hospitals()
    names = ("cleveland", "hungary", "switzerland", "long_beach")
    kill_host(lab)
    for name in names:
        expect(lab.hospital(name)).to_have_attribute("data-state", "died")
    refused = lab.run(2).locator(".jp-OutputArea")
    for name in names:
        expect(refused).to_contain_text(name)
    expect(refused).not_to_contain_text("Traceback")
    lab.shot("died")
    lab.hospital("cleveland").get_by_role("button", name="Restart").click()  # the others are children of the same
    for name in names:
        expect(lab.hospital(name)).to_have_attribute("data-state", "ready")
    expect(lab.run(3).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")


def test_a_cell_of_two_thousand_lines_is_checked(lab: Lab) -> None:
    """A mistake in the last of 2,000 lines is found, and what is typed appears while they are being checked."""
    lab.server.forget()
    lines = "\n".join(f"x{number} = {number} + 1" for number in range(2000))
    started(lab, "long", f"%%fedquery\n{lines}")
    began = time.monotonic()
    cell = lab.edit(2)
    lab.page.keyboard.type("\nimport os")
    expect(cell.locator(".cm-line").last).to_have_text("import os", timeout=60_000)
    typed = time.monotonic() - began
    expect(cell.locator(".cm-lintRange-error")).to_have_text("import os", timeout=60_000)
    print(f"2,000 lines: typed after {typed:.1f} s, checked after {time.monotonic() - began:.1f} s")


def test_a_lone_magic_is_no_mistake(lab: Lab) -> None:
    """A cell that holds only its magic line has no squiggle and no price, and says what is missing when it is run."""
    lab.server.forget()
    started(lab, "lone", "%%fedquery", "%%fedquery\nimport os")
    expect(lab.cell(3).locator(".cm-lintRange-error")).to_have_count(1)  # the cells were checked
    expect(lab.cell(2).locator(".cm-lintRange-error")).to_have_count(0)
    expect(lab.cell(2).locator(".fedlab-price")).to_have_count(0)
    ran = lab.run(2).locator(".jp-OutputArea")
    expect(ran).not_to_be_empty()
    expect(ran).not_to_contain_text("Traceback")
    lab.shot("lone")


def test_windows_line_ends_move_nothing(lab: Lab) -> None:
    """In a notebook whose lines end in CRLF the squiggle stands right, its fix mends it, and the cell runs."""
    lab.server.forget()
    wrong = '%%fedquery\r\npatients = table("heart")\r\n# é😀\r\nn = release(mean(patients.agee), epsilon=0.5)\r\n'
    started(lab, "crlf", wrong)
    cell = lab.cell(2)
    squiggle = cell.locator(".cm-lintRange-error").first
    expect(squiggle).to_have_text("patients.agee")
    lab.tip(squiggle).locator(".cm-diagnosticAction").click()
    expect(cell.locator(".cm-lintRange-error")).to_have_count(0)
    expect(cell.locator(".fedlab-price")).to_contain_text("ε 0.5")
    expect(lab.run(2).locator(".jp-OutputArea")).to_contain_text("4 of 4 hospitals answered")


def test_the_leakage_lab_saved_says_what_to_do(lab: Lab) -> None:
    """Reopened with another kernel, where JupyterLab finds no widget, a line says to run the cell."""
    lab.server.write("saved.ipynb", ["%load_ext fedlab_kernel", "%fedleak digits --batch 5"])
    lab.open("saved.ipynb")
    lab.run(0)
    expect(lab.run(1).get_by_role("button", name="Steal the batch")).to_be_visible()
    lab.page.keyboard.press("Control+s")
    until = time.monotonic() + 60
    while "widget-view" not in (lab.server.root / "saved.ipynb").read_text("utf-8"):
        assert time.monotonic() < until
        time.sleep(0.2)
    lab.server.forget()
    lab.open("saved.ipynb")
    lab.shot("reopened")
    expect(lab.cell(1).locator(".jp-OutputArea")).to_contain_text("run this cell")
    # JupyterLab says that it has no such widget, and in the console, too.
    expect(lab.cell(1).locator(".jp-OutputArea")).to_contain_text("model not found")
    assert all("widget model not found" in one for one in lab.complaints), lab.complaints
    lab.complaints.clear()


def test_a_background_training_dies_with_its_kernel(lab: Lab) -> None:
    """After `--no-block` and a restart nothing runs on, and the saved output is still words."""
    lab.server.forget()
    started(lab, "background", TRAINING.replace("%%fedquery", "%%fedquery --no-block -o handle"))
    lab.show_hospitals()
    lab.run(2)
    expect(lab.page.locator(".fedlab-running")).to_contain_text("Running in the background")
    lab.command("Restart Kernel…")
    lab.page.locator(".jp-Dialog").locator(".jp-mod-accept").click()
    expect(lab.page.locator(".fedlab-running")).to_have_count(0)
    expect(lab.page.locator(".fedlab-hospital")).to_have_count(0)
