"""What the functions share: sizes given as one number or several, and shapes that have to fit."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import ShapeError
from autograd.array_ops import shape_of
from autograd.shapes import as_number

Size = int | tuple[int, ...]


def per_axis(size: Size, axes: int, what: str, least: int = 1) -> tuple[int, ...]:
    """One integer for each axis, from one for all or a tuple.

    Raises
    ------
    ValueError: there are not as many as axes, or one is less than the least.

    >>> per_axis(3, 2, "kernel_size")
    (3, 3)
    """
    sizes = (size,) * axes if isinstance(size, int) else tuple(size)
    if len(sizes) != axes or any(each < least for each in sizes):
        raise ValueError(f"{what} takes one integer or {axes}, each of them {least} or more; got {size}")
    return sizes


def batched(x: Any, axes: int, name: str) -> tuple[Any, bool]:
    """The input with a batch axis in front, and whether it had none.

    Raises
    ------
    ShapeError: x is not (batch, channels, *lengths), nor that without the batch.
    """
    x = as_number(x)
    shape = shape_of(x)
    if len(shape) == axes + 1:
        return autograd.expand_dims(x, 0), True
    if len(shape) != axes + 2:
        letters = ", ".join(["batch", "channels"] + ["length"] * axes)
        raise ShapeError(f"{name}: the input has shape {shape}, which is not ({letters})")
    return x, False


def unbatched(y: Any, without: bool) -> Any:
    """The output without the batch axis, if the input had none."""
    return autograd.squeeze(y, 0) if without else y


def same_shape(name: str, input: Any, target: Any, what: str = "target") -> None:
    """Refuse two arrays of different shapes: broadcasting them would hide a mistake.

    Raises
    ------
    ShapeError: the shapes differ.
    """
    if shape_of(input) != shape_of(target):
        raise ShapeError(f"{name}: input has shape {shape_of(input)}, {what} {shape_of(target)}")
