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

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from autograd.forward_steps import ForwardStep
from autograd.graph import CONSTANT, Node
from autograd.recording import Recording
from autograd.steps import Step, Steps, steps
from viz.naming import variable_names
from viz.picture import Picture, lower
from viz.replay import replayed
from viz.stepper_shown import Gauge, Shown, exact
from viz.text import shortened, visible
from viz.update import described, updated

Phase = Literal["forward", "seed", "backward", "kept", "again", "update", "next"]
Slot = Shown | int

_LONGEST_NAME = 24
_LONGEST_FORMULA = 120
_MOST_STEPS = 20_000
_NEGATIVE = re.compile(r"^-|(?<![\w.)\]\-])-(?=[\d.])")
"""The sign of a negative number, which is neither an operator nor part of a name or an exponent."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: one step of a pass.

    Attributes
    ----------
    symbols, numbers: what happens, with names and with numbers plugged in.
    node, parent, edge: whose gradient is passed on, to which node, over which edge.
    changes: the slots that are filled, and with what.
    size: the largest magnitude of the gradient that it makes; None where that is not finite.
    facts: what the explanation beside the picture is made of.
    """

    phase: Phase
    symbols: str
    numbers: str
    node: int
    changes: Mapping[str, Slot]
    parent: int | None = None
    edge: int | None = None
    size: float | None = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


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

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the graph in order."""
        return self.walk.recording.nodes

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
    loss: Node, optimizer: Any = None, seed: Any = None, names: Mapping[str, Any] | None = None
) -> Timeline:
    """Everything that happens to the graph of a loss, moment by moment; the nodes stay as they are.

    Parameters
    ----------
    loss: the node to start from.
    optimizer: a learning rate or an optimiser: its update and the next forward pass are told too.
    seed: the gradient of the loss, of its shape; 1 when it is a scalar.
    names: names of nodes that have no label, such as ``locals()``.

    Raises
    ------
    GraphError, StaleGraphError, ShapeError: as ``backward()`` does.
    ValueError: there are more steps than anyone could take.
    """
    walk = _with_short_names(steps(loss, seed), variable_names(names))
    if len(walk) > _MOST_STEPS:
        raise ValueError(
            f"{len(walk)} steps are too many to step through, the most is {_MOST_STEPS}; "
            "step through a part of the graph: pass a node from inside of it"
        )
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
        value for step in (walk.seed, *walk) if step.kind != "sum" for value in (step.contribution, step.after)
    )
    called = tuple(graph.names[node] for node in graph.nodes)
    initial: dict[str, Slot] = {
        f"d{i}": gauge.data(graph.data[node]) for i, node in enumerate(graph.nodes) if not node.parents
    }
    teller = _Teller(walk, gauge, called, {edge[1:]: i for i, edge in enumerate(edges)})
    moments = [*teller.forward(graph, "forward"), teller.seed(), *map(teller.step, walk)]
    moments += teller.accumulated(optimizer is None)
    if optimizer is not None:
        moments += teller.training(optimizer)
    update = "" if optimizer is None else shortened(visible(described(optimizer)), 60)
    return Timeline(walk, called, picture, edges, tuple(totals), initial, tuple(moments), gauge, update)


class _Teller:
    """Tells steps as moments."""

    def __init__(
        self, walk: Steps, gauge: Gauge, names: Sequence[str], edges: Mapping[tuple[int, int], int]
    ) -> None:
        self.walk, self.gauge, self.names, self.edges = walk, gauge, names, edges
        self.ids = walk.recording.ids

    def forward(self, graph: Recording, phase: Phase, only: Collection[Node] | None = None) -> Iterator[Moment]:
        """One moment for each node that is computed, or for some of them."""
        computed = [node for node in graph.nodes if node.parents and (only is None or node in only)]
        for index, node in enumerate(computed):
            step = ForwardStep(index, node, graph.data[node], graph)
            place = self.ids[node]
            formula, plugged = _spelled(step)
            yield Moment(
                phase,
                f"{self.names[place]} = {formula}",
                f"{plugged} = {exact(step.value)}",
                place,
                {f"d{place}": self.gauge.data(step.value)},
                facts={"after": self._exact(step.value)},
            )

    def seed(self) -> Moment:
        """The gradient that the pass starts from."""
        step = self.walk.seed
        place = self.ids[step.node]
        name, value = self.names[place], exact(step.after)
        why = "the derivative of {} with respect to itself" if np.all(step.after == 1.0) else "the seed that was given"
        return Moment(
            "seed",
            f"{name}.grad = {value}",
            why.format(name),
            place,
            {f"g{place}": self.gauge.gradient(step.after)},
            parent=place,
            size=_magnitude(step.after),
            facts={"after": self._exact(step.after)},
        )

    def step(self, step: Step) -> Moment:
        """One step of the backward pass, over one edge."""
        node, parent = self.ids[step.node], self.ids[step.parent]
        edge = self.edges[node, step.position]
        target, incoming = f"{self.names[parent]}.grad", f"{self.names[node]}.grad"
        changes: dict[str, Slot] = {}
        if step.kind == "edge":
            changes[f"e{edge}"] = self.gauge.gradient(step.contribution)
        if not step.is_summed:
            changes[f"g{parent}"] = self.gauge.gradient(step.after)
            changes[f"c{parent}"] = step.arrived
        facts: dict[str, Any] = {
            "incoming": self._exact(step.incoming),
            "amount": self._exact(step.contribution),
            "before": self._exact(step.before),
            "after": self._exact(step.after),
            "arrived": step.arrived,
        }
        formula = "" if step.formula is None else _readable(step.formula.text)
        if step.is_product and step.formula is not None:
            twice = sum(other is step.parent for other in step.node.parents) > 1
            if twice:
                facts["which"] = f"argument {step.position + 1}"
            facts["local"] = self._exact(step.local)
            plugged = _readable(step.numbers)
            if not _is_number(formula):
                facts["formula"] = [formula] if plugged in (formula, facts["local"][0]) else [formula, plugged]
            which = f" [{facts['which']}]" if twice else ""
            what = f"∂{self.names[node]}/∂{self.names[parent]}{which} · {incoming}"
            amount = f"({exact(step.local)} × {exact(step.incoming)})"
            if not np.all(np.isfinite(step.local)) and not np.any(step.incoming):
                facts["note"] = "A gradient of 0 passes nothing on, not even through a pole."
        else:
            what = formula or _readable(step.symbol)
            amount = exact(step.contribution)
            facts["rule"] = what
        if step.is_summed:
            facts["summed"] = 1
            symbols, numbers = f"for {target}: {what}", f"{amount} = {exact(step.contribution)}"
        else:
            symbols = f"{target} += {what}"
            numbers = f"{exact(step.before)} + {amount} = {exact(step.after)}"
        return Moment(
            "backward", symbols, numbers, node, changes, parent, edge,
            _magnitude(step.contribution if step.is_summed else step.after), facts,
        )  # fmt: skip

    def accumulated(self, twice: bool) -> Iterator[Moment]:
        """What backward() adds to: gradients that an earlier one left, and that a second one doubles."""
        gradients = self.walk.gradients
        leaves = [node for node in gradients if not node.parents]
        final = self._final()
        for node in leaves:
            if node.grad is not None:
                yield self._added("kept", node, _plain(node.grad), gradients[node])
        for node in leaves if twice else ():
            yield self._added("again", node, final[node], gradients[node])

    def _final(self) -> dict[Node, Any]:
        """What backward() leaves in each leaf."""
        return {
            node: gradient if node.grad is None else _plain(node.grad) + gradient
            for node, gradient in self.walk.gradients.items()
            if not node.parents
        }

    def _added(self, phase: Phase, node: Node, earlier: Any, gradient: Any) -> Moment:
        place, after = self.ids[node], earlier + gradient
        return Moment(
            phase,
            f"{self.names[place]}.grad += {exact(gradient)}",
            f"{exact(earlier)} + {exact(gradient)} = {exact(after)}",
            place,
            {f"g{place}": self.gauge.gradient(after)},
            parent=place,
            size=_magnitude(after),
            facts={"before": self._exact(earlier), "amount": self._exact(gradient), "after": self._exact(after)},
        )

    def training(self, optimizer: Any) -> Iterator[Moment]:
        """The update of each parameter, and the forward pass after it."""
        graph, final = self.walk.recording, self._final()
        moved = updated(optimizer, final)
        rate = float(optimizer) if isinstance(optimizer, (int, float)) else None
        for node, data in moved.items():
            place = self.ids[node]
            name, before = self.names[place], graph.data[node]
            symbols, numbers = f"{name} ← step of the optimiser", f"{exact(before)} → {exact(data)}"
            if rate is not None:
                symbols = f"{name} ← {name} − {rate:g} · {name}.grad"
                numbers = f"{exact(before)} − {rate:g} × {exact(final[node])} = {exact(data)}"
            facts = {"before": self._exact(before), "amount": self._exact(final[node]), "after": self._exact(data)}
            yield Moment(
                "update", symbols, numbers, place, {f"d{place}": self.gauge.data(data)}, parent=place,
                size=_magnitude(final[node]), facts=facts,
            )  # fmt: skip
        with np.errstate(all="ignore"):
            after = replayed(graph.nodes, moved)
        loss = graph.nodes[-1]
        for moment in self.forward(replace(graph, data={**graph.data, **after}), "next", set(after)):
            facts = dict(moment.facts)
            if moment.node == self.ids[loss]:
                facts["was"] = self._exact(graph.data[loss])
                facts["change"] = exact(after[loss] - graph.data[loss])
            yield replace(moment, facts=facts)

    def _exact(self, value: Any) -> list[Any]:
        """A value for the explanation: its text, and the place of its thumbnail."""
        image = self.gauge.image(value)
        return [exact(value)] if image is None else [exact(value), image]


def _with_short_names(walk: Steps, given: Mapping[Node, str]) -> Steps:
    """The same steps with names that fit into a box: formulas are made of names."""
    taken: dict[str, int] = {}
    names = {}
    for node, name in walk.recording.names.items():
        name = given.get(node, name) if not node.label else name
        short = shortened(visible(name), _LONGEST_NAME)
        if node.operation is not CONSTANT or node.label or node in given:  # two constants may well be called 1
            taken[short] = count = taken.get(short, 0) + 1
            short = short if count == 1 else f"{short}#{count}"
        names[node] = short
    graph = replace(walk.recording, names=names)
    found = [replace(step, recording=graph) for step in walk]
    return Steps(replace(walk.seed, recording=graph), found, walk.gradients)


def _spelled(step: ForwardStep) -> tuple[str, str]:
    """The operation with names and with numbers."""
    return _readable(step.formula.text), _readable(step.numbers)


def _readable(text: str) -> str:
    """A Python expression with the signs of mathematics."""
    for python, sign in ((" * ", " · "), (" - ", " − "), ("(-", "(−")):
        text = text.replace(python, sign)
    return shortened(_NEGATIVE.sub("−", text), _LONGEST_FORMULA)


def _is_number(text: str) -> bool:
    """Whether a formula is a literal: a derivative that is the same everywhere."""
    try:
        float(text.replace("−", "-"))
    except ValueError:
        return False
    return True


def _magnitude(value: Any) -> float | None:
    size = float(np.max(np.abs(value), initial=0.0))
    return float(f"{size:.3g}") if np.isfinite(size) else None


def _plain(grad: Any) -> Any:
    return grad.plain if isinstance(grad, Node) else grad
