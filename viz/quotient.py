"""A graph whose vertices are parts of another, and how it shrinks when some of them become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.graph import CONSTANT, Node
from viz.outline import Fold, Kind, Part
from viz.text import visible

_MOST_PARTS = 50  # a longer list is opened in pieces
LEAF, FIXED, LEAVES, SUM = "<leaf>", "<constant>", "<leaves>", "<sum>"  # no operation is called so


@dataclass(slots=True)
class Grouping:
    """Vertices that are to become one fold; ``id`` only where the fold has a name of its own."""

    kind: Kind
    title: str
    members: Sequence[int]
    id: str = ""
    summary: str = ""


@dataclass(slots=True)
class Quotient:
    """A graph of parts, in the order of computation; what is said of a vertex is at its index.

    Attributes
    ----------
    parts: the node, as its place, or the fold that the vertex stands for.
    inputs: the vertices it uses; one that is used twice stands there twice.
    roots: the vertices that the graph was computed for.
    uses: how many edges leave it; a root has one more.
    ops: what it does: the symbol of an operation, a kind of fold, or whether it is a leaf.
    likeness: equal numbers for parts of the same structure.
    scopes: the path of the module it belongs to.
    """

    parts: list[Part]
    inputs: list[list[int]]
    roots: set[int]
    ops: list[str]
    likeness: list[int]
    scopes: list[str]
    known: dict[Any, int] = field(default_factory=dict)  # structures that were met, and their numbers
    uses: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.uses = uses = [0] * len(self.parts)
        for sources in self.inputs:
            for source in sources:
                uses[source] += 1
        for root in self.roots:
            uses[root] += 1

    def __len__(self) -> int:
        return len(self.parts)

    @classmethod
    def of(cls, nodes: Sequence[Node], roots: Iterable[Node]) -> Quotient:
        """The graph itself: every node a vertex."""
        places = {node: place for place, node in enumerate(nodes)}
        inputs = [[places[parent] for parent in node.parents if parent in places] for node in nodes]
        ops, likeness = [], []
        known: dict[Any, int] = {}
        symbols: dict[Any, str] = {}
        for node, sources in zip(nodes, inputs, strict=True):
            operation = node.operation
            if operation is None or operation is CONSTANT or not sources:
                op = LEAF if node.requires_grad else FIXED
            else:
                op = symbols.get(operation) or symbols.setdefault(operation, visible(operation.symbol))
            ops.append(op)
            likeness.append(known.setdefault((op, node.shape, len(sources)), len(known)))
        scopes, ends = [visible(node.scope) for node in nodes], {places[root] for root in roots}
        return cls(list(range(len(nodes))), inputs, ends, ops, likeness, scopes, known)

    def is_leaf(self, vertex: int) -> bool:
        """Whether it was given, not computed."""
        return self.ops[vertex] in (LEAF, FIXED)

    def is_leaves(self, vertex: int) -> bool:
        """Whether it was given, or stands for some that were."""
        return self.ops[vertex] in (LEAF, FIXED, LEAVES)

    def edges(self) -> int:
        """How many edges a picture of it would have."""
        return sum(map(len, self.inputs))

    def users(self) -> list[list[int]]:
        """For each vertex those that use it, each once, in order."""
        users: list[list[int]] = [[] for _ in self.parts]
        for vertex, sources in enumerate(self.inputs):
            for source in dict.fromkeys(sources):
                users[source].append(vertex)
        return users

    def contract(self, groupings: Sequence[Grouping], level: int) -> Quotient:
        """The graph in which the members of each grouping are one vertex, which stands where the last was."""
        group_of = [-1] * len(self)
        for index, grouping in enumerate(groupings):
            for member in grouping.members:
                group_of[member] = index
        last: list[int] = [max(grouping.members) for grouping in groupings]
        kept = [v for v in range(len(self)) if group_of[v] < 0 or last[group_of[v]] == v]
        place = [-1] * len(self)
        for index, vertex in enumerate(kept):
            place[vertex] = index
        for vertex, group in enumerate(group_of):
            if group >= 0:
                place[vertex] = place[last[group]]
        exported = set(self.roots)
        rewired = set()  # those that use a member of a fold
        for vertex, sources in enumerate(self.inputs):
            group = group_of[vertex]
            for source in sources:
                if group_of[source] >= 0:
                    rewired.add(vertex)
                    if group_of[source] != group:
                        exported.add(source)
        parts: list[Part] = []
        inputs: list[list[int]] = []
        ops: list[str] = []
        likeness: list[int] = []
        scopes: list[str] = []
        for vertex in kept:
            group = group_of[vertex]
            if group < 0:
                sources = [place[source] for source in self.inputs[vertex]]
                parts.append(self.parts[vertex])
                inputs.append(list(dict.fromkeys(sources)) if vertex in rewired else sources)
                ops.append(self.ops[vertex])
                likeness.append(self.likeness[vertex])
                scopes.append(self.scopes[vertex])
                continue
            grouping = groupings[group]
            members = sorted(grouping.members)
            new = place[vertex]
            around = dict.fromkeys([place[s] for member in members for s in self.inputs[member]])
            around.pop(new, None)
            parts.append(self._fold(grouping, members, exported, level))
            inputs.append(list(around))
            ops.append(f"<{grouping.kind}>")
            alike = _counted([self.likeness[member] for member in members])
            likeness.append(self.known.setdefault((grouping.kind, alike), len(self.known)))
            scopes.append(grouping.id if grouping.kind == "module" else self.scopes[vertex])
        roots = {place[root] for root in self.roots}
        return Quotient(parts, inputs, roots, ops, likeness, scopes, self.known)

    def _fold(self, grouping: Grouping, members: list[int], exported: set[int], level: int) -> Fold:
        parts = tuple([self.parts[member] for member in members])
        output = last_output(parts[-1])
        used = [self.parts[member] for member in members if member in exported]
        outputs = tuple([place for part in used for place in _outputs(part)]) or (output,)
        if len(parts) > _MOST_PARTS:
            parts = _in_pieces(parts, level)
        return Fold(
            grouping.kind, grouping.title, parts, level, output, grouping.id, grouping.summary, outputs
        )


def _counted(numbers: list[int]) -> tuple[Any, ...]:
    """The same for the same numbers in any order."""
    if len(numbers) < _MOST_PARTS:
        return tuple(sorted(numbers))
    return tuple(sorted(Counter(numbers).items()))


def last_output(part: Part) -> int:
    """The place of the node that computes the result of a part."""
    return part.output if isinstance(part, Fold) else part


def _outputs(part: Part) -> tuple[int, ...]:
    return part.outputs if isinstance(part, Fold) else (part,)


def _in_pieces(parts: tuple[Part, ...], level: int) -> tuple[Part, ...]:
    """A list that is too long to be opened at once, as a list of pieces of it."""
    while len(parts) > _MOST_PARTS:
        length = max(_MOST_PARTS // 2, -(-len(parts) // _MOST_PARTS))
        starts = range(0, len(parts), length)
        pieces = [(start, parts[start : start + length]) for start in starts]
        parts = tuple(_piece(start, piece, len(parts), level) for start, piece in pieces)
    return parts


def _piece(start: int, parts: tuple[Part, ...], count: int, level: int) -> Fold:
    title = f"{start + 1} to {start + len(parts)} of {count}"
    outputs = tuple([place for part in parts for place in _outputs(part)])
    return Fold("part", title, parts, level, last_output(parts[-1]), outputs=outputs)
