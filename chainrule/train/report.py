"""What a training leaves: the curves of its epochs, and how large the gradients are in every layer."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import viz
from nn import History, Module

from .tasks import Job

SAMPLE = 256  # so many items tell how large the gradients are


@dataclass(frozen=True)
class Flow:
    """How large one parameter and its gradient are: roots of mean squares."""

    name: str
    shape: tuple[int, ...]
    weight: float
    gradient: float

    @property
    def share(self) -> float:
        """The gradient beside the parameter; vanishing and exploding gradients show here."""
        return self.gradient / self.weight if self.weight else float("inf")


def sample_loss(job: Job, count: int = SAMPLE) -> Any:
    """The loss of the first items to learn from, recorded."""
    inputs, targets = (array[:count] for array in job.data)
    return job.loss(job.model(inputs), targets)


def gradient_flow(model: Module, loss: Any) -> list[Flow]:
    """The sizes of all parameters and of their gradients of a loss; the gradients are forgotten again."""
    model.zero_grad()
    loss.backward()
    found = [
        Flow(name, parameter.shape, _root_mean_square(parameter.plain), _root_mean_square(parameter.grad))
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    ]
    model.zero_grad()
    return found


def _root_mean_square(array: Any) -> float:
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64)))) if np.size(array) else 0.0


def table(flow: list[Flow]) -> str:
    """The gradient flow as text, a line for each parameter.

    >>> print(table([Flow("0.weight", (16, 784), 0.05, 0.001)]))
    parameter  shape       weight   gradient  gradient/weight
    0.weight   16×784   5.000e-02  1.000e-03        2.000e-02
    """
    rows = [("parameter", "shape", "weight", "gradient", "gradient/weight")]
    for each in flow:
        shape = "×".join(map(str, each.shape))
        rows.append((each.name, shape, f"{each.weight:.3e}", f"{each.gradient:.3e}", f"{each.share:.3e}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            word.ljust(width) if place < 2 else word.rjust(width)  # words to the left, numbers to the right
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(lines)


def write(folder: Path, job: Job, history: History, draw: np.random.Generator) -> None:
    """Write ``curves.svg``, ``gradient-flow.svg`` and ``gradient-flow.txt``, and print what matters."""
    if not history.epochs:
        return
    loss = sample_loss(job)
    text = table(gradient_flow(job.model, loss))
    (folder / "gradient-flow.txt").write_text(text + "\n", encoding="utf-8")
    print(f"\nGradients of the first {min(SAMPLE, len(job.data[0]))} items, roots of mean squares:\n{text}\n")
    if find_spec("matplotlib") is None:
        print('For the curves, install Matplotlib: pip install "chainrule[plot]"')
    else:
        # What is called validation while it trains is test data, which nothing was chosen by.
        columns = {name.replace("validation_", "test_"): numbers for name, numbers in history.items()}
        viz.curves(columns).save(folder / "curves.svg")
    viz.flow(loss).save(folder / "gradient-flow.svg")
    if job.afterwards is not None:
        print(job.afterwards(draw))
    if "validation_accuracy" in history:
        right = history["validation_accuracy"][-1]
        print(f"{right:.2%} of {len(job.test[0]):,} test items are right")
    print(f"the checkpoint and the pictures are in {folder}", flush=True)
