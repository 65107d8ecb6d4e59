"""Nested lists, tuples and dicts of numbers, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

Build = Callable[[Sequence[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Build]:
    """The leaves of a nested structure in order, and a function that puts others in their places.

    >>> leaves, build = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> build(["x", "y", "z"])
    {'w': ['x', 'y'], 'b': 'z'}
    """
    leaves: list[Any] = []
    return leaves, _take(tree, leaves)


def _take(part: Any, leaves: list[Any]) -> Build:
    """Append the leaves of a part, and return what builds it anew. It must not hold the part itself."""
    if isinstance(part, dict):
        values = {key: _take(value, leaves) for key, value in part.items()}
        if type(part) is dict:
            return lambda new: {key: value(new) for key, value in values.items()}
        empty = copy(part)
        empty.clear()
        return lambda new: _filled(copy(empty), {key: value(new) for key, value in values.items()})
    if isinstance(part, (list, tuple)):
        kind: Any = type(part)
        items = [_take(item, leaves) for item in part]
        if hasattr(part, "_fields"):  # a named tuple takes its items one by one
            return lambda new: kind(*[item(new) for item in items])
        return lambda new: kind([item(new) for item in items])
    place = len(leaves)
    leaves.append(part)
    return lambda new: new[place]


def _filled(part: Any, values: Any) -> Any:
    part.update(values)
    return part


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to the leaves of structures of one form.

    >>> mapped(lambda a, b: a + b, (1, [2]), (10, [20]))
    (11, [22])
    """
    leaves, build = flatten(tree)
    columns = [flatten(other)[0] for other in others]
    if any(len(column) != len(leaves) for column in columns):
        raise ValueError(f"structures of {[len(leaves), *map(len, columns)]} numbers do not match")
    return build([function(*row) for row in zip(leaves, *columns, strict=True)])
