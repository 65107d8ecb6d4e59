"""``Optimizer``: what all optimisers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Node

from ..bundle import Array, Bundle, bundles


class Optimizer:
    """What all optimisers share: the parameters, the learning rate, a step, and weight decay.

    Each optimiser writes :meth:`update`. It is called with the parameters as one flat array, which it
    changes in place, and with their gradients, which it must not change. Parameters without a gradient
    stay as they are.

    Parameters
    ----------
    weight_decay: adds ``weight_decay · p`` to the gradient, the slope of an L2 penalty.
    maximize: climb instead of descend.

    Raises
    ------
    ValueError: there are no parameters, or a number is out of its range.
    """

    names: tuple[str, ...] = ()  # the arrays of the state, zero at first, one number a parameter

    def __init__(
        self, parameters: Iterable[Node], lr: float, weight_decay: float = 0.0, *, maximize: bool = False
    ) -> None:
        self.parameters = list(dict.fromkeys(parameters))
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} was given no parameters")
        for name, number in (("lr", lr), ("weight_decay", weight_decay)):
            if not number >= 0:
                raise ValueError(f"{type(self).__name__}: {name} must not be negative, got {number}")
        self.weight_decay, self.maximize = weight_decay, maximize
        self._rate = np.array(float(lr))
        self._bundles: list[Bundle] = []

    @property
    def lr(self) -> float:
        """The learning rate; assign it at any time."""
        return float(self._rate)

    @lr.setter
    def lr(self, lr: float) -> None:
        self._rate[...] = lr
        for bundle in self._bundles:
            bundle.rate[...] = lr

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        self._bundles = bundles(self.parameters, self._bundles, self.names, self._rate)
        for bundle in self._bundles:
            if bundle.moving:
                g = bundle.gather()
                bundle.steps += 1
                if self.maximize:
                    g = -g
                if self.weight_decay:
                    g = self.decay(bundle.data, g, bundle.rate)
                self.update(bundle.data, g, bundle, bundle.rate)
                bundle.commit()

    def decay(self, p: Array, g: Array, rate: Array) -> Array:
        """``g + weight_decay · p``, the gradient to go on with."""
        return g + self.weight_decay * p

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """The update rule: change p in place."""
        raise NotImplementedError(f"{type(self).__name__} has no update()")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Copies of the rate and of each parameter's state, by the parameter's place.

        >>> from autograd import Value
        >>> from nn import Adam
        >>> p = Value(1.0)
        >>> optimizer = Adam([p])
        >>> p.grad = 1.0
        >>> optimizer.step()
        >>> sorted(optimizer.state_dict()["state"][0])
        ['exp_avg', 'exp_avg_sq', 'step']
        """
        places = {parameter: place for place, parameter in enumerate(self.parameters)}
        state = {
            places[parameter]: own
            for bundle in self._bundles
            for parameter, own in zip(bundle.parameters, bundle.state_of_each(), strict=True)
        }
        return {"lr": self.lr, "state": dict(sorted(state.items()))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the rate and the state of each parameter; names and shapes are verified first.

        Raises
        ------
        ValueError: the state is another optimiser's, or of other parameters.
        """
        found: dict[int, dict[str, Any]] = {int(place): dict(own) for place, own in state["state"].items()}
        loaded = []
        for place, own in found.items():
            if not 0 <= place < len(self.parameters):
                raise ValueError(f"the state has parameter {place}, there are {len(self.parameters)}")
            loaded.append(Bundle.with_state(self.parameters[place], self.names, self._rate, own))
        self._bundles = loaded
        self.lr = state["lr"]

    def __repr__(self) -> str:
        count = sum(int(np.prod(parameter.shape)) for parameter in self.parameters)
        return f"{type(self).__name__}(lr={self.lr}, {count} numbers in {len(self.parameters)} parameters)"


def fractions(**numbers: float) -> None:
    """Refuse a number that is not at least 0 and less than 1."""
    for name, number in numbers.items():
        if not 0 <= number < 1:
            raise ValueError(f"{name} is at least 0 and less than 1, got {number}")


def average(average: Array, new: Array, keep: float) -> None:
    """``average ← keep · average + (1 - keep) · new``, in place."""
    average *= keep
    average += (1 - keep) * new
