"""``Bundle``: parameters that move together, as one flat array.

An update rule on one flat array costs a handful of calls however many parameters there are. Tensors
become views of it; the numbers of Values are copied in and out. Parameters that were always updated
together are in one bundle; when some of them have no gradient, the bundle is split. A large parameter
has a bundle of its own: its calls cost little beside its numbers, which need not be brought together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np

from autograd import Node, ShapeError, Tensor, lend
from autograd.graph import get_data, note_changes

Array = np.ndarray[Any, Any]
LARGE = 2**15
"""From how many numbers on a parameter is a bundle by itself."""


class Bundle:
    """Parameters of one kind and dtype with their state, an array for each name.

    Attributes
    ----------
    data: all parameters, one after another.
    rate: the learning rate in their dtype, an array of no axes.
    """

    def __init__(self, parameters: Sequence[Node], names: Iterable[str], rate: Array) -> None:
        self.parameters = list(parameters)
        self.tensors: list[Tensor] = [p for p in self.parameters if isinstance(p, Tensor)]
        self.dtype = np.dtype(self.parameters[0].dtype or float)
        ends = np.cumsum([_count(p) for p in self.parameters]).tolist()
        self.spans = [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]
        self.data: Array = np.empty(ends[-1], self.dtype)
        self._gathered: Array = np.empty(ends[-1] if len(ends) > 1 else 0, self.dtype)
        self.state: dict[str, Array] = {name: np.zeros(ends[-1], self.dtype) for name in names}
        self._steps: Array = np.zeros(())
        self.rate: Array = np.array(rate, self.dtype)
        self.moving = True
        self._divide()
        self.settle()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy's memory is divided anew; its next step brings the parameters there."""
        vars(self).update(state)
        self._divide()

    def _divide(self) -> None:
        self.places = [
            self.data[span].reshape(p.shape) for p, span in zip(self.parameters, self.spans, strict=True)
        ]

    def __getitem__(self, name: str) -> Array:
        array: Array = lend(self.state[name], name)
        return array

    @property
    def steps(self) -> Array:
        """How many steps the parameters have made, an array of no axes."""
        steps: Array = lend(self._steps, "steps")
        return steps

    def scalar(self, name: str, first: float) -> Array:
        """A state that is one number for all, an array of no axes."""
        array: Array = lend(self.state.setdefault(name, np.array(first)), name)
        return array

    def number(self, x: Any) -> Any:
        """A number in the dtype of the parameters, which would otherwise become wider."""
        return x.astype(self.dtype)

    def gather(self) -> Array:
        """All gradients, one after another, only to be read; the numbers of Values are brought here, too."""
        if not self.tensors:
            lend(self.data, "parameters")[...] = np.stack([p.plain for p in self.parameters])
            return np.stack([p.grad for p in self.parameters])
        gradients: list[Array] = [getattr(g, "plain", g).ravel() for g in [p.grad for p in self.tensors]]
        if len(gradients) == 1:
            return gradients[0]
        return np.concatenate(gradients, out=lend(self._gathered, "gradients"), casting="same_kind")

    def settle(self) -> None:
        """Bring the data of every tensor here: at first, and where .data was assigned since."""
        for tensor, place in zip(self.tensors, self.places, strict=False):
            if not tensor.lies_in(place):
                tensor.move_to_(place)

    def in_place(self) -> bool:
        """Whether the data of every tensor is where this bundle keeps it."""
        if all(map(is_, map(get_data, self.tensors), self.places)):
            return True
        return all(map(Tensor.lies_in, self.tensors, self.places))  # as a program that is recorded sees it

    def commit(self) -> None:
        """Let the parameters know that they were changed."""
        note_changes(self.tensors)
        if not self.tensors:
            data = lend(self.data, "parameters")
            numbers = data.tolist() if data is self.data else data
            for value, number in zip(self.parameters, numbers, strict=True):
                value.data = number  # type: ignore[attr-defined]

    def fits(self) -> bool:
        """Whether the parameters still have the shapes and the dtype that they had."""
        return all(
            (p.dtype is None or p.dtype == self.dtype) and _count(p) == span.stop - span.start
            for p, span in zip(self.parameters, self.spans, strict=True)
        )

    def state_of_each(self) -> list[dict[str, Array]]:
        """A copy of the state of each parameter, in its shape."""
        return [
            {"step": self._steps.copy()}
            | {
                name: array.copy() if array.ndim == 0 else array[span].reshape(p.shape).copy()
                for name, array in self.state.items()
            }
            for p, span in zip(self.parameters, self.spans, strict=True)
        ]

    @classmethod
    def with_state(cls, parameter: Node, names: Sequence[str], rate: Array, own: Mapping[str, Any]) -> Bundle:
        """A bundle of one parameter with a state of its own.

        Raises
        ------
        ValueError: the state does not have these names, or not the parameter's shape.
        """
        arrays = {name: np.asarray(array) for name, array in own.items() if name != "step"}
        missing = [name for name in ("step", *names) if name not in own]
        if missing or any(name not in names and array.ndim for name, array in arrays.items()):
            raise ValueError(f"a state of {sorted(own)} where {sorted([*names, 'step'])} was expected")
        for name in names:
            if arrays[name].shape != parameter.shape:
                raise ShapeError(
                    f"the state {name} has shape {arrays[name].shape}, its parameter {parameter.shape}"
                )
        bundle = cls([parameter], names, rate)
        bundle._steps[...] = own["step"]  # now, and not at every run of a program
        for name, array in arrays.items():
            if name in names:
                bundle.state[name][...] = array.ravel()
            else:
                bundle.state[name] = np.array(array)
        return bundle


