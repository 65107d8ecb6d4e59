"""The plane over which a loss is drawn: two directions in the space of all parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import Node
from viz.descent_path import flat

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Plane:
    """``origin + a d + b e``: a plane in the space of all numbers of some parameters.

    Attributes
    ----------
    origin: a point (numbers,).
    directions: the rows d and e, (2, numbers), with their labels.
    here: the a and b of the present parameters.
    """

    origin: Array
    directions: Array
    labels: tuple[str, str]
    here: Array

    def point(self, a: float, b: float) -> Array:
        """The numbers (numbers,) at a place of the plane."""
        return np.asarray(self.origin + a * self.directions[0] + b * self.directions[1])

    def coordinates(self, points: Array) -> Array:
        """Of each point (points, numbers) the place that is nearest to it in the plane, (points, 2)."""
        return np.asarray(np.linalg.lstsq(self.directions.T, (points - self.origin).T, rcond=None)[0].T)


def plane_of(
    named: Sequence[tuple[str, Node]],
    points: Array | None,
    directions: str | None,
    rng: np.random.Generator,
) -> Plane:
    """The plane through the present parameters that :func:`viz.landscape` describes.

    >>> from autograd import Value
    >>> plane = plane_of([("w", Value(2.0)), ("b", Value(1.0))], None, None, np.random.default_rng(0))
    >>> plane.labels, plane.here.tolist()
    (('w', 'b'), [2.0, 1.0])
    """
    parameters = [node for _, node in named]
    present = flat(parameters)
    if directions not in (None, "random", "path"):
        raise ValueError(f"landscape: directions are 'random' or 'path', not {directions!r}")
    if present.size < 2:
        raise ValueError("landscape: one number has no plane; give it two or more")
    if present.size == 2 and directions is None:
        return Plane(np.zeros(2), np.eye(2), _two_names(named), present)
    nowhere = np.zeros(2)
    if directions == "random" or (directions is None and points is None):
        rows = np.stack([_filter_normalised(named, rng) for _ in range(2)])
        return Plane(present, rows, ("first random direction", "second random direction"), nowhere)
    if points is None:
        raise ValueError("landscape: directions='path' needs a path")
    rows, shares = _principal(points - present, rng)
    first, second = (
        f"{place} direction of the path ({share:.0%} of it)"
        for place, share in zip(("first", "second"), shares, strict=True)
    )
    return Plane(present, rows, (first, second), nowhere)


def _two_names(named: Sequence[tuple[str, Node]]) -> tuple[str, str]:
    names = [
        name if not node.shape else f"{name}[{', '.join(map(str, place))}]"
        for name, node in named
        for place in np.ndindex(node.shape)
    ]
    return names[0], names[1]


def _filter_normalised(named: Sequence[tuple[str, Node]], rng: np.random.Generator) -> Array:
    """A random direction in which each filter is as long as its weights are."""
    parameters = [node for _, node in named]
    present, direction = flat(parameters), rng.normal(size=flat(parameters).size)
    layered = any(len(node.shape) > 1 for node in parameters)
    filters: list[Any] = []  # what is scaled together, one number for each place
    for place, (name, node) in enumerate(named):
        size = int(np.prod(node.shape))
        if not node.shape:
            filters.append(name.rpartition(".")[0])
        elif len(node.shape) > 1:
            filters += [(place, row) for row in range(node.shape[0]) for _ in range(size // node.shape[0])]
        else:
            filters += [None if layered else place] * size
    keys = {key: index for index, key in enumerate(dict.fromkeys(filters))}
    which = np.array([keys[key] for key in filters])
    lengths, own = (np.sqrt(np.bincount(which, each**2)) for each in (direction, present))
    if None in keys:
        own[keys[None]] = 0.0
    if not own.any():
        raise ValueError("landscape: all weights are zero, which gives no length to random directions")
    return np.asarray(direction * (own / lengths)[which])


def _principal(offsets: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """The two orthogonal directions in which points extend most from the origin, and their shares."""
    _, lengths, rows = np.linalg.svd(offsets, full_matrices=False)
    if not lengths.size or not lengths[0] > 0:
        raise ValueError("landscape: the path stands still; record more of it, after steps of the optimiser")
    shares = np.zeros(2)
    shares[: len(lengths)] = (lengths**2 / (lengths**2).sum())[:2]
    if len(lengths) < 2 or lengths[1] < 1e-9 * lengths[0]:  # a straight path: any other direction will do
        other = rng.normal(size=offsets.shape[1])
        other -= (other @ rows[0]) * rows[0]
        return np.stack([rows[0], other / np.linalg.norm(other)]), shares
    return rows[:2], shares
