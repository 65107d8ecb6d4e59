"""``Schedule``: a rate that depends on the number of steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import RecordError
from autograd.grad_mode import recorder_now

from ..optimizers import Optimizer


class Schedule:
    """A rate that depends on the number of steps alone: each schedule writes :meth:`rate`.

    With groups of parameters, each group's rate starts from its own.

    Attributes
    ----------
    last_epoch: k, how often ``step()`` was called.
    base_lrs: lr₀ of every group.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> class InverseLR(Schedule):
    ...     def rate(self, k, lr0):
    ...         return lr0 / (1 + k)
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> InverseLR(optimizer).step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.last_epoch = optimizer, 0
        self.base_lrs = [group.lr for group in optimizer.groups]
        self._set()

    def rate(self, k: int, lr0: float) -> float:
        """The rate after k steps."""
        raise NotImplementedError(f"{type(self).__name__} has no rate()")

    def _set(self) -> None:
        for group, lr0 in zip(self.optimizer.groups, self.base_lrs, strict=True):
            group.lr = self.rate(self.last_epoch, lr0)

    def step(self) -> None:
        """Go on to the next rate.

        Raises
        ------
        RecordError: a program is being recorded, which could not count the steps.
        """
        self._count()
        self._set()

    def _count(self) -> None:
        if recorder_now() is not None:
            raise RecordError(
                f"{type(self).__name__}.step() counts its steps in Python, which a program would not do "
                "again; call it after the compiled step, not in it"
            )
        self.last_epoch += 1

    def get_last_lr(self) -> list[float]:
        """The rate of every group as it is now."""
        return [group.lr for group in self.optimizer.groups]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on from here: all attributes but the optimiser and functions.

        >>> from autograd import Value
        >>> from nn import SGD, StepLR
        >>> StepLR(SGD([Value(1.0)], lr=1.0), 2).state_dict()
        {'step_size': 2, 'gamma': 0.1, 'last_epoch': 0, 'base_lrs': [1.0]}
        """
        return {
            name: value for name, value in vars(self).items() if name != "optimizer" and not callable(value)
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another schedule of this kind was.

        Raises
        ------
        ValueError: the state is that of another kind of schedule.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"a state of {sorted(state)} where {sorted(self.state_dict())} was expected")
        if len(state["base_lrs"]) != len(self.base_lrs):
            raise ValueError(f"a state of {len(state['base_lrs'])} groups where {len(self.base_lrs)} are")
        vars(self).update(state)
        self._set()


def cosine(first: float, last: float, share: float) -> float:
    """From the first to the last along half a cosine, share of the way."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


def line(first: float, last: float, share: float) -> float:
    """From the first to the last along a line, share of the way."""
    return first + (last - first) * share
