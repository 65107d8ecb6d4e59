"""``viz.animate`` in a real browser: it plays inside an image, and stands still for those who ask."""

from pathlib import Path
from typing import Any

from browser import Visit

import viz
from autograd import Value


def animation() -> viz.Animation:
    x = Value(3.0, label="x")
    return viz.animate(x * x, seconds=0.4, theme="light")


def test_it_plays_inside_an_image(browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser)
    (tmp_path / "page.html").write_text(animation()._repr_html_(), encoding="utf-8")
    page = visit.open(tmp_path / "page.html")
    frames = set()
    for _ in range(12):
        frames.add(page.locator("img").screenshot())
        page.wait_for_timeout(150)
    visit.close()
    assert len(frames) > 3


def seen(page: Any, selector: str) -> list[str]:
    return [
        each.text_content()
        for each in page.locator(selector).all()
        if each.evaluate("(e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })")
    ]


def test_the_first_frame_is_the_graph_and_reduced_motion_shows_the_end(browser: Any, tmp_path: Path) -> None:
    path = animation().save(tmp_path / "film.svg")
    moving, still = Visit(browser), Visit(browser, reduced_motion="reduce")
    page = moving.open(path)
    page.evaluate("document.getAnimations().forEach((each) => { each.pause(); each.currentTime = 1; })")
    assert seen(page, "text.grad") == ["–", "–"]
    assert seen(page, ".phase") == ["Before the first step of 3"]
    assert seen(page, ".symbols") == ["out = 9"] and seen(page, ".numbers") == ["no gradient is computed yet"]
    page = still.open(path)
    assert page.evaluate("document.getAnimations().length") == 0
    assert seen(page, "text.grad") == ["6", "1"]
    assert seen(page, ".phase") == ["Backward · step 3 of 3"]
    moving.close()
    still.close()
