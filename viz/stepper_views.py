"""The pictures of a stepper: the whole graph, or what is visible at the top and inside each fold.

A graph that is too large for one picture is a picture of closed folds, and each fold is a picture
of its own that one steps into. Around a fold's inside stand the nodes that it is connected to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from viz.outline import Fold, Part

_FEW_GHOSTS, _MOST_VIEWS = 8, 64


@dataclass(frozen=True, slots=True)
class Face:
    """One box of a view: a node, a closed fold, or a ghost, which is a node or a fold outside of it.

    ``node`` is the node whose numbers it shows, of a fold its output.
    """

    kind: Literal["node", "fold", "ghost"]
    node: int
    fold: str = ""
    title: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """One line between two boxes; between folds it stands for several edges of the graph."""

    source: int
    target: int
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """One picture: ``id`` is the fold that is seen from inside, empty for the whole."""

    id: str
    title: str
    around: str
    faces: tuple[Face, ...]
    bundles: tuple[Bundle, ...]


def views(edges: Sequence[tuple[int, int, int]], top: Sequence[Part], budget: int = 60) -> tuple[View, ...]:
    """The picture of the top, then one for each fold that some picture shows closed.

    Parameters
    ----------
    edges: for each edge of the graph its source, its target and the position of the argument.
    top: the places of nodes, and folds.
    budget: folds are opened as long as a picture has no more boxes than this.

    >>> fold = Fold("layer", "layer 0", (1, 2), 1, 2, "layer-1")
    >>> whole, inside = views([(0, 1, 0), (1, 2, 0), (2, 3, 0)], [0, fold, 3], budget=3)
    >>> [face.kind for face in whole.faces], [face.kind for face in inside.faces]
    (['node', 'fold', 'node'], ['node', 'node', 'ghost', 'ghost'])
    """
    return tuple(_views(edges, top, budget))


def _views(edges: Sequence[tuple[int, int, int]], top: Sequence[Part], budget: int) -> Iterator[View]:
    queue: list[tuple[Fold | None, View | None]] = [(None, None)]
    for fold, around in queue:
        # With many folds already, those inside of this one are opened, however many boxes that makes.
        most = budget if len(queue) < _MOST_VIEWS else len(edges) + 1
        parts = _opened(top if fold is None else fold.parts, most, edges)
        view = _view(fold, around, parts, edges)
        yield view
        queue.extend((part, view) for part in parts if isinstance(part, Fold))


def _opened(parts: Sequence[Part], budget: int, edges: Sequence[tuple[int, int, int]]) -> list[Part]:
    """What is visible: all folds of one level are opened, or none, so that like things look alike."""
    visible = list(parts)
    while True:
        level = max((part.level for part in visible if isinstance(part, Fold)), default=None)
        opened: list[Part] = []
        for part in visible:
            opened.extend(part.parts if isinstance(part, Fold) and part.level == level else [part])
        if level is None or len(opened) > budget or _lines(opened, edges) > 2 * budget:
            return visible
        visible = opened


def _lines(parts: Sequence[Part], edges: Sequence[tuple[int, int, int]]) -> int:
    """How many lines there would be between the boxes of some parts."""
    box_of = {member: index for index, part in enumerate(parts) for member in _members(part)}
    pairs = {
        (box_of[source], box_of[target])
        for source, target, _ in edges
        if source in box_of and target in box_of
    }
    return len(pairs)


def _members(part: Part) -> tuple[int, ...]:
    return tuple(sorted(part.members())) if isinstance(part, Fold) else (part,)


def _view(
    fold: Fold | None, around: View | None, parts: Sequence[Part], edges: Sequence[tuple[int, int, int]]
) -> View:
    faces: list[Face] = []
    box_of: dict[int, int] = {}
    for part in parts:
        members = _members(part)
        box_of.update(dict.fromkeys(members, len(faces)))
        if isinstance(part, Fold):
            faces.append(Face("fold", part.output, part.id, part.title, members))
        else:
            faces.append(Face("node", part))
    crossing = [edge for edge in edges if (edge[0] in box_of) != (edge[1] in box_of)]
    for ghost in _ghosts(frozenset(box_of), crossing, around):
        box_of.update(dict.fromkeys(ghost.members or (ghost.node,), len(faces)))
        faces.append(ghost)
    bundles: dict[tuple[int, int, int], list[int]] = {}
    for index, (source, target, _) in enumerate(edges):
        ends = box_of.get(source, -1), box_of.get(target, -1)
        outside = all(end < 0 or faces[end].kind == "ghost" for end in ends)
        if ends[0] == ends[1] or min(ends) < 0 or outside:
            continue
        whole = not any(faces[end].fold for end in ends)
        bundles.setdefault((*ends, index if whole else -1), []).append(index)
    return View(
        "" if fold is None else fold.id,
        "" if fold is None else fold.title,
        "" if around is None else around.id,
        tuple(faces),
        tuple(Bundle(source, target, tuple(found)) for (source, target, _), found in bundles.items()),
    )


def _ghosts(
    inside: frozenset[int], crossing: Sequence[tuple[int, int, int]], around: View | None
) -> Iterator[Face]:
    """What a fold is connected to: single nodes, or, of many, the folds that they are in."""
    nodes = dict.fromkeys(end for edge in crossing for end in edge[:2] if end not in inside)
    folds = {}
    if around is not None and len(nodes) > _FEW_GHOSTS:
        folds = {member: face for face in around.faces if face.fold for member in face.members}
    seen: set[str] = set()
    for node in nodes:
        face = folds.get(node)
        if face is None or not inside.isdisjoint(face.members):
            yield Face("ghost", node)
        elif face.fold not in seen:
            seen.add(face.fold)
            yield Face("ghost", face.node, face.fold, face.title, face.members)


def inner_edges(view: View, edges: Sequence[tuple[int, int, int]]) -> Mapping[str, int]:
    """For each fold of a view, how many edges start inside it: its share of the backward pass.

    >>> fold = Fold("layer", "layer 0", (0, 1), 1, 1, "layer-1")
    >>> inner_edges(views([(0, 1, 0), (1, 2, 0)], [fold, 2], budget=2)[0], [(0, 1, 0), (1, 2, 0)])
    {'layer-1': 1}
    """
    owner = {member: face.fold for face in view.faces for member in face.members}
    return dict(Counter(owner[target] for _, target, _ in edges if target in owner))
