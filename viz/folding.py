"""How the outline of a graph is found: from the fine to the coarse, one kind of fold after another."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence

from autograd.graph import Node
from viz import structure
from viz.outline import Outline
from viz.quotient import Grouping, Quotient

_ROUNDS = 3  # layers of layers, runs of runs
_STRETCHES = 24
_WORTHWHILE = 0.8  # a round that leaves more than this is the last


def most_edges(boxes: int) -> int:
    """How many edges a picture of so many boxes may have before nobody can follow them."""
    return boxes * 5 // 4


def outline(nodes: Sequence[Node], roots: Sequence[Node], most_boxes: int = 150) -> Outline:
    """The folds of a graph, whose nodes are in order.

    >>> from autograd import Value, order
    >>> x, w = [Value(i, label=f"x{i}") for i in range(3)], [Value(i, label=f"w{i}") for i in range(3)]
    >>> y = (x[0] * w[0] + x[1] * w[1] + x[2] * w[2]).tanh()
    >>> found = outline(order(y), [y])
    >>> [(name, fold.title) for name, fold in found.folds.items()]
    [('neuron-1', 'tanh(Σ w·x)'), ('sum-1', 'Σ w·x')]
    """
    with undisturbed():
        return _outline(nodes, roots, most_boxes)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Without the cyclic garbage collector, which finds nothing among many small lists that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _outline(nodes: Sequence[Node], roots: Sequence[Node], most_boxes: int) -> Outline:
    finding = _Finding(nodes, roots)
    finding.fold("sums", structure.sums)
    finding.fold("neurons", structure.neurons)
    deepest = max((scope.count(".") + 1 for scope in set(finding.graph.scopes) if scope), default=0)
    for depth in range(deepest, 0, -1):
        finding.fold("modules", lambda graph, depth=depth: structure.modules(graph, depth, nodes))  # type: ignore[misc]
        if depth > 1 or len(finding.graph) > most_boxes:
            finding.fold("runs", structure.runs)
    for _ in range(_ROUNDS):
        before = len(finding.graph)
        finding.fold("layers", structure.layers)
        finding.fold("layers", lambda graph: structure.leaves(graph, nodes))
        finding.fold("runs", structure.runs)
        if len(finding.graph) > _WORTHWHILE * before:
            break
    if len(finding.graph) > most_boxes or finding.graph.edges() > most_edges(most_boxes):
        finding.cut(_STRETCHES)
    return finding.outline()


class _Finding:
    """The quotient as it shrinks, with what each level of it would show."""

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node]) -> None:
        self.graph = Quotient.of(nodes, dict.fromkeys(roots))
        self.sizes = [(len(self.graph), self.graph.edges())]
        self.kinds = [""]

    def fold(self, kind: str, look: Callable[[Quotient], list[Grouping]]) -> None:
        """Fold what a function finds; a level that finds nothing is no level."""
        groupings = look(self.graph)
        if groupings:
            self.graph = self.graph.contract(groupings, len(self.sizes))
            self.sizes.append((len(self.graph), self.graph.edges()))
            self.kinds.append(kind)

    def cut(self, count: int) -> None:
        """Fold stretches, and stretches of those, until so many are left."""
        sizes = [len(self.graph)]
        while sizes[-1] > count:
            sizes.append(-(-sizes[-1] // count))
        for _ in sizes[1:]:
            # The last cut leaves the most that is allowed, those before it a count times as many.
            target = max(count, -(-len(self.graph) // count))
            self.fold("parts", lambda graph, target=target: structure.stretches(graph, target))  # type: ignore[misc]

    def outline(self) -> Outline:
        return Outline(tuple(self.graph.parts), tuple(self.sizes), tuple(self.kinds))
