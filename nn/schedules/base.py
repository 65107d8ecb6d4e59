"""``Schedule``: a rate that depends on the number of steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..optimizers import Optimizer


class Schedule:
    """A rate that depends on the number of steps alone: each schedule writes :meth:`rate`.

    Attributes
    ----------
    last_epoch: k, how often ``step()`` was called.
    base_lr: lr₀.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.base_lr, self.last_epoch = optimizer, optimizer.lr, 0
        optimizer.lr = self.rate(0)

    def rate(self, k: int) -> float:
        """The rate after k steps."""
        raise NotImplementedError(f"{type(self).__name__} has no rate()")

    def step(self) -> None:
        """Go on to the next rate."""
        self.last_epoch += 1
        self.optimizer.lr = self.rate(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """The rate as it is now, in a list as PyTorch has it."""
        return [self.optimizer.lr]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on from here: all attributes but the optimiser.

        >>> from autograd import Value
        >>> from nn import SGD, StepLR
        >>> StepLR(SGD([Value(1.0)], lr=1.0), 2).state_dict()
        {'step_size': 2, 'gamma': 0.1, 'base_lr': 1.0, 'last_epoch': 0}
        """
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another schedule of this kind was.

        Raises
        ------
        ValueError: the state is that of another kind of schedule.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"a state of {sorted(state)} where {sorted(self.state_dict())} was expected")
        vars(self).update(state)
        self.optimizer.lr = self.rate(self.last_epoch)


def cosine(first: float, last: float, share: float) -> float:
    """From the first to the last along half a cosine, share of the way."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
