"""Pictures: how long they take and how large they are, beside micrograd's and torchviz's of the same graph.

Seconds are of the processor, a peer's Graphviz included, so that other work on the machine counts for little.
The peers run in environments of their own under ``.venv-bench/``, made on the first run. torchviz needs
PyTorch, which is large: it is drawn if its environment is there, or with ``--torch``, which makes it.

    python benchmarks/pictures.py [--torch]
"""

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nn
import viz
from autograd import Value, order, tanh

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv-bench"
PEERS = {
    "micrograd": ("micrograd", ["micrograd==0.1.0", "graphviz", "graphviz-pure"]),
    "torchviz": ("torch", ["torch==2.13.0", "numpy", "torchviz", "graphviz", "graphviz-pure"]),
}
"""For each peer the name of its environment, and the packages in it."""


def sample(widths: tuple[int, ...] = (2, 16, 16, 1)) -> Value:
    """One point of two moons through a network, each neuron written as a sum of products."""
    draw = random.Random(1)
    weights = [
        [[Value(draw.uniform(-1, 1)) for _ in range(inputs)] + [Value(0.0)] for _ in range(outputs)]
        for inputs, outputs in itertools.pairwise(widths)
    ]
    values = [Value(0.3, label="x"), Value(-0.5, label="y")]
    for depth, rows in enumerate(weights):
        values = [sum((w * x for w, x in zip(row, values, strict=False)), row[-1]) for row in rows]
        if depth < len(weights) - 1:
            values = [value.relu() for value in values]
    values[0].backward()
    return values[0]


def step(samples: int = 100) -> Value:
    """Many samples through the same network: the loss of one step of training."""
    draw = random.Random(1)
    weights = [
        [[Value(draw.uniform(-1, 1)) for _ in range(inputs)] + [Value(0.0)] for _ in range(outputs)]
        for inputs, outputs in ((2, 16), (16, 16), (16, 1))
    ]
    losses = []
    for _ in range(samples):
        values = [Value(draw.uniform(-1, 1)) for _ in range(2)]
        for rows in weights:
            values = [tanh(sum((w * x for w, x in zip(row, values, strict=False)), row[-1])) for row in rows]
        losses.append((1.0 - values[0]).relu())
    return sum(losses, Value(0.0))


def chain(length: int) -> Value:
    """The same three operations again and again."""
    value, factor = Value(0.5), Value(0.9)
    for _ in range(length // 4):
        value = tanh(value * factor + 0.1)
    return value


def tangle(count: int) -> Value:
    """Nothing that repeats: every node made from two of the fifty before it."""
    draw = random.Random(0)
    nodes = [Value(1.0), Value(2.0)]
    while len(nodes) < count:
        left, right = draw.choice(nodes[-50:]), draw.choice(nodes[-50:])
        nodes.append(draw.choice([left + right, left * right, left - right]))
    return nodes[-1]


def spent() -> float:
    """Seconds of the processor, those of programs that were started and have ended included."""
    return sum(os.times()[:4])


def row(title: str, draw: Callable[[], tuple[str, int]]) -> None:
    """Draw three times and print the least time."""
    times = []
    for _ in range(3):
        start = spent()
        text, boxes = draw()
        times.append(spent() - start)
    print(f"{title:58} {min(times):7.2f} s {len(text.encode()) / 1000:9.1f} kB {boxes:7,} boxes")


def graph(root: Value, **options: Any) -> Callable[[], tuple[str, int]]:
    def draw() -> tuple[str, int]:
        drawing = viz.draw(root, **options)
        return drawing.svg, len(drawing.picture.boxes)

    return draw


def page(root: Value) -> Callable[[], tuple[str, int]]:
    def draw() -> tuple[str, int]:
        drawing = viz.draw(root)
        return drawing.html, len(drawing.picture.boxes) + len(drawing.picture.hidden.boxes)

    return draw


def flow(root: Value) -> Callable[[], tuple[str, int]]:
    def draw() -> tuple[str, int]:
        drawing = viz.flow(root)
        return drawing.svg, len(drawing.picture.boxes)

    return draw


def network(pixels: int) -> Callable[[], tuple[str, int]]:
    model = nn.Sequential(
        nn.Linear(pixels, 16, rng=0), nn.ReLU(), nn.Linear(16, 16, rng=1), nn.ReLU(), nn.Linear(16, 10, rng=2)
    )
    image = np.random.default_rng(0).random(pixels).astype(np.float32)
    return lambda: (viz.network(model, image).svg, 42)


def environment(name: str, packages: list[str], make: bool) -> Path | None:
    """The Python of an environment that has the packages; it is made, or completed, if that is wanted."""
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        if not make:
            return None
        print(f"making {folder.relative_to(ROOT)} with {', '.join(packages)} ...", flush=True)
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def peer(name: str, make: bool) -> None:
    """Print what a peer makes of the sample."""
    python = environment(*PEERS[name], make=make)
    if python is None:
        print(f"{name:58} not there; --torch makes its environment")
        return
    script = ROOT / "benchmarks" / "peers" / "pictures.py"
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [python, script, name], check=True, capture_output=True, text=True, env=clean, cwd=folder
        )
    told = json.loads(answer.stdout)
    title = f"sample, {name}, as it draws it"
    print(f"{title:58} {told['seconds']:7.2f} s {told['bytes'] / 1000:9.1f} kB {told['boxes']:7,} boxes")


def main() -> None:
    moon, thousand = sample(), chain(1000)
    print(f"Python {sys.version.split()[0]}; the sample has {len(order(moon))} nodes")
    row("sample, folded as by default", graph(moon))
    row("sample, folded to neurons", graph(moon, fold="neurons"))
    row("sample, whole", graph(moon, fold="none"))
    row("sample, a page on which every fold opens", page(moon))
    row("sample, gradient flow", flow(moon))
    peer("micrograd", make=True)
    peer("torchviz", make="--torch" in sys.argv)
    row(f"{len(order(thousand)):,} nodes in a chain, whole", graph(thousand, fold="none"))
    for title, root in (
        ("in a chain", chain(100_000)),
        ("in a step of training", step()),
        ("in a tangle", tangle(100_000)),
    ):
        row(f"{len(order(root)):,} nodes {title}, folded", graph(root))
    row("network 64-16-16-10", network(64))
    row("network 784-16-16-10", network(784))


if __name__ == "__main__":
    main()
