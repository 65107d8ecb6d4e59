"""Plots in a real browser: an SVG is dark where the reader prefers that, down to the edges of its marks."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Visit, chromium

import viz
from viz.plots import Inks


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def colours(picture: bytes) -> set[str]:
    """Every colour in a screenshot."""
    from matplotlib.image import imread

    pixels = np.rint(imread(io.BytesIO(picture))[..., :3] * 255).astype(int).reshape(-1, 3)
    return {f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in np.unique(pixels, axis=0).tolist()}


@pytest.mark.parametrize("theme", ["auto", "light"])
def test_an_svg_is_dark_where_the_reader_prefers_that(theme: Any, browser: Any, tmp_path: Path) -> None:
    points = np.array([[0.0, 0.2], [1.0, 0.1], [0.2, 1.1], [1.2, 0.9]])
    plot = viz.boundary(
        lambda x: x[:, 0] - 0.5, (points, np.array([-1, 1, -1, 1])), resolution=9, theme=theme
    )
    plot.save(tmp_path / "plot.svg")
    (tmp_path / "page.html").write_text('<body bgcolor="gray"><img src="plot.svg">', encoding="utf-8")
    for scheme in ("light", "dark"):
        visit = Visit(browser, color_scheme=scheme)
        found = colours(visit.open(tmp_path / "page.html").locator("img").screenshot())
        visit.close()
        light, dark = Inks.of("light"), Inks.of("dark")
        shown, hidden = (dark, light) if (theme, scheme) == ("auto", "dark") else (light, dark)
        assert {shown.ground, shown.text, shown.negative, shown.positive} <= found
        assert not {hidden.ground, hidden.text, hidden.negative, hidden.positive} & found
