"""The outline of a graph: which nodes belong together, as folds inside folds.

A fold is a part of a graph that a picture may show as one box: a sum of products, a neuron, a
layer, a module, twelve repetitions of a block. The outline says which folds there are; what is
open and what is closed is decided for each picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["sum", "neuron", "module", "layer", "run", "leaves", "part"]


@dataclass(eq=False, slots=True)
class Fold:
    """Nodes that can be shown as one box.

    Attributes
    ----------
    kind: a "sum" of products; a "neuron", which is a sum and what follows it; a "module" of a
        network; a "layer" of like parts side by side; a "run" of like parts one after another; the
        "leaves" that the same part uses; a "part" of a list too long to be opened at once.
    title: what the box says.
    parts: what becomes visible when it is opened: places of nodes, and folds.
    level: how coarse it is; of two folds of one level, none is inside the other except "part"s.
    output: the place of the node that computes its result, the last of its nodes.
    id: a name that stays the same from run to run.
    summary: of a module what it does.
    outputs: the places of all nodes inside whose results are used outside, in order.
    """

    kind: Kind
    title: str
    parts: tuple[Part, ...]
    level: int
    output: int
    id: str = ""
    summary: str = ""
    outputs: tuple[int, ...] = ()

    def members(self) -> Iterator[int]:
        """The places of all nodes inside, at any depth.

        >>> sorted(Fold("sum", "Σ", (3, Fold("sum", "Σ", (1, 2), 1, 2)), 1, 3).members())
        [1, 2, 3]
        """
        stack: list[Part] = list(self.parts)
        while stack:
            part = stack.pop()
            if isinstance(part, Fold):
                stack.extend(part.parts)
            else:
                yield part


Part = int | Fold


@dataclass(frozen=True, eq=False)
class Outline:
    """All folds of a graph, and how much each level of them would show.

    Attributes
    ----------
    top: what is visible when everything is closed, in the order of computation.
    sizes: for each level, how many boxes and edges a picture has with its folds closed.
    kinds: for each level, the kind of its folds; the first level, 0, has none.
    """

    top: tuple[Part, ...]
    sizes: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]
    folds: dict[str, Fold] = field(default_factory=dict)
    inside: dict[Fold, Fold] = field(default_factory=dict)  # the fold that each fold is directly in

    def __post_init__(self) -> None:
        counts: Counter[str] = Counter()
        for fold, around in _walk(self.top):
            if around is not None:
                self.inside[fold] = around
            if fold.kind != "module":
                counts[fold.kind] += 1
                fold.id = f"{fold.kind}-{counts[fold.kind]}"
            elif fold.id in self.folds:  # a module whose calls are told apart
                counts[fold.id] += 1
                fold.id = f"{fold.id}#{counts[fold.id] + 1}"
            self.folds[fold.id] = fold

    def level(self, most_boxes: int, most_edges: int) -> int:
        """The finest level that shows no more than so many boxes and edges, or else the coarsest."""
        for level, (boxes, edges) in enumerate(self.sizes):
            if boxes <= most_boxes and edges <= most_edges:
                return level
        return len(self.sizes) - 1

    def closed_at(self, level: int) -> set[Fold]:
        """The folds that are closed in a picture of this level, those inside others left out."""
        closed: set[Fold] = set()
        stack = list(self.top)
        while stack:
            part = stack.pop()
            if isinstance(part, Fold):
                if part.level <= level:
                    closed.add(part)
                else:
                    stack.extend(part.parts)
        return closed

    def around(self, fold: Fold) -> Iterator[Fold]:
        """The folds around a fold, from the inside to the outside, itself first."""
        current: Fold | None = fold
        while current is not None:
            yield current
            current = self.inside.get(current)


def _walk(parts: Sequence[Part]) -> Iterator[tuple[Fold, Fold | None]]:
    """All folds with the fold around each, outer before inner, in the order of computation."""
    stack: list[tuple[Part, Fold | None]] = [(part, None) for part in reversed(parts)]
    while stack:
        part, around = stack.pop()
        if isinstance(part, Fold):
            yield part, around
            stack.extend((inner, part) for inner in reversed(part.parts))
