"""Names for nodes from the variables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.graph import Node

_DEEPEST = 4


def variable_names(variables: Mapping[str, Any] | None) -> dict[Node, str]:
    """The names of the nodes in some variables, such as ``locals()``; lists and dicts are looked into.

    The first name of a node counts. Names that start with an underscore are nobody's.

    >>> from autograd import Value
    >>> x, w = Value(1.0), [Value(2.0), Value(3.0)]
    >>> list(variable_names({"x": x, "w": w, "_": x, "n": 3}).values())
    ['x', 'w[0]', 'w[1]']
    """
    if variables is not None and not isinstance(variables, Mapping):
        raise TypeError(f"names is a dict such as locals(), not {variables!r:.60}")
    found: dict[Node, str] = {}
    for name, value in (variables or {}).items():
        if not str(name).startswith("_"):
            _collect(str(name), value, found, _DEEPEST)
    return found


def _collect(name: str, value: Any, found: dict[Node, str], deepest: int) -> None:
    if isinstance(value, Node):
        found.setdefault(value, name)
    elif deepest and isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _collect(f"{name}[{index}]", item, found, deepest - 1)
    elif deepest and isinstance(value, dict):
        for key, item in value.items():
            _collect(f"{name}[{key!r}]", item, found, deepest - 1)
