"""What a stepper's page costs: time to make it, its size, its first paint and one step, in a real browser.

The graphs are perceptrons in which every product and every sum is a node of its own.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import viz
from autograd import Value, tanh

NETWORKS = ((2, 1), (6, 4, 1), (8, 8, 1), (16, 16, 1))
PAINT = """() => new Promise((done) => {
    const observer = new PerformanceObserver((list) => done(list.getEntries()[0].startTime));
    observer.observe({ type: 'paint', buffered: true });
})"""
STEP = """() => {
    const taken = [];
    const most = Math.min(story.moments.length, 300);
    for (let place = 1; place <= most; place++) {
        const start = performance.now();
        app.go(place);
        document.querySelector('.view.shown text').getBBox();
        taken.push(performance.now() - start);
    }
    return taken;
}"""


def perceptron(*widths: int) -> Any:
    """Layers of neurons on Values, with two inputs."""
    random = np.random.default_rng(0)
    values: list[Any] = [Value(0.5, label="x1"), Value(-1.0, label="x2")]
    for layer, width in enumerate(widths):
        out = []
        for neuron in range(width):
            total: Any = Value(0.1, label=f"b{layer}.{neuron}")
            for i, value in enumerate(values):
                total = total + Value(random.uniform(-1, 1), label=f"w{layer}.{neuron}.{i}") * value
            out.append(tanh(total))
        values = out
    return values[0]


def measured(page: Any, path: Path) -> tuple[float, float]:
    """The first paint and the median step, in milliseconds."""
    page.goto(path.as_uri())
    paint = page.evaluate(PAINT)
    return paint, statistics.median(page.evaluate(STEP))


def main() -> None:
    """Print the table."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("this benchmark needs playwright: pip install 'chainrule[test]'")
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("this benchmark needs a Chromium; name one in the variable CHROMIUM")
    heads = ("network", "nodes", "boxes", "steps", "make ms", "kB", "paint ms", "step ms")
    print("".join(f"{head:>10}" for head in heads))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 760})
        for widths in NETWORKS:
            loss = perceptron(*widths)
            for fold in ("auto", "none") if len(widths) > 2 else ("auto",):
                start = time.perf_counter()
                stepper = viz.step(loss, fold=fold)  # type: ignore[arg-type]
                path = stepper.save(Path(folder) / "step.html")
                made = 1000 * (time.perf_counter() - start)
                paint, step = measured(page, path)
                boxes = len(stepper.scenes[0].view.faces)
                name, nodes = "-".join(map(str, (2, *widths))), len(stepper.timeline.nodes)
                kilobytes = path.stat().st_size / 1000
                print(f"{name:>10}{nodes:10}{boxes:10}{len(stepper.steps):10}", end="")
                print(f"{made:10.0f}{kilobytes:10.0f}{paint:10.0f}{step:10.1f}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
