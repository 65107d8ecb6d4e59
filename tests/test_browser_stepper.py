"""``viz.step`` in a real browser: its numbers, and every key and button."""

import re
from typing import Any

import pytest
from stepping import Open, count, layer, network, neuron, position, state, until

import viz
from autograd import Value, steps
from viz.stepper_shown import Gauge, exact

# -- the numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [neuron(), network(), layer()], ids=["neuron", "network", "layer"])
def test_the_page_shows_the_numbers_of_steps_and_of_backward(visit: Open, loss: Any) -> None:
    page = visit(viz.step(loss, fold="none"))
    page.keyboard.press("End")
    walk = steps(loss)
    loss.backward()
    shown = page.evaluate("data.moments.filter((m) => m.phase === 'backward').map((m) => m.after[0])")
    assert shown == [exact(step.after) for step in walk]
    for place, node in enumerate(walk.recording.nodes):
        if node in walk.gradients and node.grad is not None:
            text = page.locator(f'.view.shown .box[data-node="{place}"] text.grad').text_content()
            assert text == Gauge([]).gradient(node.grad).text
        if not node.parents:
            node.zero_grad()


def test_a_step_shows_its_formula_twice(visit: Open) -> None:
    page = visit(viz.step(neuron(), forward=False))
    page.keyboard.press("ArrowRight")
    assert "The pass starts" in page.inner_text("#sentence")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#sentence") == "loss passes its gradient on to v2"
    assert re.sub(r"\s+", "", page.inner_text("#formula")) == "v2.grad+=∂loss∂v2·loss.grad0+(−6×1)=−6"
    assert "∂loss/∂v2 = m = −6" in page.inner_text("#local")


def test_a_node_that_is_used_twice_counts_its_contributions(visit: Open) -> None:
    page = visit(viz.step(neuron(), forward=False))
    badge = page.locator(".view.shown .badge text")
    grad = page.locator(".view.shown .box:has(.badge) text.grad")
    assert (badge.text_content(), grad.text_content()) == ("0 of 2", "–")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert badge.text_content() == "1 of 2"
    assert "1 of 2 contributions" in page.inner_text("#terms") and "not yet" in page.inner_text("#terms")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert badge.text_content() == "2 of 2"
    assert "2 of 2, complete" in page.inner_text("#terms")


def test_a_gradient_that_was_not_computed_is_not_zero(visit: Open) -> None:
    x = Value(-1.0, label="x")
    page = visit(viz.step(x.relu() * 2.0, forward=False))
    grad = page.locator('.view.shown .box[data-node="0"] text.grad')
    assert grad.text_content() == "–" and "missing" in grad.get_attribute("class")
    page.keyboard.press("End")
    assert grad.text_content() == "0" and "missing" not in grad.get_attribute("class")
    assert page.locator(".view.shown .edge.zero").count() == 1


# -- stepping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stepper", ["neuron", "layer", "training", "folded"])
def test_stepping_back_restores_exactly(visit: Open, stepper: str) -> None:
    made = {
        "neuron": lambda: viz.step(neuron()),
        "layer": lambda: viz.step(layer()),
        "training": lambda: viz.step(neuron(), optimizer=0.1),
        "folded": lambda: viz.step(network(), fold="all"),
    }[stepper]()
    page = visit(made)
    seen = [state(page)]
    for _ in range(count(page)):
        page.keyboard.press("ArrowRight")
        seen.append(state(page))
    assert position(page) == count(page) and len(set(seen)) == len(seen)
    for expected in reversed(seen[:-1]):
        page.keyboard.press("ArrowLeft")
        assert state(page) == expected
    page.keyboard.press("End")
    assert state(page) == seen[-1]
    page.keyboard.press("Home")
    assert state(page) == seen[0]


