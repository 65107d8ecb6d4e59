"""What a program was recorded for: the structure, shapes and dtypes of arguments, and their constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RecordError
from ..graph import Node
from ..operation import StandIn


def signature(tree: Any) -> Any:
    """What two calls have to share to be one program: hashable.

    >>> signature((np.ones((2, 3)), 1.5)) == signature((np.zeros((2, 3)), 2.5))
    True
    """
    kind = type(tree)
    if kind is np.ndarray:
        return tree.shape, tree.dtype
    if kind is tuple or kind is list or isinstance(tree, (tuple, list)):
        return (kind, *map(signature, tree))
    if isinstance(tree, dict):
        return (kind, *[(name, signature(part)) for name, part in tree.items()])
    if isinstance(tree, Node):
        return kind, tree.shape, tree.dtype, tree.requires_grad
    if isinstance(tree, StandIn):
        return tree.shape, tree.dtype
    if isinstance(tree, np.generic):  # first: NumPy's float64 is a float, too, and widens others
        return np.generic, tree.dtype
    if isinstance(tree, float):
        return float
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
    if part is float:
        return "a float"
    if isinstance(part, tuple) and part[0] is np.generic:
        return f"a number of NumPy's, {part[1]}"
    if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], tuple):
        return f"an array of shape {part[0]}, {part[1]}"
    if isinstance(part, tuple) and len(part) == 4 and isinstance(part[0], type) and issubclass(part[0], Node):
        what = f" of shape {part[1]}, {part[2]}" if part[2] is not None else ""
        return f"a {part[0].__name__}{what}{' with a gradient' if part[3] else ''}"
    if (
        isinstance(part, tuple)
        and len(part) == 2
        and not isinstance(part[0], tuple)
        and type(part[1]) is part[0]
    ):
        return f"{part[1]!r:.40}"
    return f"a {part[0].__name__} of {len(part) - 1}"
