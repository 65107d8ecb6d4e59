"""``viz.step`` of a program in a real browser: forwards and backwards, and memory as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, chromium
from test_viz_program import regression

import viz


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_instructions_are_stepped_forwards_and_backwards(browser: Any, tmp_path: Path) -> None:
    stepper = viz.step(regression(), theme="light")
    visit = Visit(browser)
    page = visit.open(stepper.save(tmp_path / "page.html"))

    def held() -> list[str]:
        """What the boxes called w hold: the memory, and the result of the write into it."""
        places = [place for place, name in enumerate(stepper.timeline.names) if name == "w"]
        return [page.locator(f'[data-node="{place}"] text.data').first.text_content() for place in places]

    before = held()
    assert before[1] == "–" and page.locator("#sentence").text_content()
    for _ in stepper.steps:
        page.keyboard.press("ArrowRight")
    after = held()
    assert after[0] == after[1] != before[0]
    assert page.locator("#formula").text_content().startswith("w += v")
    assert page.locator("#sentence").text_content() == "w is written into: the same memory, other numbers"
    assert page.locator("tr.now").text_content().startswith(str(len(stepper.steps)))
    page.keyboard.press("ArrowLeft")
    assert held() == before
    assert [each.text_content() for each in page.locator("#phases button").all()] == [
        "Forward", "Backward", "Update",
    ]  # fmt: skip
    for hidden in ("#tabs", "#key", "#forward", "#again"):
        assert not page.locator(hidden).is_visible()
    page.keyboard.press("s")
    page.wait_for_function("byId('preview').naturalWidth > 0")
    visit.close()
