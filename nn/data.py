"""Data: points drawn from formulas, batches, a part for validation, and normalisation.

Every generator takes a seed and gives points (samples, 2) and labels (samples,), shuffled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import ShapeError

from .module import Random, generator

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def _shuffled(parts: Sequence[NDArray[np.float64]], labels: Sequence[int], noise: float, seed: int) -> Points:
    """Points of several classes, moved by normal noise, in random order."""
    points = np.concatenate(parts)
    classes = np.concatenate(
        [np.full(len(part), label) for part, label in zip(parts, labels, strict=True)]
    ).astype(np.int64)
    random = np.random.default_rng(seed)
    points += random.normal(scale=noise, size=points.shape)
    order = random.permutation(len(points))
    return points[order], classes[order]


def _check(name: str, samples: int, noise: float) -> None:
    if samples < 0 or noise < 0:
        raise ValueError(
            f"{name} needs samples >= 0 and noise >= 0, and got samples={samples}, noise={noise}"
        )


def moons(samples: int = 100, noise: float = 0.1, seed: int = 0) -> Points:
    """Points on two half circles that reach into each other, labels -1 and 1.

    With t running from 0 to π, label -1 is the upper half circle (cos t, sin t) and label 1 the lower
    one, (1 - cos t, 1/2 - sin t). An odd point goes to the lower moon.

    >>> points, labels = moons(samples=5, noise=0.0, seed=0)
    >>> points.shape, sorted(labels.tolist())
    ((5, 2), [-1, -1, 1, 1, 1])
    >>> upper = points[labels == -1]
    >>> bool(np.allclose(np.hypot(upper[:, 0], upper[:, 1]), 1.0))
    True
    """
    _check("moons", samples, noise)
    upper = np.linspace(0.0, np.pi, samples // 2)
    lower = np.linspace(0.0, np.pi, samples - samples // 2)
    parts = [
        np.stack([np.cos(upper), np.sin(upper)], axis=1),
        np.stack([1.0 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
    ]
    return _shuffled(parts, [-1, 1], noise, seed)


def circles(samples: int = 100, noise: float = 0.1, seed: int = 0, *, factor: float = 0.5) -> Points:
    """Points on two circles around the origin: radius 1, label -1, and radius ``factor``, label 1.

    >>> points, labels = circles(samples=6, noise=0.0)
    >>> bool(np.allclose(np.hypot(*points[labels == 1].T), 0.5))
    True
    """
    _check("circles", samples, noise)
    outer = np.linspace(0.0, 2 * np.pi, samples // 2, endpoint=False)
    inner = np.linspace(0.0, 2 * np.pi, samples - samples // 2, endpoint=False)
    parts = [
        np.stack([np.cos(outer), np.sin(outer)], axis=1),
        factor * np.stack([np.cos(inner), np.sin(inner)], axis=1),
    ]
    return _shuffled(parts, [-1, 1], noise, seed)


def spirals(
    samples: int = 100, noise: float = 0.05, seed: int = 0, *, arms: int = 2, turns: float = 1.0
) -> Points:
    """Points on spirals that wind around each other, label 0, 1, … for each arm.

    Arm a is ``r (cos φ, sin φ)`` with φ = 2π (turns · r + a / arms) and r from 0.1 to 1.

    >>> points, labels = spirals(samples=9, arms=3)
    >>> points.shape, np.bincount(labels).tolist()
    ((9, 2), [3, 3, 3])
    """
    _check("spirals", samples, noise)
    if arms < 1:
        raise ValueError(f"spirals have one arm or more, not {arms}")
    parts = []
    for arm in range(arms):
        radius = np.linspace(0.1, 1.0, (samples + arm) // arms)
        angle = 2 * np.pi * (turns * radius + arm / arms)
        parts.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    return _shuffled(parts, list(range(arms)), noise, seed)


def xor(samples: int = 100, noise: float = 0.1, seed: int = 0) -> Points:
    """Points around the four corners (±1, ±1), label 1 where the signs differ, else -1.

    >>> points, labels = xor(samples=8, noise=0.0)
    >>> bool(((points.prod(axis=1) < 0) == (labels == 1)).all())
    True
    """
    _check("xor", samples, noise)
    corners = [(1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)]
    parts = [np.tile(corner, ((samples + place) // 4, 1)) for place, corner in enumerate(corners)]
    return _shuffled(parts, [-1, -1, 1, 1], noise, seed)


def piecewise_linear(
    samples: int = 100,
    noise: float = 0.0,
    seed: int = 0,
    *,
    knots: Sequence[float] = (-1.0, -0.4, 0.3, 0.6, 1.0),
    heights: Sequence[float] = (0.2, -0.6, 0.8, 0.1, 0.5),
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve of straight pieces, what a layer of relus can be exactly: x and y, each (samples, 1).

    ``y = heights[0] + Σᵢ cᵢ relu(x - knots[i])`` with cᵢ the change of slope at each knot.

    >>> x, y = piecewise_linear(samples=3, knots=(0.0, 1.0), heights=(0.0, 2.0))
    >>> x.ravel(), y.ravel()
    (array([0. , 0.5, 1. ]), array([0., 1., 2.]))
    """
    _check("piecewise_linear", samples, noise)
    if len(knots) != len(heights) or len(knots) < 2 or not (np.diff(knots) > 0).all():
        raise ValueError(
            f"piecewise_linear needs two knots or more, each greater than the one before and each with its "
            f"height, and got knots {tuple(knots)} and heights {tuple(heights)}"
        )
    x = np.linspace(knots[0], knots[-1], samples)
    y = np.interp(x, knots, heights) + np.random.default_rng(seed).normal(scale=noise, size=samples)
    return x[:, None], y[:, None]


