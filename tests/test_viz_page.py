"""The page of a drawing: self-contained, inert, and in a browser every fold opens and everything is found."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import viz
from autograd import Value, tanh
from viz.html import embedded
from viz.insides import insides
from viz.svg_box import size

NASTY = '</script><script>alert(1)</script><b>"&\u202e\u2028'


def layers(label: str = "x") -> Value:
    """Two layers of neurons, folded to a few boxes."""
    values = [Value(0.3, label=label), Value(-0.5, label="other")]
    for count in (8, 8, 1):
        values = [
            tanh(sum((Value(i + j / 9) * v for j, v in enumerate(values)), Value(0.1))) for i in range(count)
        ]
    values[0].backward()
    return values[0]


def drawing(label: str = "x") -> viz.Drawing:
    return viz.draw(layers(label), max_nodes=60)


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="graph-data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_the_policy_lets_only_the_page_s_own_script_run() -> None:
    page = drawing().html
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page and "default-src 'none'" in page
    assert "//" not in re.sub(r"http://www\.w3\.org/2000/svg", "", script), "some hosts join the lines"


def test_the_page_reaches_nothing_outside_itself() -> None:
    page = drawing().html
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(?:src|href)=", page)


def test_labels_cannot_leave_the_data() -> None:
    page = drawing(NASTY).html
    assert page.count("<script") == page.count("</script") == 2
    assert "\u202e" not in page and "\u2028" not in page
    assert embedded(["</script>", "\u2028"]) == '["\\u003c/script>","\\u2028"]'


def test_the_data_of_the_page_holds_together() -> None:
    drawn = drawing()
    data = data_of(drawn.html)
    count = len(drawn.picture.boxes) + len(drawn.picture.hidden.boxes)
    assert data["shown"] == len(drawn.picture.boxes) == len(data["places"])
    assert len(data["sizes"]) == len(data["texts"]) == count == data["shown"] + len(data["hidden"])
    assert {box for inside in data["insides"].values() for box in inside["boxes"]} == set(
        range(data["shown"], count)
    )
    assert all(source < count and target < count for source, target, *_ in data["edges"])


def test_the_boxes_inside_a_fold_do_not_overlap() -> None:
    drawn = drawing()
    boxes = (*drawn.picture.boxes, *drawn.picture.hidden.boxes)
    for inside in insides(drawn.picture, "LR").values():
        placed = [(x, y, *size(boxes[box])) for box, (x, y) in zip(inside.boxes, inside.middles, strict=True)]
        for i, (x, y, wide, high) in enumerate(placed):
            assert wide / 2 - 1 <= x <= inside.width - wide / 2 + 1
            assert high / 2 - 1 <= y <= inside.height - high / 2 + 1
            for x2, y2, wide2, high2 in placed[:i]:
                assert abs(x - x2) >= (wide + wide2) / 2 - 1 or abs(y - y2) >= (high + high2) / 2 - 1


def test_the_page_of_a_thousand_nodes_is_small() -> None:
    values: list[Value] = [Value(0.1), Value(0.2)]
    for count in (16, 16, 1):
        values = [tanh(sum((Value(0.5) * v for v in values), Value(0.0))) for _ in range(count)]
    page = viz.draw(values[0]).html
    assert len(page) < 300_000


# -- in a browser -----------------------------------------------------------------------------


Open = Callable[..., Any]


def boxes(page: Any) -> int:
    return int(page.locator(".graph > .box").count())


def test_a_click_opens_a_fold_and_a_click_closes_it(visit: Open) -> None:
    drawn = drawing()
    page = visit(drawn)
    before, shown = page.locator("svg").first.evaluate("e => e.outerHTML"), boxes(page)
    page.click('[data-fold="layer-1"]')
    assert boxes(page) == shown + 7
    assert page.inner_text("#note").startswith("unfolded") and "layer-1" in page.inner_text("#note")
    assert not page.locator(".graph > .edge").first.is_visible()
    page.click("[data-frame] .label")
    assert boxes(page) == shown
    assert page.locator(".graph > .edge").first.is_visible()
    page.click('[data-fold="layer-1"]')
    page.click("#fold")
    after = page.locator("svg").first.evaluate("e => e.outerHTML")
    assert len(after) == pytest.approx(len(before), abs=900), "folding all puts everything back"


def test_open_boxes_do_not_overlap(visit: Open) -> None:
    page = visit(drawing())
    for _ in range(4):
        page.locator(".graph > .box.folded").first.press("Enter")
    rectangles = page.evaluate(
        "[...document.querySelectorAll('.graph > .box > .frame')].map(e => {"
        "const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]})"
    )
    for i, (left, top, right, bottom) in enumerate(rectangles):
        for left2, top2, right2, bottom2 in rectangles[:i]:
            assert right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 1 or bottom2 <= top + 1


def test_the_flow_stays_visible_when_a_fold_opens(visit: Open) -> None:
    page = visit(viz.flow(layers(), max_nodes=60))
    page.click('[data-fold="layer-1"]')
    kinds = page.evaluate("[...document.querySelectorAll('.edge')].filter(e => e.getClientRects().length)"
                          ".map(e => e.getAttribute('class'))")  # fmt: skip
    assert "edge more" in kinds and "edge" not in kinds


def test_enter_unfolds_and_the_focus_stays(visit: Open) -> None:
    page = visit(drawing())
    page.locator('[data-fold="layer-1"]').press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('data-frame')") is not None
    page.keyboard.press(" ")
    assert page.evaluate("document.activeElement.getAttribute('data-fold')") == "layer-1"


def test_search_opens_what_hides_a_box(visit: Open) -> None:
    page = visit(drawing())
    page.keyboard.press("/")
    page.keyboard.type("sum-3,")
    assert page.inner_text("#note") == "not found"
    page.fill("#search", "unfold sum-3")
    assert page.inner_text("#note").startswith("1 found")
    page.press("#search", "Enter")
    assert page.inner_text("#note") == "1 of 1"
    assert page.locator(".hit").count() == 1 and page.locator(".hit").is_visible()
    page.fill("#search", "nowhere")
    assert page.inner_text("#note") == "not found" and not page.locator(".hit").count()


def test_the_drawing_can_be_made_larger_and_fitted(visit: Open) -> None:
    page = visit(drawing())
    width = "document.querySelector('svg').getBoundingClientRect().width"
    start = page.evaluate(width)
    page.keyboard.press("+")
    assert page.evaluate(width) == pytest.approx(1.25 * start, rel=0.01)
    page.click("#smaller")
    page.keyboard.press("-")
    assert page.evaluate(width) < start
    page.keyboard.press("0")
    assert page.evaluate(width) == pytest.approx(start, rel=0.01)


def test_hostile_labels_stay_text_when_a_fold_opens(visit: Open) -> None:
    page = visit(viz.draw(layers(NASTY), fold="all"))
    for _ in range(3):
        page.locator(".graph > .box.folded").first.press("Enter")
    assert not page.locator("b").count()


def test_dark_mode_follows_the_system(visit: Open) -> None:
    colours = [
        visit(drawing(), color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(visit: Open, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    page = visit(drawing(), color_scheme=scheme, bypass_csp=True)
    page.click('[data-fold="layer-1"]')
    results = axe.Axe().run(page)
    assert not results.response["violations"], results.generate_report()


def test_a_fold_that_is_too_large_for_the_page_says_how_to_open_it(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.picture._MOST_HIDDEN", 20)
    drawn = drawing()
    sealed = [
        box
        for box in (*drawn.picture.boxes, *drawn.picture.hidden.boxes)
        if box.fold and box.id not in drawn.picture.hidden.insides
    ]
    assert drawn.picture.hidden.left_out == sum(box.count for box in sealed) > 0
    page = visit(drawn)
    page.fill("#search", sealed[0].fold)
    page.keyboard.press("Enter")
    page.locator(".hit").click()
    said = page.inner_text("#note")
    assert f'viz.draw(…, unfold="{sealed[0].fold}")' in said and f"{sealed[0].count} nodes" in said
    page.fill("#search", "nowhere")
    assert f"{drawn.picture.hidden.left_out} nodes are not on this page" in page.inner_text("#note")
    assert viz.draw(layers(), max_nodes=60, unfold=sealed[0].fold).svg


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visit: Open, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    model = nn.Sequential(nn.Linear(64, 16, rng=0), nn.ReLU(), nn.Linear(16, 10, rng=2))
    for made in (drawing(), viz.flow(layers()), viz.network(model, np.ones(64, np.float32))):
        page = visit(made, color_scheme=scheme, bypass_csp=True)
        if page.locator(".box.folded").count():
            page.locator(".box.folded").first.click()
        page.evaluate(script)
        found = page.evaluate("axe.run()")["violations"]
        assert not found, [(each["id"], each["nodes"][0]["html"][:200]) for each in found]


def test_what_is_unfolded_stays_where_it_was(visit: Open) -> None:
    page = visit(viz.draw(layers(), fold="all"))
    fold = page.locator(".box.folded").nth(1)
    name, at = fold.get_attribute("data-box"), fold.bounding_box()
    fold.click()
    frame = page.locator(f'[data-frame="{name}"]').bounding_box()
    for side, length in (("x", "width"), ("y", "height")):
        assert frame[length] > at[length]
        assert frame[side] + frame[length] / 2 == pytest.approx(at[side] + at[length] / 2, abs=60)
