"""Arrays of numbers as pixels: one path for each shade, so that no image file has to be inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
SHADES = 5


def pixels(array: Array, left: float, top: float, side: float) -> Iterator[str]:
    """A picture of an array of two axes, at most ``side`` wide and high.

    The classes ``shade-1`` … ``shade-5`` are the strength, ``more`` and ``less`` the sign.

    >>> list(pixels(np.array([[0.0, 1.0], [1.0, 1.0]]), 0, 0, 20))
    ['<path class="pixel more shade-5" transform="translate(0 0) scale(10)" d="M1,0h1v1h-1zM0,1h2v1h-2z"/>']
    """
    with np.errstate(all="ignore"):
        scale = np.abs(array[np.isfinite(array)]).max(initial=0.0)
        levels = np.nan_to_num(np.round(array / (scale or 1.0) * SHADES)).astype(int)
    unit = side / max(array.shape)
    for level in range(-SHADES, SHADES + 1):
        if level and (runs := "".join(_runs(levels == level))):
            sign = "more" if level > 0 else "less"
            place = f"translate({left:g} {top:g}) scale({unit:.4g})"
            yield f'<path class="pixel {sign} shade-{abs(level)}" transform="{place}" d="{runs}"/>'


def _runs(hits: Array) -> Iterator[str]:
    """A rectangle for each stretch of a row."""
    for y, row in enumerate(hits):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(int), [0]))))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield f"M{start},{y}h{end - start}v1h-{end - start}z"


def coarse(array: Array, longest: int) -> Array:
    """The array with at most so many rows and columns, each the mean of some.

    >>> coarse(np.array([[1.0, 3.0], [5.0, 7.0]]), 1).tolist()
    [[4.0]]
    """
    for axis in (0, 1):
        step = -(-array.shape[axis] // longest)
        if step > 1:
            starts = np.arange(0, array.shape[axis], step)
            sums = np.add.reduceat(array, starts, axis=axis)
            counts = np.diff(np.append(starts, array.shape[axis]))
            array = sums / (counts[:, None] if axis == 0 else counts)
    return array


def image_shape(size: int, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The height and width of an image of so many pixels: from the shape it came in, or a square's.

    >>> image_shape(784, (1, 784)), image_shape(48, (1, 6, 8)), image_shape(4, (4,))
    ((28, 28), (6, 8), None)
    """
    if len(shape) > 1 and shape[-1] > 1 and shape[-2] > 1 and shape[-1] * shape[-2] == size:
        return shape[-2], shape[-1]
    side = round(size**0.5)
    return (side, side) if side * side == size and side >= 5 else None
