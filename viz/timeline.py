"""The timeline of the stepper: every moment of a pass, and what each changes.

A moment holds what its formula says and which slots of the picture it fills. There are four kinds
of slots: ``d3`` and ``g3``, the data and the gradient of node 3, ``c3``, how many contributions its
gradient has, and ``e5``, what has passed over edge 5. What a slot held before is never forgotten,
so stepping back restores it exactly.

>>> from autograd import Value
>>> x = Value(3.0, label="x")
>>> line = timeline(x * x)
>>> for moment in line.moments:
...     print(moment.phase, "|", moment.symbols, "|", moment.numbers)
forward | out = x · x | 3 · 3 = 9
seed | out.grad = 1 | the derivative of out with respect to itself
backward | x.grad += ∂out/∂x [argument 1] · out.grad | 0 + (3 × 1) = 3
backward | x.grad += ∂out/∂x [argument 2] · out.grad | 3 + (3 × 1) = 6
again | x.grad += 6 | 6 + 6 = 12
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from autograd.graph import CONSTANT, Node
from autograd.steps import Steps, steps
from viz.moment import Moment, Slot
from viz.naming import variable_names
from viz.picture import Picture, lower
from viz.stepper_shown import Gauge, Shown
from viz.telling import Teller
from viz.text import shortened, visible
from viz.update import described

LONGEST_NAME = 24
_MOST_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class Timeline:
    """All moments of a pass, and the state before the first.

    Attributes
    ----------
    walk: the backward pass that the moments tell.
    names: a short and harmless name for each node.
    edges: for each edge the places of its source and its target and the position of the argument.
    totals: for each node how many contributions make its gradient complete.
    optimizer: how the update is called; empty when there is none.
    title: what the whole is called.
    """

    walk: Steps
    names: tuple[str, ...]
    picture: Picture
    edges: tuple[tuple[int, int, int], ...]
    totals: tuple[int, ...]
    initial: Mapping[str, Slot]
    moments: tuple[Moment, ...]
    gauge: Gauge
    optimizer: str = ""
    title: str = ""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the graph in order."""
        return self.walk.recording.nodes

    @cached_property
    def longest_texts(self) -> dict[str, str]:
        """For each slot of data and of gradients the longest text that it ever holds."""
        longest: dict[str, str] = {}
        for slots in (self.initial, *(moment.changes for moment in self.moments)):
            for slot, shown in slots.items():
                if isinstance(shown, Shown) and len(shown.text) > len(longest.get(slot, "")):
                    longest[slot] = shown.text
        return longest

    @cached_property
    def earlier(self) -> dict[int, str]:
        """The gradients from before the pass, by the places of their leaves."""
        return {moment.node: moment.facts["before"][0] for moment in self.moments if moment.phase == "kept"}

    @cached_property
    def longest_line(self) -> str:
        """The longest line of symbols or numbers."""
        return max((text for moment in self.moments for text in (moment.symbols, moment.numbers)), key=len)

    def story(self, forward: bool = True, again: bool = False) -> tuple[Moment, ...]:
        """The moments that are told; the forward pass and a second backward may be left out."""
        left_out = {"forward"} if not forward else set()
        if not again:
            left_out.add("again")
        return tuple(moment for moment in self.moments if moment.phase not in left_out)

    def start(self, forward: bool = True) -> dict[str, Slot]:
        """What the slots hold before the first moment of the story."""
        slots = dict(self.initial)
        if not forward:
            for moment in self.moments:
                if moment.phase == "forward":
                    slots.update(moment.changes)
        return slots

    def slots(self, step: int, forward: bool = True) -> dict[str, Slot]:
        """What the slots hold after so many moments of the story."""
        slots = self.start(forward)
        for moment in self.story(forward)[:step]:
            slots.update(moment.changes)
        return slots


def timeline(
    loss: Node,
    optimizer: Any = None,
    seed: Any = None,
    names: Mapping[str, Any] | None = None,
    accumulate: bool = True,
) -> Timeline:
    """Everything that happens to the graph of a loss, moment by moment; the nodes stay as they are.

    Parameters
    ----------
    loss: the node to start from.
    optimizer: a learning rate or an optimiser: its update and the next forward pass are told too.
    seed: the gradient of the loss, of its shape; 1 when it is a scalar.
    names: names of nodes that have no label, such as ``locals()``.
    accumulate: whether what an earlier backward left is added to, as ``backward()`` does.

    Raises
    ------
    GraphError, StaleGraphError, ShapeError: as ``backward()`` does.
    ValueError: there are more steps than anyone could take.
    """
    walk = _with_short_names(steps(loss, seed), variable_names(names))
    few_enough(len(walk), "step through a part of the graph: pass a node from inside of it")
    graph = walk.recording
    picture = lower([loss])
    edges = tuple(
        (graph.ids[parent], graph.ids[node], position)
        for node in graph.nodes
        for position, parent in enumerate(node.parents)
    )
    totals = [0] * len(graph.nodes)
    for step in walk:
        totals[graph.ids[step.parent]] = step.total
    gauge = Gauge(
        value
        for step in (walk.seed, *walk)
        if step.kind != "sum"
        for value in (step.contribution, step.after)
    )
    called = tuple(graph.names[node] for node in graph.nodes)
    initial: dict[str, Slot] = {
        f"d{i}": gauge.data(graph.data[node]) for i, node in enumerate(graph.nodes) if not node.parents
    }
    leaves = [node for node in walk.gradients if node.is_leaf and node.grad is not None]
    earlier = {node: getattr(node.grad, "plain", node.grad) for node in leaves if accumulate}
    teller = Teller(walk, gauge, called, {edge[1:]: i for i, edge in enumerate(edges)}, earlier)
    moments = [*teller.forward(graph, "forward"), teller.seed(), *map(teller.step, walk)]
    moments += teller.accumulated(optimizer is None)
    if optimizer is not None:
        moments += teller.training(optimizer)
    update = "" if optimizer is None else shortened(visible(described(optimizer)), 60)
    title = f"Backpropagation of {called[-1]}"
    return Timeline(
        walk, called, picture, edges, tuple(totals), initial, tuple(moments), gauge, update, title
    )


def few_enough(count: int, instead: str) -> None:
    """Refuse to make more steps than anyone could take.

    Raises
    ------
    ValueError: there are too many.
    """
    if count > _MOST_STEPS:
        raise ValueError(f"{count} steps are too many to step through, the most is {_MOST_STEPS}; {instead}")


def _with_short_names(walk: Steps, given: Mapping[Node, str]) -> Steps:
    """The same steps with names that fit into a box: formulas are made of names."""
    taken: dict[str, int] = {}
    names = {}
    for node, name in walk.recording.names.items():
        name = given.get(node, name) if not node.label else name
        short = shortened(visible(name), LONGEST_NAME)
        # Two constants may well be called 1.
        if node.operation is not CONSTANT or node.label or node in given:
            taken[short] = count = taken.get(short, 0) + 1
            short = short if count == 1 else f"{short}#{count}"
        names[node] = short
    graph = replace(walk.recording, names=names)
    found = [replace(step, recording=graph) for step in walk]
    return Steps(replace(walk.seed, recording=graph), found, walk.gradients)
