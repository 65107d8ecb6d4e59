"""Is every derivative right? All parameters of a network against its loss, element by element."""

from __future__ import annotations

from typing import Any

from autograd import gradcheck
from autograd.check import Report
from nn import Module, cross_entropy

from .digits import Split

IMAGES = 8  # enough that every neuron is at work in some of them


class Loss(Module):
    """The loss of a network on certain images, as a model of its own that needs no input."""

    def __init__(self, model: Module, images: Any, labels: Any) -> None:
        super().__init__()
        self.model, self.images, self.labels = model, images, labels

    def forward(self) -> Any:
        """The mean cross-entropy."""
        return cross_entropy(self.model(self.images), self.labels)


def network(model: Module, parts: Split) -> Report:
    """Move each parameter of a float64 copy a little, and compare what the loss does with its gradient."""
    loss = Loss(model, parts.images[:IMAGES], parts.labels[:IMAGES])
    return gradcheck(loss, [], modes=("reverse",), raise_exception=False)


def sentence(report: Report) -> str:
    """The verdict for people.

    >>> sentence(Report("right", "", "Loss", counts={"right": 1482}, worst=7e-11))
    'passed, all 1,482 derivatives agree; the largest relative difference is 7e-11'
    """
    if not report:
        return f"failed\n{report}"
    words = f"passed, all {checked(report):,} derivatives agree"
    return f"{words}; the largest relative difference is {report.worst:.0e}"


def checked(report: Report) -> int:
    """How many derivatives were compared.

    >>> checked(Report("kink", "", "Loss", counts={"right": 9, "kink": 1}))
    10
    """
    return sum(report.counts.values())
