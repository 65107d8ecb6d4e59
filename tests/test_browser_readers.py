"""The stepper's page for those who hear it, for those who want no motion, and with labels that mean harm."""

from pathlib import Path

import pytest
from stepping import Open, network, neuron, position

import viz
from autograd import Value

NASTY = '<b>"x" & \\N &lt;</b></script><script>alert(1)</script>\n\x00\u202e\u2028{{data}}'


def test_axe_finds_nothing(visit: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    for options in ({}, {"color_scheme": "dark"}):
        for stepper, tabs in (
            (viz.step(neuron(), optimizer=0.1), ("terms", "order", "nudge", "stops", "table")),
            (viz.step(network(), fold="all"), ("terms",)),
        ):
            page = visit(stepper, **options)
            page.evaluate(script)
            page.keyboard.press("End")
            page.keyboard.press("ArrowLeft")
            for tab in tabs:
                page.click(f"#tab-{tab}")
                found = page.evaluate("axe.run()")["violations"]
                assert not found, (tab, [(each["id"], each["nodes"][0]["html"][:200]) for each in found])


def test_a_screen_reader_hears_each_step_and_walks_the_graph(visit: Open) -> None:
    page = visit(viz.step(neuron(), forward=False))
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#live") == (
        "Seed · step 1 of 8. loss.grad = 1. the derivative of loss with respect to itself."
    )
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first == "x, leaf, data 2, gradient not computed"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("w, leaf")
    assert page.locator('.view.shown .box[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    assert "Gradient of w" in page.inner_text("#terms")
    page.focus("#tab-terms")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-order", "aria-selected") == "true" and position(page) == 1


def test_reduced_motion_has_no_pulse(visit: Open) -> None:
    for motion, pulses in (("reduce", 0), ("no-preference", 1)):
        page = visit(viz.step(neuron(), forward=False), reduced_motion=motion)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
        assert page.locator(".pulse.running").count() == pulses


def test_hostile_labels_are_inert(visit: Open) -> None:
    x, y = Value(2.0, label=NASTY), Value(3.0, label="m" * 1_000_000)
    stepper = viz.step(x * y * x)
    assert len(stepper.html) < 150_000
    page = visit(stepper)
    page.keyboard.press("End")
    page.click("#tab-table")
    assert page.evaluate("data.names[0]").startswith('<b>"x" &')
    assert page.locator("b").count() == 0
    assert "\u202e" not in page.inner_text("body")
