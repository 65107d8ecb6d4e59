"""What a program was recorded for: the structure, shapes and dtypes of arguments, and their constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import RecordError
from ..graph import Node
from ..operation import StandIn


def signature(tree: Any) -> Any:
    """What two calls have to share to be one program: hashable; of each part its type, and then the rest.

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

    >>> differences(signature((0.0, [np.ones(2)])), (1.0, [np.ones(3)]))
    'argument 1[0] was an array of shape (2,), float64, and is an array of shape (3,), float64'
    """
    now = signature(arguments)
    if len(recorded) != len(now):
        return f"there were {len(recorded) - 1} arguments, and are {len(now) - 1}"
    pairs = enumerate(zip(recorded[1:], now[1:], strict=True))
    return "; ".join(found for place, pair in pairs for found in _different(*pair, f"argument {place}"))


def _different(before: Any, after: Any, name: str) -> Iterator[str]:
    """In words, each innermost part in which two signatures differ."""
    if before == after:
        return
    if before[0] is after[0] and len(before) == len(after) and issubclass(before[0], (tuple, list, dict)):
        if not issubclass(before[0], dict):
            for place, pair in enumerate(zip(before[1:], after[1:], strict=True)):
                yield from _different(*pair, f"{name}[{place}]")
            return
        if [key for key, _ in before[1:]] == [key for key, _ in after[1:]]:
            for (key, inner), (_, other) in zip(before[1:], after[1:], strict=True):
                yield from _different(inner, other, f"{name}[{key!r}]")
            return
    yield f"{name} was {_words(before)}, and is {_words(after)}"


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
    if issubclass(kind, dict):
        return f"a {kind.__name__} of {', '.join(repr(key) for key, _ in rest)}"
    if issubclass(kind, (tuple, list)):
        return f"a {kind.__name__} of {len(rest)}"
    return f"{rest[0]!r:.40}"
