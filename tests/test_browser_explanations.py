"""What the stepper explains, in a real browser: why, what if, what was there before, and folds."""

import re

import pytest
from stepping import Open, count, layer, network, neuron, position

import viz
from autograd import Value


def test_why_this_order_marks_the_first_wrong_gradient(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    page.click("#tab-order")
    text = page.inner_text("#order")
    assert "m passes on −2.9215 before its gradient is complete; complete it is −2.20521" in text
    assert "x.grad = 15.3801 instead of 6.61562" in text
    assert page.locator("#order li.wrong").count() == 1
    tree = visit(viz.step(Value(1.0, label="x") * 2.0))
    tree.click("#tab-order")
    assert "every order that leads outwards is right" in tree.inner_text("#order")


def test_a_nudge_shows_the_change_beside_gradient_times_delta(visit: Open) -> None:
    x = Value(3.0, label="x")
    page = visit(viz.step(x * x))
    page.click("#tab-nudge")
    page.evaluate("byId('nudge-delta').value = 11; nudge.draw()")
    text = page.inner_text("#nudge-result")
    assert "x + 0.3: the loss goes from 9 to 10.89" in text and "6 × 0.3 = 1.8" in text
    page.select_option("#nudge-range", "1")
    assert "x + 0.03" in page.inner_text("#nudge-result")


def test_the_table_has_every_step_and_the_finite_differences(visit: Open) -> None:
    page = visit(viz.step(neuron()))
    page.click("#tab-table")
    assert page.locator("#table tbody tr").count() == count(page)
    page.check("#show-checks")
    body = page.inner_text("#table tbody")
    assert "✓ −2.20521" in body and "✗" not in body
    page.click("#table tbody tr:nth-child(7)")
    assert position(page) == 7 and page.locator("#table tr.now").count() == 1


def test_a_gradient_left_by_an_earlier_backward_is_seen(visit: Open) -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    page = visit(viz.step(y))
    assert "grad 6 from an earlier backward" in page.locator(".view.shown .box.leaf").text_content()
    page.keyboard.press("End")
    assert page.inner_text("#sentence").startswith("x still had a gradient")
    assert page.locator('.view.shown .box[data-node="0"] text.grad').text_content() == "12"
    page.check("#again")
    page.keyboard.press("End")
    lines = page.inner_text("#terms").splitlines()
    for line in ("left by an earlier backward()", "second backward()"):
        assert lines[lines.index(line) + 1] == "6"
    assert lines[lines.index("x.grad") + 1] == "18"
    box = page.locator('.view.shown .box[data-node="0"]')
    track, bar = (float(box.locator(name).get_attribute("width")) for name in (".track", ".bar"))
    assert bar == pytest.approx(track / 2, abs=0.1), "a bar ends with its track"


def test_one_training_step_shows_the_loss_before_and_after(visit: Open) -> None:
    x = Value(3.0, label="x")
    page = visit(viz.step(x * x, optimizer=0.1))
    page.keyboard.press("End")
    assert page.inner_text("#sentence") == "out was 9 and is 5.76 after the update"
    assert "a change of −3.24" in page.inner_text("#local")


def test_arrays_have_thumbnails_and_edges_have_shapes(visit: Open) -> None:
    page = visit(viz.step(layer()))
    assert page.locator(".view.shown text.tag").first.text_content() == "8 × 4"
    page.keyboard.press("End")
    images = page.locator(".view.shown image.thumbnail.grad")
    assert images.count() and all(each.get_attribute("href") for each in images.all())


# -- folds -------------------------------------------------------------------------------------


def test_one_steps_into_folds_and_out_of_them(visit: Open) -> None:
    page = visit(viz.step(network(), fold="all"))
    folds = page.locator(".view.shown .box.fold")
    assert folds.count() > 1
    assert "double-click a fold" in page.inner_text("#path")
    folds.first.click()
    page.click("#path button:has-text('step into')")
    assert page.evaluate("graph.view.id") != ""
    page.keyboard.press("Escape")
    assert page.evaluate("graph.view.id") == ""
    folds.first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("graph.view.id") != "" and page.locator("#path button").count() == 2
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert page.evaluate("graph.view.id") == "" and page.locator("#path button").count() == 0
    folds.first.dblclick()
    page.click("#path button:has-text('whole graph')")
    assert page.evaluate("graph.view.id") == ""
    page.check("#follow")
    seen = set()
    for _ in range(count(page)):
        page.keyboard.press("ArrowRight")
        seen.add(page.evaluate("graph.view.id"))
    assert len(seen) > 2, "the picture goes where the step is"
    page.keyboard.press("/")
    page.keyboard.type("w1")
    page.keyboard.press("Enter")
    assert page.locator(".view.shown .box.found").count() >= 1


def test_a_whole_node_of_a_folded_graph_is_a_whole_fold(visit: Open) -> None:
    page = visit(viz.step(network(), fold="all", forward=False))
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowLeft")
    assert count(page) - position(page) > 3
    badge = page.locator(".view.shown .box.fold .badge text").first.text_content()
    assert re.fullmatch(r"\d+ of \d+", badge)
