"""Names for the nodes of a graph in texts: their labels, and readable ones for those without."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator, Sequence

import numpy as np

from .formula import show
from .graph import CONSTANT, Node

_LETTERS = tuple(letter for letter in string.ascii_lowercase if letter not in "lov")  # l, o and v mislead


def names(nodes: Sequence[Node]) -> dict[Node, str]:
    """A name for each node of a graph in order, the root last; the same graph has the same names.

    A label is the name; a second node of the same label gets ``label#2``. Without a label, leaves are
    a, b, c, … in the order of their creation, constants are called what they are worth, results are
    v1, v2, … by their place in the graph, and the root is ``out``.

    >>> from autograd import Value, order
    >>> x, w = Value(3.0, label="x"), Value(2.0)
    >>> list(names(order(w * x + 1.0)).values())
    ['x', 'a', 'v1', '1', 'out']
    """
    taken = {node.label for node in nodes}
    letters = _free(_letters(), taken)
    results = _free((f"v{i}" for i in itertools.count(1)), taken)
    arrays = _free((f"const{i}" for i in itertools.count(1)), taken)
    outs = _free(itertools.chain(["out"], (f"out{i}" for i in itertools.count(2))), taken)
    found: dict[Node, str] = {}
    times: dict[str, int] = {}
    for node in nodes:
        if node.label:
            times[node.label] = count = times.get(node.label, 0) + 1
            found[node] = node.label if count == 1 else f"{node.label}#{count}"
        elif node.operation is CONSTANT:
            # A name with its value is worth more than a letter, but only a scalar has a short one.
            found[node] = show(float(node.plain)) if np.ndim(node.plain) == 0 else next(arrays)
        elif not node.parents:
            found[node] = next(letters)
        else:
            found[node] = next(outs) if node is nodes[-1] else next(results)
    return found


def _letters() -> Iterator[str]:
    yield from _LETTERS
    for i in itertools.count(2):
        for letter in _LETTERS:
            yield f"{letter}{i}"


def _free(candidates: Iterator[str], taken: set[str]) -> Iterator[str]:
    return (name for name in candidates if name not in taken)
