"""Over-fitting: a large network learns 40 points by heart, and four ways to keep it from doing so.

    L1              loss + λ Σ |w|          pulls on all weights alike, also on the small ones
    L2              loss + λ Σ w²           pulls on a weight by its size
    dropout         every neuron is missing in half of the steps, so none can rely on one other
    early stopping  stop when the loss on 40 points kept aside has not become better for 20 steps

The points are two half moons with so much noise that no rule gets all of them right. What counts is the loss
on new points: learned by heart it is far worse, though the loss on the 40 points is almost zero.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule import datasets
from nn import (
    Adam,
    Dropout,
    EarlyStopping,
    Linear,
    ReLU,
    Sequential,
    accuracy,
    cross_entropy,
    evaluate,
    fit,
    l1_penalty,
    l2_penalty,
)

STEPS = 400


class Way(NamedTuple):
    """One way to train."""

    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    early_stopping: bool = False


WAYS = {
    "nothing": Way(),
    "L1": Way(l1=0.003),
    "L2": Way(l2=0.01),
    "dropout": Way(dropout=0.5),
    "early stopping": Way(early_stopping=True),
}


class Row(NamedTuple):
    """What came of it: losses and shares of right answers on the 40 points and on 2,000 new ones."""

    steps: int
    loss: float
    new_loss: float
    accuracy: float
    new_accuracy: float
    weights: float
    """their root mean square"""


def points(count: int, seed: int) -> tuple[Any, Any]:
    """Points (count, 2) and their classes 0 and 1."""
    x, labels = datasets.moons(count, noise=0.35, seed=seed)
    return x.astype(np.float32), (labels > 0).astype(np.int64)


def train(way: Way) -> Row:
    """Train 2-64-64-2 on the 40 points one way."""
    data, kept_aside, new = points(40, seed=0), points(40, seed=7), points(2000, seed=1)
    draw = np.random.default_rng(0)
    model = Sequential(
        Linear(2, 64, rng=draw), ReLU(), Dropout(way.dropout, rng=draw),
        Linear(64, 64, rng=draw), ReLU(), Dropout(way.dropout, rng=draw),
        Linear(64, 2, rng=draw),
    )  # fmt: skip
    weights = [parameter for name, parameter in model.named_parameters() if name.endswith("weight")]

    def loss(scores: Any, classes: Any) -> Any:
        return cross_entropy(scores, classes) + way.l1 * l1_penalty(weights) + way.l2 * l2_penalty(weights)

    history = fit(
        model,
        data,
        loss,
        Adam(model.parameters(), lr=0.01),
        epochs=STEPS,
        batch_size=40,
        validation=kept_aside if way.early_stopping else None,
        callbacks=[EarlyStopping(patience=20)] if way.early_stopping else [],
        rng=0,
        progress=False,
    )
    before, after = (evaluate(model, each, cross_entropy, metrics=[accuracy]) for each in (data, new))
    flat = np.concatenate([weight.data.ravel() for weight in weights])
    return Row(
        history.epochs,
        before["loss"],
        after["loss"],
        before["accuracy"],
        after["accuracy"],
        float(np.sqrt(np.mean(flat**2))),
    )


def run() -> dict[str, Row]:
    """Train all five ways."""
    return {name: train(way) for name, way in WAYS.items()}


def show(result: dict[str, Row]) -> None:
    """Print how well each way does on points that it has not seen."""
    print("                steps   loss of 40   of 2,000 new    right of 40   of new   weights")
    for name, row in result.items():
        print(
            f"{name:15} {row.steps:5} {row.loss:12.4f} {row.new_loss:14.4f} {row.accuracy:14.1%} "
            f"{row.new_accuracy:8.1%} {row.weights:9.3f}"
        )


if __name__ == "__main__":
    show(run())
