"""What the demo draws: a neuron and a small network as graphs, and what became of the two trainings."""

from __future__ import annotations

from pathlib import Path

import viz
from autograd import Value, tanh
from nn import MLP

from . import digits, moons


def neuron() -> viz.Drawing:
    """One neuron ``y = tanh(w₁x₁ + w₂x₂ + b)``, every multiplication and addition a box of its own.

    >>> neuron()
    <Drawing: 10 nodes, 9 edges>
    """
    x1, x2 = Value(1.5, label="x1"), Value(-2.0, label="x2")
    w1, w2, b = Value(0.8, label="w1"), Value(0.5, label="w2"), Value(-0.3, label="b")
    y = tanh(w1 * x1 + w2 * x2 + b)
    y.label = "y"
    y.backward()
    return viz.draw(y)


def network() -> viz.Drawing:
    """An ``MLP`` with two inputs, two hidden neurons and one output, up to the loss of one example.

    >>> network()
    <Drawing: 20 nodes, 21 edges>
    """
    model = MLP(2, [2, 1], "tanh", rng=0)
    y = model([Value(1.5, label="x1"), Value(-2.0, label="x2")])
    y.label = "y"
    loss = (y + 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    return viz.draw(loss)


WRITTEN = {
    "neuron.svg": "one neuron with every gradient",
    "network.svg": "a small network of single numbers, up to its loss",
    "curves.svg": "how the digits were learned, epoch by epoch",
    "confusion.svg": "which digits are taken for which others",
    "moons.svg": "what the network of single numbers says, and where",
}
"""The pictures, and what each shows."""


def write(folder: Path, parts: digits.Split, trained: digits.Trained, moon: moons.Trained) -> None:
    """Write them all.

    Raises
    ------
    ImportError: matplotlib is not installed.
    OSError: a file cannot be written.
    """
    pictures: tuple[viz.Drawing | viz.Plot, ...] = (
        neuron(),
        network(),
        viz.curves(trained.history),
        viz.confusion(trained.answers, parts.held_out_labels),
        viz.boundary(moon.model, moon.data),
    )
    for name, picture in zip(WRITTEN, pictures, strict=True):
        picture.save(folder / name)