def test_every_key_does_what_it_says(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    last = count(page)
    page.keyboard.press("ArrowRight")
    assert position(page) == 1
    page.keyboard.press("ArrowLeft")
    assert position(page) == 0
    page.keyboard.press("End")
    assert position(page) == last
    page.keyboard.press("Home")
    assert position(page) == 0
    page.evaluate("app.go(story.moments.findIndex((m) => m.phase === 'backward'))")
    start = position(page)
    page.keyboard.press("Shift+ArrowRight")
    assert position(page) == start + 2, "both edges of the last product"
    page.keyboard.press("Shift+ArrowLeft")
    assert position(page) == start
    scale = page.evaluate("graph.zoom.scale")
    page.keyboard.press("+")
    assert page.evaluate("graph.zoom.scale") > scale
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert page.evaluate("graph.zoom.scale") < scale
    page.keyboard.press("0")
    assert page.evaluate("graph.zoom.scale") == scale
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("tanh")
    assert page.inner_text("#found") == "1 found" and page.locator(".view.shown .box.found").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".view.shown .box.found").count() == 0
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_space_plays_and_pauses(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    page.evaluate("document.getElementById('speed').value = 6")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    until(page, "story.position > 2")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    here = position(page)
    page.wait_for_timeout(150)
    assert position(page) == here
    page.keyboard.press("Space")
    until(page, "story.position === story.moments.length")
    assert page.get_attribute("#play", "aria-pressed") == "false"


def test_every_button_does_what_it_says(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    last = count(page)
    for button, expected in (("next", 1), ("next-node", 2), ("back", 1), ("last", last), ("first", 0)):
        page.click(f"#{button}")
        assert position(page) == expected, button
    page.click("#next")
    page.click("#next")
    page.click("#back-node")
    assert position(page) == 1
    assert page.is_enabled("#back") and page.click("#first") is None and page.is_disabled("#back")
    page.click("#phases button:has-text('Backward')")
    assert page.evaluate("story.now().phase") == "backward"
    page.evaluate("byId('scrubber').value = 3; byId('scrubber').oninput({ target: byId('scrubber') })")
    assert position(page) == 3
    scale = page.evaluate("graph.zoom.scale")
    page.click("#zoom-in")
    assert page.evaluate("graph.zoom.scale") > scale
    page.click("#zoom-out")
    page.click("#fit")
    assert page.evaluate("graph.zoom.scale") == pytest.approx(scale)
    page.uncheck("#forward")
    assert count(page) < last and page.evaluate("story.moments[0].phase") == "seed"
    page.check("#again")
    page.keyboard.press("End")
    assert "second backward" in page.inner_text("#sentence")
    page.click("#play")
    until(page, "story.position > 0")
    page.click("#play")


def test_the_graph_can_be_dragged(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    # Until the stage has its size, the graph is fitted to it once more.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    before = page.evaluate("[graph.zoom.x, graph.zoom.y]")
    page.mouse.move(300, 600)
    page.mouse.down()
    page.mouse.move(340, 570, steps=4)
    page.mouse.up()
    after = page.evaluate("[graph.zoom.x, graph.zoom.y]")
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((40, -30))


def test_it_stops_where_it_is_asked_to(visit: Open) -> None:
    x, y = Value(0.0, label="x"), Value(3.0, label="y")
    page = visit(viz.step((x * y) * (x + 1000.0), forward=False))
    page.click("#tab-stops")
    page.check("#stop-large")
    page.click("#run")
    assert page.inner_text("#stopped") == "Stopped: the gradient of v1 is large."
    page.uncheck("#stop-large")
    page.check("#stop-zero")
    page.keyboard.press("Home")
    page.click("#run")
    assert "is 0" in page.inner_text("#stopped") and page.evaluate("story.now().size") == 0
    page.uncheck("#stop-zero")
    page.select_option("#stop-node", label="y")
    page.keyboard.press("Home")
    page.click("#run")
    assert page.inner_text("#stopped") == "Stopped at y."
    assert page.evaluate("data.names[story.now().parent]") == "y"


def test_it_stops_at_the_first_gradient_that_is_not_finite(visit: Open) -> None:
    x = Value(0.0, label="x")
    page = visit(viz.step(x.log() * 1.0, forward=False))
    page.click("#tab-stops")
    page.check("#stop-broken")
    page.click("#run")
    assert page.inner_text("#stopped") == "Stopped: the gradient of x is not finite."
    assert page.locator(".view.shown text.grad.broken").count() == 1
