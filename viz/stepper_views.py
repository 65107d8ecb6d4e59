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


@dataclass(frozen=True, slots=True)
class Face:
    """One box of a view: a node, a closed fold, or a ghost, which is a node outside of the view.

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
    queue: list[tuple[Fold | None, str]] = [(None, "")]
    for fold, around in queue:
        parts = _opened(top if fold is None else fold.parts, budget)
        yield _view(fold, around, parts, edges)
        name = "" if fold is None else fold.id
        queue.extend((part, name) for part in parts if isinstance(part, Fold))


def _opened(parts: Sequence[Part], budget: int) -> list[Part]:
    """What is visible: all folds of one level are opened, or none, so that like things look alike."""
    visible = list(parts)
    while True:
        level = max((part.level for part in visible if isinstance(part, Fold)), default=None)
        opened: list[Part] = []
        for part in visible:
            opened.extend(part.parts if isinstance(part, Fold) and part.level == level else [part])
        if level is None or len(opened) > budget:
            return visible
        visible = opened


def _view(
    fold: Fold | None, around: str, parts: Sequence[Part], edges: Sequence[tuple[int, int, int]]
) -> View:
    faces: list[Face] = []
    box_of: dict[int, int] = {}
    for part in parts:
        members = tuple(sorted(part.members())) if isinstance(part, Fold) else (part,)
        box_of.update(dict.fromkeys(members, len(faces)))
        if isinstance(part, Fold):
            faces.append(Face("fold", part.output, part.id, part.title, members))
        else:
            faces.append(Face("node", part))
    inside = set(box_of)
    bundles: dict[tuple[int, int, int], list[int]] = {}
    for index, (source, target, _) in enumerate(edges):
        if source not in inside and target not in inside:
            continue
        for end in (source, target):
            if end not in box_of:
                box_of[end] = len(faces)
                faces.append(Face("ghost", end))
        ends = box_of[source], box_of[target]
        if ends[0] == ends[1]:
            continue
        whole = all(faces[end].kind != "fold" for end in ends)
        bundles.setdefault((*ends, index if whole else -1), []).append(index)
    return View(
        "" if fold is None else fold.id,
        "" if fold is None else fold.title,
        around,
        tuple(faces),
        tuple(Bundle(source, target, tuple(found)) for (source, target, _), found in bundles.items()),
    )


def inner_edges(view: View, edges: Sequence[tuple[int, int, int]]) -> Mapping[str, int]:
    """For each fold of a view, how many edges start inside it: its share of the backward pass.

    >>> fold = Fold("layer", "layer 0", (0, 1), 1, 1, "layer-1")
    >>> inner_edges(views([(0, 1, 0), (1, 2, 0)], [fold, 2], budget=2)[0], [(0, 1, 0), (1, 2, 0)])
    {'layer-1': 1}
    """
    owner = {member: face.fold for face in view.faces for member in face.members}
    return dict(Counter(owner[target] for _, target, _ in edges if target in owner))
