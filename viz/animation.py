"""``animate``, and the ``Animation`` that it returns: a backward pass as an SVG that plays by itself.

It is made of CSS animations only, which play inside an ``<img>`` too. Where nothing moves, because
the reader asked for that or the program knows no animations, the end of the pass is seen.

>>> from autograd import Value
>>> x = Value(3.0, label="x")
>>> animate(x * x)
<Animation: 2 nodes, 3 steps, 7.2 s>
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.graph import Node
from viz.layout import Direction
from viz.moment import Moment
from viz.saving import write
from viz.stepper import Stepper, place_in_story, step
from viz.stepper_marks import DEFINITIONS, short
from viz.stepper_picture import Scene
from viz.stepper_shown import exact
from viz.stepper_theme import picture_style
from viz.theme import Theme

_HOLD = 3.0  # steps that the end is seen
_MOST_STEPS = 400

_STYLE = """\
.stepper .passing { visibility: hidden }
.stepper .pulse { fill: none; stroke: var(--accent); stroke-width: 7; stroke-linecap: round }
.stepper .pulse { stroke-dasharray: .001 2; opacity: 0 }
.stepper .clock { fill: var(--accent) }
"""


def animate(
    loss: Node,
    *,
    names: Mapping[str, Any] | None = None,
    seed: Any = None,
    seconds: float = 1.2,
    direction: Direction = "LR",
    theme: Theme = "auto",
) -> Animation:
    """The backward pass as an animated picture: one step is one local derivative on one edge.

    It begins without gradients, whether ``backward()`` was called before or not.

    Parameters
    ----------
    loss: a ``Value`` or ``Tensor``, the end of a computation. The gradients in its graph stay as they are.
    names: the variables that hold nodes, such as ``locals()``: names for nodes without a label.
    seed: the gradient of the loss, of its shape; 1 when it is a scalar.
    seconds: how long one step is seen.
    direction: where the computation flows: ``"LR"``, ``"RL"``, ``"TB"`` or ``"BT"``.
    theme: ``"light"``, ``"dark"``, or ``"auto"`` for what the reader's system prefers.

    Raises
    ------
    TypeError: the loss is not a node.
    ValueError: an unknown direction or theme, no time at all, or more steps than anyone would watch.
    GraphError, StaleGraphError, ShapeError: as ``loss.backward()`` does.
    """
    if not seconds > 0:
        raise ValueError(f"a step must take some time, got {seconds} seconds")
    stepper = step(
        loss, names=names, forward=False, seed=seed, accumulate=False, fold="none", direction=direction,
        theme=theme,
    )  # fmt: skip
    if len(stepper.steps) > _MOST_STEPS:
        raise ValueError(
            f"{len(stepper.steps)} steps are too many to watch, the most is {_MOST_STEPS}; "
            "animate a part of the graph, or step through it with viz.step"
        )
    return Animation(stepper, seconds)


class Animation:
    """A backward pass that plays: it shows itself in a notebook and saves itself to a file."""

    def __init__(self, stepper: Stepper, seconds: float = 1.2) -> None:
        self.stepper = stepper
        self.seconds = seconds

    @property
    def duration(self) -> float:
        """How long one round takes, in seconds."""
        return (len(self.stepper.steps) + _HOLD) * self.seconds

    @cached_property
    def svg(self) -> str:
        """The animated picture."""
        stepper = self.stepper
        scene = stepper.scenes[0]
        film = _Film(scene, stepper.steps, stepper.timeline.start(forward=False), self.duration)
        wide, high = map(short, scene.canvas)
        x, y = map(short, scene.origin)
        body = list(film.elements())
        caption = list(film.captions())
        title = escape(f"Backpropagation: {stepper.timeline.names[-1]}, animated", quote=False)
        said = escape("; ".join(moment.symbols for moment in stepper.steps[:50]), quote=False)
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="stepper" role="img" '
                f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">',
                f"<title>{title}</title>",
                f"<desc>{said}</desc>",
                f"<style>\n{picture_style(stepper.theme, _STYLE)}\n"
                "@media (prefers-reduced-motion: no-preference) {",
                *film.rules(),
                "}\n</style>",
                f"<defs>{DEFINITIONS}</defs>",
                f'<rect class="ground" width="{wide}" height="{high}"/>',
                f'<g class="scene" transform="translate({x} {y})">',
                *body,
                "</g>",
                *scene.legend(),
                *caption,
                f'<rect class="clock" y="{short(scene.canvas[1] - 3)}" width="{wide}" height="3"/>',
                "</svg>\n",
            )
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the animation to a file, whose name ends in ``.svg``.

        Raises
        ------
        ValueError: for any other suffix.
        OSError: when the file cannot be written.

        >>> from autograd import Value
        >>> animate(Value(3.0, label="x") * 2.0).save("product.svg").name
        'product.svg'
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise ValueError(f"cannot save an animation as {path.name!r}: end its name in .svg")
        write(path, self.svg.encode())
        return path

    def _repr_html_(self) -> str:
        source = b64encode(self.svg.encode()).decode("ascii")
        name = escape(f"Backpropagation: {self.stepper.timeline.names[-1]}, animated")
        return f'<img src="data:image/svg+xml;base64,{source}" alt="{name}" style="max-width: 100%">'

    def __repr__(self) -> str:
        steps = len(self.stepper.steps)
        return f"<Animation: {len(self.stepper.timeline.nodes)} nodes, {steps} steps, {self.duration:g} s>"


class _Film:
    """Every element in each of its states, with the time at which the state begins and ends."""

    def __init__(
        self, scene: Scene, steps: Sequence[Moment], start: Mapping[str, Any], duration: float
    ) -> None:
        self.scene, self.steps, self.duration = scene, steps, duration
        self.frames: list[tuple[Mapping[str, Any], Moment | None]] = [(start, None)]
        for moment in steps:
            self.frames.append(({**self.frames[-1][0], **moment.changes}, moment))
        self.begins: set[int] = set()
        self.ends: set[int] = set()
        self.both: set[tuple[int, int]] = set()  # states that begin and end
        self.beats: set[int] = set()

    def elements(self) -> Iterator[str]:
        """Edges below boxes; each of them once for every state that it is in."""
        columns = zip(*(self.scene.parts(*frame) for frame in self.frames), strict=True)
        edges = len(self.scene.view.bundles)
        for index, states in enumerate(columns):
            if index == edges:  # there is always a box
                yield from self._pulses()
            yield from self._states(states)

    def captions(self) -> Iterator[str]:
        """What is said at each step."""
        line = self.scene.timeline
        end = line.nodes[-1]
        # A still of the first frame has to make sense by itself.
        lines = [(f"{line.names[-1]} = {exact(end.plain)}", "no gradient is computed yet")]
        lines += [(moment.symbols, moment.numbers) for moment in self.steps]
        texts = [
            "\n".join(self.scene.caption(place_in_story(place, self.steps), *said))
            for place, said in enumerate(lines)
        ]
        yield from self._states(texts)

    def rules(self) -> Iterator[str]:
        """The animations that the elements made so far are part of."""
        time = f"{short(self.duration)}s"
        for k in sorted(self.begins):
            yield f"@keyframes b{k} {{ 0% {{ opacity: 0 }} {self._at(k)}, 100% {{ opacity: 1 }} }}"
            yield f".stepper .b{k} {{ animation: b{k} {time} step-end infinite }}"
        for k in sorted(self.ends):
            hidden = f"{self._at(k)}, 100% {{ visibility: hidden }}"
            yield f"@keyframes e{k} {{ 0% {{ visibility: visible }} {hidden} }}"
            yield f".stepper .e{k} {{ animation: e{k} {time} step-end infinite }}"
        for begin, end in sorted(self.both):
            both = f"b{begin} {time} step-end infinite, e{end} {time} step-end infinite"
            yield f".stepper .b{begin}.e{end} {{ animation: {both} }}"
        for k in sorted(self.beats):
            yield (
                f"@keyframes p{k} {{ 0%, {self._at(k)} {{ stroke-dashoffset: -1; opacity: 0 }} "
                f"{self._at(k + 0.04)} {{ stroke-dashoffset: -1; opacity: 1 }} "
                f"{self._at(k + 0.6)} {{ stroke-dashoffset: 0; opacity: 1 }} "
                f"{self._at(k + 0.7)}, 100% {{ stroke-dashoffset: 0; opacity: 0 }} }}"
            )
            yield f".stepper .p{k} {{ animation: p{k} {time} linear infinite }}"
        yield "@keyframes clock { from { transform: scaleX(0) } to { transform: scaleX(1) } }"
        yield f".stepper .clock {{ animation: clock {time} linear infinite }}"

    def _states(self, states: Sequence[str]) -> Iterator[str]:
        start = 0
        for place in range(1, len(states) + 1):
            if place < len(states) and states[place] == states[start]:
                continue
            classes = []
            if start:
                classes.append(f"b{start}")
                self.begins.add(start)
            if place < len(states):
                classes += [f"e{place}", "passing"]
                self.ends.add(place)
                if start:
                    self.both.add((start, place))
            yield f'<g class="{" ".join(classes)}">\n{states[start]}\n</g>' if classes else states[start]
            start = place

    def _pulses(self) -> Iterator[str]:
        """A light that runs along an edge, from the result to its argument."""
        path_of = {
            edge: path
            for bundle, path in zip(self.scene.view.bundles, self.scene.layout.paths, strict=True)
            for edge in bundle.edges
        }
        for place, (_, moment) in enumerate(self.frames):
            if moment is not None and moment.edge in path_of:
                self.beats.add(place)
                line = self.scene.line(path_of[moment.edge])
                yield f'<path class="pulse p{place}" pathLength="1" d="{line}"/>'

    def _at(self, step: float) -> str:
        """The moment a step begins, as a share of the whole."""
        return f"{100 * step / (len(self.steps) + _HOLD):.3f}%"
