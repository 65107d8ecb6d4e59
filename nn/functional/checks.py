"""What the functions share: sizes given as one number or several, and shapes that have to fit."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import ShapeError
from autograd.array_ops import shape_of
from autograd.shapes import as_number

Size = int | tuple[int, ...]


def one_or_more(name: str, **sizes: int) -> None:
    """Refuse a size that is less than 1.

    Raises
    ------
    ValueError: a size is less than 1.
    """
    for what, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}: {what} is 1 or more, got {size}")


def not_negative(name: str, **numbers: float | None) -> None:
    """Refuse a number that is negative or nan; None is left out.

    Raises
    ------
    ValueError: a number is negative.
    """
    for what, number in numbers.items():
        if number is not None and not number >= 0:
            raise ValueError(f"{name}: {what} must not be negative, got {number}")


def probability(name: str, p: float) -> None:
    """Refuse what is no probability.

    Raises
    ------
    ValueError: p is not between 0 and 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: a probability is between 0 and 1, got {p}")


def axis_of(name: str, x: Any, dim: int) -> int:
    """The axis dim of x, counted from the first.

    Raises
    ------
    ShapeError: x has no such axis.

    >>> import numpy as np
    >>> axis_of("softmax", np.ones((2, 3)), -1)
    1
    """
    shape = shape_of(x)
    if not -len(shape) <= dim < len(shape):
        raise ShapeError(f"{name}: an input of shape {shape} has no axis {dim}")
    return dim % len(shape)


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


def by_channel(name: str, input: Any, **parameters: Any) -> None:
    """Refuse parameters that do not have one number for each channel, the second axis of the input.

    Raises
    ------
    ShapeError: the input has no channels, or a parameter has another shape.
    """
    shape = shape_of(input)
    if len(shape) < 2:
        raise ShapeError(f"{name}: the input has shape {shape}, which is not (batch, channels, *lengths)")
    for what, parameter in parameters.items():
        if parameter is not None and shape_of(parameter) != shape[1:2]:
            raise ShapeError(f"{name}: the {what} has shape {shape_of(parameter)}, the input {shape}")


def unbatched(y: Any, without: bool) -> Any:
    """The output without the batch axis, if the input had none."""
    return autograd.squeeze(y, 0) if without else y


def same_shape(name: str, input: Any, target: Any, what: str = "target") -> None:
    """Refuse two arrays of different shapes: broadcasting them would hide a mistake.

    Raises
    ------
    ShapeError: the shapes differ.
    """
    given, other = shape_of(input), shape_of(target)
    if given != other:
        hint = f"; pass {what}[:, None]" if len(other) == 1 and given == (*other, 1) else ""
        raise ShapeError(f"{name}: input has shape {given}, {what} {other}{hint}")


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of a shape is broadcast to another, which stays as it is.

    >>> broadcasts((3, 1), to=(2, 3, 4)), broadcasts((2, 3), to=(3,))
    (True, False)
    """
    pairs = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in pairs)
