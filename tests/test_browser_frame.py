"""The stepper's page in a real browser: themes, the frame of a notebook, and steps saved as pictures."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stepping import Open, layer, network, neuron, until

import viz


def ground(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_themes_follow_the_reader_or_the_button(visit: Open) -> None:
    dark, light = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
    page = visit(viz.step(neuron()), color_scheme="dark")
    assert ground(page) == dark
    page.click("#theme")
    assert ground(page) == light
    page.click("#theme")
    assert ground(page) == dark and page.inner_text("#theme") == "Theme: dark"
    assert ground(visit(viz.step(neuron(), theme="dark"))) == dark
    assert ground(visit(viz.step(neuron(), theme="light"), color_scheme="dark")) == light


def test_the_frame_of_a_notebook_runs_and_keeps_the_keys_to_itself(visit: Open) -> None:
    host = "<!DOCTYPE html><title>host</title><script>window.keys = [];"
    host += "addEventListener('keydown', (event) => keys.push(event.key));</script>"
    page = visit(host + viz.step(neuron())._repr_html_())
    frame = page.frames[1]
    until(frame, "document.documentElement.dataset.ready === 'yes'")
    frame.click("#graph")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    assert frame.evaluate("story.position") == 1
    assert page.evaluate("window.keys") == []
    assert frame.evaluate("window.origin") == "null", "the frame has no rights of the page around it"
    frame.click("#save")
    until(frame, "byId('preview').naturalWidth > 0")


def test_a_frame_that_starts_without_a_size_shows_the_whole_graph_once_it_has_one(visit: Open) -> None:
    page = visit(f"<!DOCTYPE html><title>host</title><div hidden>{viz.step(neuron())._repr_html_()}</div>")
    frame = page.frames[1]
    until(frame, "document.documentElement.dataset.ready === 'yes'")
    page.evaluate("document.querySelector('div').hidden = false")
    until(frame, "graph.fitted && graph.svg.clientWidth > 0")
    stage, scene = (frame.locator(name).bounding_box() for name in ("#stage", ".view.shown .scene"))
    assert stage and scene and stage["y"] <= scene["y"] and stage["x"] <= scene["x"]
    assert scene["y"] + scene["height"] <= stage["y"] + stage["height"]


def test_without_frames_and_scripts_a_picture_remains(visit: Open) -> None:
    shown = viz.step(neuron())._repr_html_()
    page = visit(re.sub(r"<iframe.*?</iframe>", "", shown), java_script_enabled=False)
    box = page.locator("img").bounding_box()
    assert box and box["width"] > 200 and box["height"] > 100
    source = page.locator("img").get_attribute("src")
    assert "loss" in base64.b64decode(source.split(",")[1]).decode()


def test_the_document_shows_the_graph_without_scripts(visit: Open) -> None:
    page = visit(viz.step(neuron()), java_script_enabled=False)
    assert page.is_visible(".view.shown .box") and not page.is_visible("footer")


def flat(text: str) -> str:
    text = re.sub(r"<title>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r">\s+<", "><", text)
    return re.sub(r"\s+/>", "/>", re.sub(r"<(\w+)([^<>]*)></\1>", r"<\1\2/>", text)).strip()


@pytest.mark.parametrize("make", [neuron, layer, network], ids=["neuron", "layer", "network"])
def test_a_still_of_the_page_is_the_still_of_the_library(visit: Open, make: Callable[[], Any]) -> None:
    stepper = viz.step(make(), theme="light")
    page = visit(stepper)
    for place in range(0, len(stepper.steps) + 1, max(1, len(stepper.steps) // 9)):
        page.evaluate(f"app.go({place})")
        theirs, ours = (flat(text) for text in (page.evaluate("saving.svg()"), stepper.svg(place)))
        assert theirs == ours, place


def test_a_step_is_saved_as_svg_and_png(visit: Open, tmp_path: Path) -> None:
    page = visit(viz.step(neuron(), theme="dark"), accept_downloads=True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    until(page, "byId('preview').naturalWidth > 0")
    for suffix, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.expect_download() as download:
            page.click(f"#save-{suffix}")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.name == f"step-1.{suffix}" and path.read_bytes().startswith(start)
        if suffix == "svg":
            assert "#0d1117" in path.read_text() and "var(" not in path.read_text()
    page.click("#save-close")
    assert not page.is_visible("#saving")
