"""Is every derivative right? All parameters of a network against differences, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd import GradcheckError, gradcheck
from nn import Module, cross_entropy

from .digits import Split

IMAGES = 8  # enough that every neuron is at work in some of them


@dataclass(frozen=True)
class Verdict:
    """How many derivatives were compared, and what did not agree: nothing, if the check passed."""

    derivatives: int
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether all agree."""
        return not self.fault

    def sentence(self) -> str:
        """The verdict for people.

        >>> Verdict(1482).sentence()
        'Passed: all 1,482 derivatives agree with differences of the loss.'
        """
        if self.passed:
            return f"Passed: all {self.derivatives:,} derivatives agree with differences of the loss."
        return f"Failed: {self.fault}"


class Loss(Module):
    """The loss of a network on certain images, as a model of its own that needs no input."""

    def __init__(self, model: Module, images: Any, labels: Any) -> None:
        self.model, self.images, self.labels = model, images, labels

    def forward(self) -> Any:
        """The mean cross-entropy."""
        return cross_entropy(self.model(self.images), self.labels)


def network(model: Module, parts: Split) -> Verdict:
    """Move each parameter a little, in float64, and compare what the loss does with its gradient."""
    loss = Loss(model, parts.images[:IMAGES], parts.labels[:IMAGES])
    count = sum(parameter.size for parameter in model.parameters())
    try:
        gradcheck(loss, [], modes=("reverse",))
    except GradcheckError as error:
        return Verdict(count, str(error))
    return Verdict(count)
