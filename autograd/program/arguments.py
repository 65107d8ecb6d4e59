"""The arguments of a call as one structure, those that are given by name in a last part of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Options(dict[str, Any]):
    """Arguments that are given by name; a dict in the last place is another thing."""


def joined(arguments: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[Any, ...]:
    """All arguments of a call.

    >>> joined((1.0,), {"y": 2.0})
    (1.0, {'y': 2.0})
    """
    return (*arguments, Options(options)) if options else arguments


def ordered(tree: Any, like: Any) -> Any:
    """Nested arguments with the keys of dicts in the order that others of the same keys have them in.

    >>> ordered([{"b": 1, "a": 2}], [{"a": None, "b": None}])
    [{'a': 2, 'b': 1}]
    """
    kind = type(tree)
    if kind is not type(like) or kind not in (dict, Options, list, tuple) or len(tree) != len(like):
        return tree
    if kind in (list, tuple):
        return kind([ordered(*pair) for pair in zip(tree, like, strict=True)])
    if tree.keys() != like.keys():
        return tree
    return kind({key: ordered(tree[key], like[key]) for key in like})


def parted(arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Those that are given by their places, and those that are given by name."""
    if arguments and type(arguments[-1]) is Options:
        return arguments[:-1], arguments[-1]
    return arguments, {}


def called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function.

    >>> called(lambda x, y: x - y, joined((5,), {"y": 3}))
    2
    """
    given, options = parted(arguments)
    return function(*given, **options)


def argument_names(function: Callable[..., Any], arguments: tuple[Any, ...]) -> list[str]:
    """A name for every leaf of some arguments, in order: that of the parameter, and the way to the leaf.

    >>> argument_names(lambda x, layers: None, (1.0, [{"w": 2.0}, 3.0]))
    ['x', "layers[0]['w']", 'layers[1]']
    """
    given, options = parted(arguments)
    try:
        bound = inspect.signature(function).bind_partial(*given).arguments
    except (TypeError, ValueError):  # a function that is not written in Python
        bound = {f"x{place}": argument for place, argument in enumerate(given)}
    named = (*bound.items(), *options.items())
    return [leaf for name, argument in named for leaf in _leaves(argument, name)]


def _leaves(part: Any, name: str) -> Iterator[str]:
    if isinstance(part, dict):
        inner = [(value, f"{name}[{key!r}]") for key, value in part.items()]
    elif isinstance(part, (list, tuple)):
        fields = getattr(part, "_fields", None)
        inner = [(x, f"{name}.{fields[i]}" if fields else f"{name}[{i}]") for i, x in enumerate(part)]
    else:
        yield name
        return
    for each, called in inner:
        yield from _leaves(each, called)
