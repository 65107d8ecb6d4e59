"""The pictures of README.md: ``make pictures`` writes them beside this file, each light and dark.

The SVGs are the same bytes every time, which a test asserts. The screenshots need a Chromium; where
there is none, those that are there stay.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import viz
from autograd import Value, relu
from nn import MLP

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from browser import FLAGS, executable  # noqa: E402
from stepping import neuron  # noqa: E402

Theme = Literal["light", "dark"]


def score() -> Value:
    """The network that README.md draws."""
    model = MLP(2, [2, 1], "tanh", rng=0)
    out: Value = model([Value(1.5, label="x1"), Value(-2.0, label="x2")])
    out.backward()
    return out


def deep() -> Value:
    """A network of 979 nodes, its neurons written as sums of products."""
    values = [Value(0.3, label="x1"), Value(-0.5, label="x2")]
    for layer, width in enumerate((16, 16, 1)):
        rows = [
            [Value(((7 * i + 3 * j + layer) % 11 - 5) / 6) for j in range(len(values))] for i in range(width)
        ]
        values = [
            sum((w * v for w, v in zip(row, values, strict=True)), Value(0.1 * (layer < 2))) for row in rows
        ]
        values = [relu(value) for value in values] if layer < 2 else values
    values[0].backward()
    return values[0]


SVGS: dict[str, Callable[[Theme], str]] = {
    "graph": lambda theme: viz.draw(score(), theme=theme).svg,
    "folded": lambda theme: viz.draw(deep(), theme=theme).svg,
    "backward": lambda theme: viz.animate(neuron(), theme=theme).svg,
}
"""For each name what draws the picture."""


def screenshots(write: Callable[[str, bytes], None]) -> None:
    """The stepper as a browser shows it, in the middle of its pass."""
    from playwright.sync_api import sync_playwright

    browser_path = executable()
    if browser_path is None:
        print("no screenshots: there is no Chromium; name one in the variable CHROMIUM", file=sys.stderr)
        return
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
        for theme in ("light", "dark"):
            path = viz.step(neuron(), theme=theme, start=9).save(Path(folder) / "step.html")
            page: Any = browser.new_page(viewport={"width": 1180, "height": 560}, device_scale_factor=1.5)
            page.goto(path.as_uri())
            write(f"stepper-{theme}.png", page.screenshot())
        browser.close()


def main() -> None:
    """Write all of them."""

    def write(name: str, content: bytes) -> None:
        (HERE / name).write_bytes(content)
        print(f"{HERE.name}/{name}: {len(content) / 1000:.0f} kB")

    for name, picture in SVGS.items():
        for theme in ("light", "dark"):
            write(f"{name}-{theme}.svg", picture(theme).encode())
    screenshots(write)


if __name__ == "__main__":
    main()
