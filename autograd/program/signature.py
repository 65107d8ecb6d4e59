"""What a program was recorded for: the structure, shapes and dtypes of arguments, and their constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RecordError
from ..graph import Node
from ..operation import StandIn


def signature(tree: Any) -> Any:
    """What two calls have to share to be one program: hashable, a kind and what tells two of it apart.

    >>> signature((np.ones((2, 3)), 1.5)) == signature((np.zeros((2, 3)), 2.5))
    True
    """
    kind = type(tree)
    if kind is np.ndarray:
        return kind, tree.shape, tree.dtype
    if kind is tuple or kind is list or isinstance(tree, (tuple, list)):
        return (kind, *map(signature, tree))
    if isinstance(tree, dict):
        return (kind, *[(name, signature(part)) for name, part in tree.items()])
    if isinstance(tree, Node):
        return kind, tree.shape, tree.dtype, tree.requires_grad
    if isinstance(tree, StandIn):
        return np.ndarray, tree.shape, tree.dtype
    if isinstance(tree, np.generic):  # first: NumPy's float64 is a float, too, and widens others
        return np.generic, tree.dtype
    if isinstance(tree, float):
        return (float,)
    try:
        hash(tree)
    except TypeError:
        raise RecordError(
            f"an argument of type {kind.__name__} cannot be told from another one; pass arrays, Tensors, "
            "Values, numbers, or lists, tuples and dicts of these"
        ) from None
    return kind, tree


def differences(recorded: Any, arguments: tuple[Any, ...]) -> str:
    """In words, how arguments differ from those that a program was recorded for.

    >>> differences(signature((np.ones(2),)), (np.ones(3),))
    'argument 0 was an array of shape (2,), float64, and is an array of shape (3,), float64'
    """
    now = signature(arguments)
    if len(recorded) != len(now):
        return f"there were {len(recorded) - 1} arguments, and are {len(now) - 1}"
    return "; ".join(
        f"argument {place} was {_words(before)}, and is {_words(after)}"
        for place, (before, after) in enumerate(zip(recorded[1:], now[1:], strict=True))
        if before != after
    )


def _words(part: Any) -> str:
    kind, *rest = part
    if kind is np.ndarray:
        return f"an array of shape {rest[0]}, {rest[1]}"
    if kind is float:
        return "a float"
    if kind is np.generic:
        return f"a number of NumPy's, {rest[0]}"
    if issubclass(kind, Node):
        shape, dtype, requires_grad = rest
        what = "" if dtype is None else f" of shape {shape}, {dtype}"
        return f"a {kind.__name__}{what}{' with a gradient' if requires_grad else ''}"
    if issubclass(kind, (tuple, list, dict)):
        return f"a {kind.__name__} of {len(rest)}"
    return f"{rest[0]!r:.40}"
