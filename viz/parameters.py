"""The parameters of whatever one may be given: a model, a list, a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd.graph import Node


def named_parameters(parameters: Any, who: str) -> list[tuple[str, Node]]:
    """The parameters with their names, each once.

    Parameters
    ----------
    parameters: a model with ``named_parameters()`` or ``parameters()``; a dict by name; pairs of a name and
        a parameter; parameters, which are called as their labels or by their place; or one of them.
    who: the function that is asking, for messages.

    Raises
    ------
    TypeError: something is no Value and no Tensor.
    ValueError: there are none.

    >>> from autograd import Value
    >>> named_parameters([Value(1.0, label="w"), Value(2.0)], "me")
    [('w', Value(1, label='w')), ('1', Value(2))]
    """
    if hasattr(parameters, "named_parameters"):
        pairs: Iterable[Any] = parameters.named_parameters()
    elif hasattr(parameters, "parameters"):
        pairs = parameters.parameters()
    elif isinstance(parameters, Node):
        pairs = [parameters]
    else:
        pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    found: dict[Node, str] = {}
    for index, each in enumerate(pairs):
        name, node = each if isinstance(each, tuple) else (getattr(each, "label", "") or str(index), each)
        if not isinstance(node, Node):
            raise TypeError(f"{who} takes Values and Tensors, got {type(node).__name__} {node!r:.60}")
        found.setdefault(node, str(name))
    if not found:
        raise ValueError(f"{who} was given no parameters")
    return [(name, node) for node, name in found.items()]
