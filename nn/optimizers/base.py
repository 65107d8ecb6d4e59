"""``Optimizer``: what all optimisers share."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node, RecordError, lend
from autograd.grad_mode import recorder_now
from autograd.graph import note_change

from ..bundle import Array, Bundle, bundles

Parameters = Iterable[Node] | Iterable[Mapping[str, Any]]
"""Parameters, or groups of them with settings of their own: ``{"params": [...], "lr": 0.1}``."""

NOT_NEGATIVE = (
    "lr", "weight_decay", "eps", "momentum", "momentum_decay", "alpha", "lr_decay",
    "initial_accumulator_value",
)  # fmt: skip


class Optimizer:
    """What all optimisers share: the parameters, the learning rate, a step, and weight decay.

    Each optimiser writes :meth:`update`. It is called with the parameters as one flat array, which it
    changes in place, and with their gradients, which it must not change. Parameters without a gradient
    stay as they are.

    Parameters
    ----------
    parameters: leaves; or groups of them, dictionaries with "params" and the settings that differ.
    weight_decay: adds ``weight_decay · p`` to the gradient, the slope of an L2 penalty.
    maximize: climb instead of descend.

    Raises
    ------
    TypeError: a model was given.
    ValueError: there are no parameters, one is in two groups or no leaf, or a number is out of its range.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> slow, fast = Value(0.0), Value(0.0)
    >>> SGD([{"params": [slow]}, {"params": [fast], "lr": 0.5}], lr=0.1).groups
    (SGD(lr=0.1, 1 numbers in 1 parameters), SGD(lr=0.5, 1 numbers in 1 parameters))
    """

    names: tuple[str, ...] = ()  # the arrays of the state, zero at first, one number a parameter
    _bundles: Sequence[Bundle] = ()

    def __init__(
        self, parameters: Parameters, lr: float, weight_decay: float = 0.0, *, maximize: bool = False
    ) -> None:
        # A subclass sets its own settings first, so that each group can be made with them.
        self.weight_decay, self.maximize = weight_decay, maximize
        self._rate = np.array(float(lr))
        self._bundles = []
        self._groups: tuple[Optimizer, ...] = ()
        if hasattr(parameters, "parameters"):
            raise TypeError(f"{type(self).__name__} takes parameters, not a model; pass model.parameters()")
        given: list[Any] = list(parameters)
        grouped = bool(given) and all(isinstance(each, Mapping) for each in given)
        if grouped:
            self._groups = tuple(self._group(**group) for group in given)
            given = [parameter for group in self._groups for parameter in group.parameters]
            if len(set(given)) < len(given):
                raise ValueError(f"{type(self).__name__}: a parameter is in two groups")
        self._check(given)
        self.parameters: list[Node] = list(dict.fromkeys(given))

    def _group(self, params: Any, **own: Any) -> Optimizer:
        """A group is an optimiser of its own, with the settings of this one where it has none."""
        settings = {name: getattr(self, name) for name in list(inspect.signature(type(self)).parameters)[1:]}
        return type(self)([params] if isinstance(params, Node) else params, **settings | own)

    def _check(self, parameters: list[Any]) -> None:
        name = type(self).__name__
        if not parameters:
            raise ValueError(f"{name} was given no parameters")
        for place, p in enumerate(parameters):
            if not isinstance(p, Node) or p.op:
                raise ValueError(f"{name}: parameter {place} is no leaf that could be moved, but {p!r:.60}")
        for setting in NOT_NEGATIVE:
            if not (number := getattr(self, setting, 0.0)) >= 0:
                raise ValueError(f"{name}: {setting} must not be negative, got {number}")

    def __setattr__(self, name: str, value: Any) -> None:
        # Where the parameters lie is no setting, and stays: a program that is recorded has that memory.
        if name not in ("lr", "_bundles") and (recorder := recorder_now()) is not None:
            recorder.set_attribute(self, name)
        super().__setattr__(name, value)
        if name != "lr":  # which is memory that a program reads
            note_change()

    @property
    def groups(self) -> tuple[Optimizer, ...]:
        """An optimiser for each group of parameters; this one alone if there are no groups."""
        return self._groups or (self,)

    @property
    def lr(self) -> float:
        """The learning rate, of the first group if there are several; assign it, for all, at any time."""
        if self._groups:
            return self._groups[0].lr
        rate: Any = lend(self._rate, "lr")  # which may be another one at each run of a program
        return float(rate) if rate is self._rate else rate.weakened()

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self._groups:
            group.lr = lr
        for rate in (self._rate, *[bundle.rate for bundle in self._bundles]):
            lend(rate, "lr")[...] = lr

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for group in self.groups:
            group._step()

    def _step(self) -> None:
        if (recorder := recorder_now()) is not None:
            recorder.watch(self)
        found = bundles(self.parameters, self._bundles, self.names, self._rate)
        if found != self._bundles:  # a program that was recorded looks whether they are the same
            if recorder is not None and any(recorder.has_written(bundle._steps) for bundle in self._bundles):
                raise RecordError(
                    f"{type(self).__name__} finds gradients in other parameters than at the step before, and "
                    "arranges its state anew, which a program would not; record these steps as two functions"
                )
            self._bundles = found
        for bundle in self._bundles:
            if bundle.moving:
                steps, p, g = bundle.steps, lend(bundle.data, "parameters"), bundle.gather()
                rate = lend(bundle.rate, "lr")
                steps += 1
                if self.maximize:
                    g = -g
                if self.weight_decay:
                    g = self.decay(p, g, rate)
                self.update(p, g, bundle, rate)
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
        """Copies of the rate and of each parameter's state, by the parameter's place; of each group's.

        >>> from autograd import Value
        >>> from nn import Adam
        >>> p = Value(1.0)
        >>> optimizer = Adam([p])
        >>> p.grad = 1.0
        >>> optimizer.step()
        >>> sorted(optimizer.state_dict()["state"][0])
        ['exp_avg', 'exp_avg_sq', 'step']
        """
        if self._groups:
            return {"groups": [group.state_dict() for group in self._groups]}
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
        ValueError: the state is another optimiser's, or of other parameters or groups.
        """
        states = state.get("groups", [state])
        if len(states) != len(self.groups):
            raise ValueError(f"the state has {len(states)} groups, the optimiser {len(self.groups)}")
        loaded = [group._loaded(own["state"]) for group, own in zip(self.groups, states, strict=True)]
        for group, own, found in zip(self.groups, states, loaded, strict=True):
            group._bundles, group.lr = found, own["lr"]

    def _loaded(self, state: Mapping[Any, Any]) -> list[Bundle]:
        found: dict[int, dict[str, Any]] = {int(place): dict(own) for place, own in state.items()}
        for place in found:
            if not 0 <= place < len(self.parameters):
                raise ValueError(f"the state has parameter {place}, there are {len(self.parameters)}")
        return [
            Bundle.with_state(self.parameters[place], self.names, self._rate, own)
            for place, own in found.items()
        ]

    def __repr__(self) -> str:
        if self._groups:
            return f"{type(self).__name__}({', '.join(map(repr, self._groups))})"
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