# -- batches ----------------------------------------------------------------------------------


class Batches:
    """Arrays in batches, shuffled anew at every pass.

    Parameters
    ----------
    arrays: of one length, usually inputs and targets.
    batch_size: how many items a batch has; the last may have fewer.
    shuffle: whether the order is random.
    drop_last: leave out a last batch that is not full.
    rng: a random generator or its seed.

    Raises
    ------
    ValueError: the arrays differ in length, or a batch would be empty.

    >>> batches = Batches(np.arange(5), batch_size=2, shuffle=False)
    >>> [batch.tolist() for (batch,) in batches]
    [[0, 1], [2, 3], [4]]
    >>> len(batches)
    3
    """

    def __init__(
        self,
        *arrays: Any,
        batch_size: int = 32,
        shuffle: bool = True,
        drop_last: bool = False,
        rng: Random = None,
    ) -> None:
        self.arrays = tuple(np.asarray(array) for array in arrays)
        lengths = [len(array) for array in self.arrays]
        if not lengths or len(set(lengths)) > 1:
            raise ValueError(f"batches need arrays of one length, got lengths {lengths}")
        if batch_size < 1:
            raise ValueError(f"a batch has one item or more, not {batch_size}")
        self.batch_size, self.shuffle, self.drop_last = batch_size, shuffle, drop_last
        self.rng = generator(rng)

    def __len__(self) -> int:
        count = len(self.arrays[0])
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        count = len(self.arrays[0])
        order = self.rng.permutation(count) if self.shuffle else np.arange(count)
        for place in range(len(self)):
            chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
            yield tuple(array[chosen] for array in self.arrays)


def as_batches(data: Any, **options: Any) -> Any:
    """(inputs, targets) in :class:`Batches`, made with these options; what is no tuple, as it is.

    >>> len(as_batches((np.ones((4, 2)), np.ones(4)), batch_size=2))
    2
    """
    if not isinstance(data, tuple):
        return data
    if len(data) != 2:
        raise ValueError(f"data are (inputs, targets), and this is a tuple of {len(data)}")
    return Batches(*data, **options)


def pairs(batches: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Inputs and targets of each batch, or an error that says what a batch is.

    >>> list(pairs(np.ones((1, 2))))
    Traceback (most recent call last):
    TypeError: a batch is a tuple (inputs, targets), and this is a ndarray; ...
    """
    for batch in batches:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise TypeError(
                f"a batch is a tuple (inputs, targets), and this is a {type(batch).__name__}; data are "
                "batches in any iterable, or one tuple of all inputs and all targets"
            )
        yield batch[0], batch[1]


def split(*arrays: Any, fraction: float = 0.2, rng: Random = None) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Cut arrays at random in two parts, for training and for validation: ``(training, validation)``.

    Parameters
    ----------
    fraction: the share of the second part, rounded to whole items.
    rng: a random generator or its seed.

    >>> training, validation = split(np.arange(10), np.arange(10), fraction=0.3, rng=0)
    >>> len(training[0]), len(validation[0])
    (7, 3)
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"a fraction is between 0 and 1, not {fraction}")
    given = [np.asarray(array) for array in arrays]
    if len({len(array) for array in given}) != 1:
        raise ValueError(f"split needs arrays of one length, got lengths {[len(array) for array in given]}")
    order = generator(rng).permutation(len(given[0]))
    second = round(len(order) * fraction)
    training, validation = order[second:], order[:second]
    return tuple(array[training] for array in given), tuple(array[validation] for array in given)


class Normalizer:
    """``(x - mean) / std`` for each feature, with the mean and deviation of the training data.

    A feature that is always the same becomes 0.

    Raises
    ------
    ShapeError: called with data of another number of features or axes.

    >>> scale = Normalizer(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale(np.array([[3.0, 5.0]]))
    array([[1., 0.]])
    >>> scale.inverse(np.array([[1.0, 0.0]]))
    array([[3., 5.]])
    """

    def __init__(self, data: Any, axis: int | tuple[int, ...] = 0) -> None:
        self.mean = np.mean(data, axis, keepdims=True)
        axes = (axis,) if isinstance(axis, int) else axis
        self._over = {each % self.mean.ndim for each in axes}
        std = np.std(data, axis, keepdims=True)
        self.std = np.where(std == 0, 1, std)

    def __call__(self, data: Any) -> Any:
        """Data in units of deviations from the mean."""
        self._check(data)
        return (data - self.mean) / self.std

    def inverse(self, data: Any) -> Any:
        """Data in its own units again."""
        self._check(data)
        return data * self.std + self.mean

    def _check(self, data: Any) -> None:
        shape, own = np.shape(data), self.mean.shape
        if len(shape) != len(own) or any(
            shape[axis] != own[axis] for axis in range(len(own)) if axis not in self._over
        ):
            features = ["any" if axis in self._over else length for axis, length in enumerate(own)]
            raise ShapeError(
                f"Normalizer: data of shape {shape}, and its means are for ({', '.join(map(str, features))})"
            )