def bundles(
    parameters: Sequence[Node], before: Sequence[Bundle], names: Sequence[str], rate: Array
) -> Sequence[Bundle]:
    """The bundles of the step before, split, joined or made new as the gradients ask for it."""
    settled = sum(len(bundle.parameters) for bundle in before) == len(parameters)
    if settled and all(_settled(bundle) for bundle in before):
        return before
    result = []
    for bundle in before:
        moving = [p.grad is not None for p in bundle.parameters]
        bundle.moving = all(moving)
        if bundle.fits() and (all(moving) or not any(moving)):
            bundle.settle()
            result.append(bundle)
        else:  # one of its own for each, with the state it had
            for p, own in zip(bundle.parameters, bundle.state_of_each(), strict=True):
                alone = Bundle.with_state(p, names, rate, own)
                alone.moving = p.grad is not None
                result.append(alone)
    known = {p for bundle in before for p in bundle.parameters}
    fresh: dict[Any, list[Node]] = {}
    for p in parameters:
        if p not in known and p.grad is not None:
            fresh.setdefault((p.dtype, _alone(p)), []).append(p)
    result += [Bundle(together, names, rate) for together in fresh.values()]
    return _joined(result, names, rate)


def _count(parameter: Node) -> int:
    """How many numbers a parameter has."""
    return math.prod(parameter.shape)


def _alone(parameter: Node) -> int:
    """What tells a large parameter, which has a bundle of its own, from all others; 0 for the rest."""
    return id(parameter) if _count(parameter) >= LARGE else 0


def _settled(bundle: Bundle) -> bool:
    """Whether a bundle is as it was: every parameter is in its place and has a gradient."""
    return bundle.moving and bundle.in_place() and all([p.grad is not None for p in bundle.parameters])


def _joined(parts: list[Bundle], names: Sequence[str], rate: Array) -> list[Bundle]:
    """Bundles that have made the same steps, and move or rest together, as one."""
    groups: dict[Any, list[Bundle]] = {}
    for part in parts:
        scalars = tuple(sorted((name, float(a)) for name, a in part.state.items() if a.ndim == 0))
        alone = _alone(part.parameters[0])
        key = bool(part.tensors), part.dtype, float(part._steps), part.moving, scalars, alone
        groups.setdefault(key, []).append(part)
    result = []
    for group in groups.values():
        if len(group) == 1:
            result.append(group[0])
            continue
        whole = Bundle([p for part in group for p in part.parameters], names, rate)
        whole._steps[...] = group[0]._steps
        whole.moving = group[0].moving
        for name in group[0].state:
            arrays = [part.state[name] for part in group]
            whole.state[name] = arrays[0] if arrays[0].ndim == 0 else np.concatenate(arrays)
        result.append(whole)
    return result
