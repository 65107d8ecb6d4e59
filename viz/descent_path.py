"""``PathRecorder``: where parameters have been during a training; and moving them elsewhere for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.graph import Node
from viz.parameters import named_parameters

Array = np.ndarray[Any, Any]


class PathRecorder:
    """Records the parameters of a model during a training, for :func:`viz.landscape`.

    Call :meth:`observe` after each step of the optimiser, or give it to ``nn.fit``, which calls it after
    each epoch: ``callbacks=[path.observe]``. The first point is where the parameters are now.

    Parameters
    ----------
    parameters: a model with ``parameters()``; or the parameters, in a list or by name.

    Attributes
    ----------
    points: for each moment all numbers in a row.

    Raises
    ------
    TypeError: something is no Value and no Tensor.
    ValueError: there are no parameters.

    >>> from autograd import Value
    >>> w = Value(2.0, label="w")
    >>> path = PathRecorder([w])
    >>> w.data = 1.5
    >>> path.observe()
    >>> [point.tolist() for point in path.points]
    [[2.0], [1.5]]
    """

    def __init__(self, parameters: Any) -> None:
        self._parameters = [node for _, node in named_parameters(parameters, "PathRecorder")]
        self.points = [flat(self._parameters)]

    def observe(self, training: Any = None) -> None:
        """Take down where the parameters are now; what a callback is given is not looked at."""
        self.points.append(flat(self._parameters))


def flat(parameters: Sequence[Node]) -> Array:
    """All numbers of some parameters in a row."""
    return np.concatenate([np.asarray(parameter.plain, float).ravel() for parameter in parameters])


def parts(parameters: Sequence[Node], numbers: Array) -> dict[Node, Any]:
    """For each parameter its part of all numbers in a row, in its shape and dtype; a float for a Value.

    >>> from autograd import Value
    >>> list(parts([Value(1.0), Value(2.0)], np.array([3.0, 4.0])).values())
    [3.0, 4.0]
    """
    ends = np.cumsum([int(np.prod(parameter.shape)) for parameter in parameters])
    return {
        parameter: float(part[0])
        if parameter.dtype is None
        else part.reshape(parameter.shape).astype(parameter.dtype)
        for parameter, part in zip(parameters, np.split(numbers, ends[:-1]), strict=True)
    }


@contextlib.contextmanager
def moving(parameters: Sequence[Node]) -> Iterator[Any]:
    """Parameters that may be moved: the function gets all their numbers in a row.

    Afterwards they are where they were, to the last bit, and graphs recorded before are not stale.
    """
    before = [(parameter, parameter.number, np.array(parameter.plain)) for parameter in parameters]

    def move(numbers: Array) -> None:
        for parameter, part in parts(parameters, numbers).items():
            _put(parameter, part)

    try:
        yield move
    finally:
        for parameter, number, numbers in before:
            _put(parameter, numbers)
            parameter.sync()
            parameter.number = number


def _put(parameter: Any, numbers: Array) -> None:
    if parameter.dtype is None:
        parameter.data = float(numbers)
    else:  # into its memory, which an optimiser may share
        parameter.data[...] = numbers
