"""``step``, and the ``Stepper`` that it returns: backpropagation, one edge at a time.

>>> from autograd import Value
>>> x, w = Value(2.0, label="x"), Value(-3.0, label="w")
>>> step((w * x).tanh())
<Stepper: 4 nodes, 6 steps>
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Literal, get_args

from autograd.graph import Node
from autograd.program import Program
from viz.folding import outline
from viz.formatting import number
from viz.layout import Direction
from viz.moment import PHASES, Moment
from viz.program_timeline import program_timeline
from viz.saving import rendered, write
from viz.stepper_data import data, embedded, scenes
from viz.stepper_marks import DEFINITIONS
from viz.stepper_picture import Scene
from viz.stepper_theme import asset, compact, page_style
from viz.theme import Theme
from viz.timeline import Timeline, timeline

Fold = Literal["auto", "none", "all"]

_FEW, _MANY = 14, 60  # boxes of a folded picture
_SCRIPTS = ("story", "graph", "panel", "nudge", "app", "saving")


def step(
    loss: Node | Program,
    *,
    optimizer: Any = None,
    names: Mapping[str, Any] | None = None,
    forward: bool = True,
    seed: Any = None,
    accumulate: bool = True,
    fold: Fold = "auto",
    max_nodes: int = 150,
    direction: Direction = "LR",
    theme: Theme = "auto",
    start: int = 0,
    height: int = 640,
) -> Stepper:
    """Step through the backward pass from a loss: one step is one local derivative on one edge.

    Of a program that was recorded, one step is one instruction, and memory changes where it is written into.

    The numbers are those of :func:`autograd.steps` and so of ``backward()``. The nodes stay as they
    are: no gradient is computed in them, and no parameter moves.

    Parameters
    ----------
    loss: a ``Value`` or ``Tensor``, the end of a computation; or a program.
    optimizer: an optimiser of ``nn``, or a learning rate for plain gradient descent: after the
        backward pass the parameters are updated and the loss is computed again.
    names: the variables that hold nodes, such as ``locals()``: names for nodes without a label.
    forward: whether the story begins with the forward pass; the page has a switch for it.
    seed: the gradient of the loss, of its shape; 1 when it is a scalar.
    accumulate: whether the gradients that an earlier backward left are added to at the end, as
        ``backward()`` does; or the pass is told as if there were none.
    fold: ``"auto"`` folds a graph of more than ``max_nodes`` nodes by modules, layers, neurons and
        sums, each a picture of its own to step into; ``"none"`` never folds, ``"all"`` always.
    max_nodes: up to how many nodes are drawn as one picture.
    direction: where the computation flows: ``"LR"``, ``"RL"``, ``"TB"`` or ``"BT"``.
    theme: ``"light"``, ``"dark"``, or ``"auto"`` for what the reader's system prefers.
    start: the step that is shown first.
    height: of the frame in a notebook, in pixels.

    Raises
    ------
    TypeError: the loss is not a node.
    GraphError, StaleGraphError, ShapeError: as ``loss.backward()`` does.
    ValueError: an unknown direction or theme, too many steps, or a program with an optimizer beside it.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> step(x * x, optimizer=0.1).steps[-1].numbers
    '2.4 · 2.4 = 5.76'
    >>> x.data, x.grad
    (3.0, None)
    """
    if not isinstance(loss, (Node, Program)):
        raise TypeError(
            f"step cannot step through {loss!r:.60} ({type(loss).__name__}); "
            "pass the Value or Tensor at the end of the computation, or a program"
        )
    for name, value, allowed in (
        ("direction", direction, get_args(Direction)),
        ("theme", theme, get_args(Theme)),
        ("fold", fold, get_args(Fold)),
    ):
        if value not in allowed:
            raise ValueError(f"unknown {name} {value!r}: choose one of {', '.join(map(repr, allowed))}")
    if isinstance(loss, Node):
        line = timeline(loss, optimizer, seed, names, accumulate)
    elif optimizer is None and seed is None and names is None:
        line = program_timeline(loss)
    else:
        raise ValueError("a program has names, seeds and an optimizer of its own; pass it alone")
    budget = {"all": _FEW, "none": None}.get(fold, _MANY if len(line.nodes) > max_nodes else None)
    return Stepper(
        line, forward=forward, budget=budget, direction=direction, theme=theme, start=start, height=height
    )


def place_in_story(place: int, steps: Sequence[Moment]) -> str:
    """How the page counts steps.

    >>> from autograd import Value
    >>> place_in_story(0, step(Value(1.0) * 2.0).steps)
    'Before the first step of 3'
    """
    if not place:
        return f"Before the first step of {len(steps)}"
    return f"{PHASES[steps[place - 1].phase]} · step {place} of {len(steps)}"


class Stepper:
    """A backward pass to step through: it shows itself in a notebook and saves itself to a file.

    Attributes
    ----------
    timeline: what happens, moment by moment.
    budget: how many boxes a picture may have before it is folded; None never folds.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        forward: bool = True,
        budget: int | None = None,
        direction: Direction = "LR",
        theme: Theme = "auto",
        start: int = 0,
        height: int = 640,
    ) -> None:
        self.timeline = timeline
        self.forward = forward
        self.budget = budget
        self.direction = direction
        self.theme: Theme = theme
        self.start = start
        self.height = height
        self.steps = timeline.story(forward)

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The pictures: one of the whole graph, or of the folded graph and then of each fold."""
        nodes = self.timeline.nodes
        if self.budget is None:
            return scenes(self.timeline, None, self.direction)
        return scenes(self.timeline, outline(nodes, [nodes[-1]]).top, self.direction, self.budget)

    @cached_property
    def html(self) -> str:
        """The stepper as an HTML document that needs nothing else: no network, no kernel."""
        return self._page(self.start)

    def _page(self, start: int) -> str:
        first = self.scenes[0]
        content = data(self.scenes, forward=self.forward, start=self._place(start))
        parts = {
            "title": escape(self.timeline.title),
            "theme": self.theme,
            "kind": "backpropagation" if self.timeline.walk.gradients else "program",
            "picture": asset("picture.css").strip(),
            "style": f"{page_style()}\n{compact('stepper.css')}",
            "size": f"{len(self.timeline.nodes)} nodes, {len(self.timeline.edges)} edges",
            "wide": str(first.canvas[0]),
            "high": str(first.canvas[1]),
            "scale": number(self.timeline.gauge.largest),
            "markers": DEFINITIONS,
            "views": "\n".join(self._views()),
            "data": embedded(content),
            "script": "'use strict';\n" + "\n".join(compact(f"stepper_{name}.js") for name in _SCRIPTS),
        }
        # One pass, so that nothing that stands in a part is taken for a place to fill.
        return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], asset("stepper.html"))

    def _views(self) -> list[str]:
        """All pictures as they are after the last step, which is what is seen without scripts."""
        slots = self.timeline.slots(len(self.steps), self.forward)
        lines = []
        for index, scene in enumerate(self.scenes):
            lines.append(f'<g class="view{"" if index else " shown"}"><g class="scene">')
            lines += [*scene.parts(slots, None), "</g>"]
            lines += [*scene.legend()] if not index else []
            lines.append("</g>")
        return lines

    def svg(self, step: int | None = None) -> str:
        """A still of one step as an SVG element; of the last one, when none is named.

        Parameters
        ----------
        step: how many steps have been taken, as the page counts them; negative numbers count from the end.

        Raises
        ------
        IndexError: there is no such step.

        >>> from autograd import Value
        >>> "x.grad += " in step(Value(3.0, label="x") * 2.0).svg()
        True
        """
        place = self._place(len(self.steps) if step is None else step)
        moment = self.steps[place - 1] if place else None
        slots = self.timeline.slots(place, self.forward)
        return self.scenes[0].still(slots, moment, self.theme, place_in_story(place, self.steps))

    def _place(self, step: int) -> int:
        count = len(self.steps)
        place = step + count + 1 if step < 0 else step
        if not 0 <= place <= count:
            raise IndexError(f"there is no step {step}: the steps go from 0 to {count}")
        return place

    def save(self, path: str | os.PathLike[str], step: int | None = None) -> Path:
        """Write the stepper, or a still of one step, to a file; the suffix picks which.

        Parameters
        ----------
        path: ``.html`` is the whole stepper; ``.svg``, ``.png`` and ``.pdf`` are stills.
        step: which step to show on a still, the last one when none is named; on a page, the first shown.

        Raises
        ------
        ValueError: for any other suffix.
        IndexError: there is no such step.
        ImportError: for ``.png`` and ``.pdf`` without the extra ``image``.
        OSError: when the file cannot be written.

        >>> from autograd import Value
        >>> step(Value(3.0, label="x") * 2.0).save("product.svg", step=1).name
        'product.svg'
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in (".html", ".svg", ".png", ".pdf"):
            raise ValueError(
                f"cannot save a stepper as {path.name!r}: end its name in .html, .svg, .png or .pdf"
            )
        if suffix == ".html":
            content = self._page(self.start if step is None else step).encode()
        elif suffix == ".svg":
            content = self.svg(step).encode()
        else:
            content = rendered(self.svg(step), "png" if suffix == ".png" else "pdf")
        write(path, content)
        return path

    def _repr_html_(self) -> str:
        picture = b64encode(self.svg().encode()).decode("ascii")
        title = escape(f"{self.timeline.title}, step by step")
        # The picture lies below the frame, and is what remains where a page may have no frames or scripts.
        return (
            f'<div style="position: relative; height: {int(self.height)}px">'
            f'<img src="data:image/svg+xml;base64,{picture}" alt="{title}" '
            'style="max-width: 100%; max-height: 100%">'
            f'<iframe sandbox="allow-scripts" srcdoc="{escape(self.html)}" title="{title}" '
            'style="position: absolute; inset: 0; width: 100%; height: 100%; border: 0"></iframe></div>'
        )

    def __repr__(self) -> str:
        return f"<Stepper: {len(self.timeline.nodes)} nodes, {len(self.steps)} steps>"


if __name__ == "__main__":
    import webbrowser

    from autograd import Value, tanh

    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.9, label="b")
    m = w * x
    y = tanh(m + b) * m
    webbrowser.open(step(y, names=locals()).save("step.html").resolve().as_uri())
