"""What the page of a stepper reads: one SVG, and one list of what each step changes.

>>> from autograd import Value
>>> from viz.timeline import timeline
>>> x = Value(3.0, label="</script>")
>>> text = embedded(data(scenes(timeline(x * x))))
>>> "<" in text, json.loads(text)["names"]
(False, ['</script>', 'out'])
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from viz.layout import Direction
from viz.moment import Moment, Slot
from viz.naive_order import recursion
from viz.outline import Part
from viz.replay import Nudge, check, nudge
from viz.stepper_picture import Scene
from viz.stepper_shown import Shown, exact
from viz.stepper_views import views
from viz.text import shortened
from viz.timeline import Timeline

_MOST_WORK = 20_000_000  # numbers that may be computed for nudges, and as many for finite differences
_MOST_WRONG = 8
_MOST_VISITS = 120


def scenes(
    line: Timeline, top: Sequence[Part] | None = None, direction: Direction = "LR", budget: int = 60
) -> tuple[Scene, ...]:
    """The pictures of a timeline: one for the whole graph, or one for the top and one for each fold."""
    parts = range(len(line.nodes)) if top is None else top
    return tuple(Scene(line, view, direction) for view in views(line.edges, parts, budget))


def data(scenes: Sequence[Scene], *, forward: bool = True, start: int = 0) -> dict[str, Any]:
    """Everything about a timeline, as JSON can hold it.

    Parameters
    ----------
    scenes: its pictures.
    forward: whether the story begins with the forward pass.
    start: the step that is shown first.
    """
    line = scenes[0].timeline
    boxes = line.picture.boxes
    moments = [_moment(moment) for moment in line.moments]  # makes the thumbnails, too
    return {
        "title": line.title,
        "names": line.names,
        "spoken": [f"{name}, {box.name}" for name, box in zip(line.names, boxes, strict=True)],
        "edges": [edge[:2] for edge in line.edges],
        "totals": line.totals,
        "constants": [place for place, node in enumerate(line.nodes) if not node.requires_grad],
        "optimizer": line.optimizer,
        "forward": forward,
        "start": start,
        "initial": {slot: _slot(shown) for slot, shown in line.initial.items()},
        "moments": moments,
        "images": line.gauge.images,
        "views": [_view(scene) for scene in scenes],
        "titles": {face.fold: face.title for scene in scenes for face in scene.view.faces if face.fold},
        "home": _homes(scenes),
        "order": _order(line) if line.walk.gradients else {},
        "nudges": [_nudge(curve) for curve in _nudges(line)],
        "checks": _checks(line),
    }


def embedded(content: dict[str, Any]) -> str:
    """JSON that is safe inside a script element: nothing in it can end the element.

    >>> print(embedded({"label": "</script>\\u2028&"}))
    {"label":"\\u003c/script\\u003e\\u2028\\u0026"}
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _moment(moment: Moment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "node": moment.node,
        "changes": {slot: _slot(shown) for slot, shown in moment.changes.items()},
    }
    if moment.phase != "backward":
        found["phase"] = moment.phase
    if "local" not in moment.facts or "summed" in moment.facts:  # the others' lines are made of the facts
        found |= {"symbols": moment.symbols, "numbers": moment.numbers}
    if moment.parent is not None:
        found["parent"] = moment.parent
        found["size"] = moment.size
    if moment.edge is not None:
        found["edge"] = moment.edge
    derived = {"before", "incoming"} if moment.phase == "backward" and "rule" not in moment.facts else set()
    return found | {name: fact for name, fact in moment.facts.items() if name not in derived}


def _slot(slot: Slot) -> Any:
    return slot.to_list() if isinstance(slot, Shown) else slot


def _view(scene: Scene) -> dict[str, Any]:
    view, edges = scene.view, scene.timeline.edges
    folds = [face for face in view.faces if face.fold]
    steps = {
        face.fold: [index for index, edge in enumerate(edges) if edge[1] in set(face.members)]
        for face in folds
    }
    return {
        "id": view.id,
        "title": shortened(view.title, 40),
        "around": view.around,
        "width": round(scene.layout.width, 1),
        "height": round(scene.layout.height, 1),
        "canvas": scene.canvas,
        "origin": scene.origin,
        "caption": scene.caption_place,
        "legend": scene.legend_place,
        "keeps": scene.keeps,
        "members": {face.fold: face.members for face in folds},
        "steps": steps,
        "inside": {fold: len(found) for fold, found in steps.items()},
    }


def _homes(scenes: Sequence[Scene]) -> list[str]:
    """For each node the view that shows it as itself."""
    homes = [""] * len(scenes[0].timeline.nodes)
    for scene in scenes:
        for face in scene.view.faces:
            if face.kind == "node":
                homes[face.node] = scene.view.id
    return homes


def _order(line: Timeline) -> dict[str, Any]:
    naive = recursion(line.walk, _MOST_VISITS)
    ids, right = line.walk.recording.ids, line.walk.gradients
    wrong = [
        [ids[node], exact(gradient), exact(right[node])]
        for node, gradient in naive.gradients.items()
        if naive.whole and not np.allclose(gradient, right[node], rtol=1e-6, atol=0.0, equal_nan=True)
    ]
    visits = [
        [ids[v.node], ids[v.parent], exact(v.used), exact(v.right), exact(v.contribution)]
        for v in naive.visits
    ]
    return {
        "visits": visits,
        "first": naive.first_wrong,
        "whole": naive.whole,
        "wrong": wrong[:_MOST_WRONG],
        "more": max(0, len(wrong) - _MOST_WRONG),
    }


def _work(line: Timeline) -> int:
    """How many numbers one replay computes at most."""
    return sum(int(np.size(node.plain)) for node in line.nodes)


def _is_scalar(line: Timeline) -> bool:
    return bool(np.size(line.nodes[-1].plain) == 1)


def _nudges(line: Timeline) -> list[Nudge]:
    gradients = line.walk.gradients
    leaves = [node for node in gradients if not node.parents]
    if not _is_scalar(line) or len(leaves) * _work(line) * 63 > _MOST_WORK:
        return []
    return [nudge(line.nodes, leaf, gradients[leaf]) for leaf in leaves]


def _nudge(curve: Nudge) -> dict[str, Any]:
    ranges = [[_number(value - curve.start, 4) for value in values] for values in curve.ranges]
    slope = _number(curve.slope, 9)
    return {
        "node": curve.node,
        "start": _number(curve.start, 9),
        "slope": slope,
        "scale": curve.scale,
        "array": curve.array,
        "changes": ranges,
    }


def _checks(line: Timeline) -> dict[int, list[Any]]:
    """For each node with a gradient: what is compared, the finite difference, whether they agree."""
    gradients = line.walk.gradients
    nodes = [node for node in gradients if node.parents or node.requires_grad]
    if not _is_scalar(line) or len(nodes) * _work(line) * 2 > _MOST_WORK:
        return {}
    found = {}
    for node in nodes:
        result = check(line.nodes, node, gradients[node])
        what = f"|grad| = {exact(result.gradient)}, along the gradient" if node.shape else ""
        found[line.walk.recording.ids[node]] = [what, exact(result.difference), result.agrees]
    return found


def _number(value: float, digits: int) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None
