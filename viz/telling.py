"""How steps are told: as moments, in symbols and in numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.forward_steps import ForwardStep
from autograd.graph import Node
from autograd.recording import Recording
from autograd.steps import Step, Steps
from viz.moment import Moment, Phase, Slot
from viz.replay import replayed
from viz.stepper_shown import Gauge, exact
from viz.text import shortened
from viz.update import updated

_LONGEST_FORMULA = 120
_NEGATIVE = re.compile(r"^-|(?<![\w.)\]\-])-(?=[\d.])")
"""The sign of a negative number, which is neither an operator nor part of a name or an exponent."""


class Teller:
    """Tells steps as moments.

    ``earlier`` has the gradients that leaves had before the pass, which it adds to.
    """

    def __init__(
        self,
        walk: Steps,
        gauge: Gauge,
        names: Sequence[str],
        edges: Mapping[tuple[int, int], int],
        earlier: Mapping[Node, Any],
    ) -> None:
        self.walk, self.gauge, self.names, self.edges = walk, gauge, names, edges
        self.earlier = earlier
        self.ids = walk.recording.ids

    def forward(
        self, graph: Recording, phase: Phase, only: Collection[Node] | None = None
    ) -> Iterator[Moment]:
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
                facts={}
                if phase == "forward" and not step.node.shape
                else {"after": self._exact(step.value)},
            )

    def seed(self) -> Moment:
        """The gradient that the pass starts from."""
        step = self.walk.seed
        place = self.ids[step.node]
        name, value = self.names[place], exact(step.after)
        why = (
            "the derivative of {} with respect to itself"
            if np.all(step.after == 1.0)
            else "the seed that was given"
        )
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
        }
        formula = "" if step.formula is None else readable(step.formula.text)
        if step.is_product and step.formula is not None:
            twice = sum(other is step.parent for other in step.node.parents) > 1
            if twice:
                facts["which"] = f"argument {step.position + 1}"
            facts["local"] = self._exact(step.local)
            plugged = readable(step.numbers)
            if not _is_number(formula):
                facts["formula"] = (
                    [formula] if plugged in (formula, facts["local"][0]) else [formula, plugged]
                )
            which = f" [{facts['which']}]" if twice else ""
            what = f"∂{self.names[node]}/∂{self.names[parent]}{which} · {incoming}"
            amount = f"({exact(step.local)} × {exact(step.incoming)})"
            if not np.all(np.isfinite(step.local)) and not np.any(step.incoming):
                facts["note"] = "A gradient of 0 passes nothing on, not even through a pole."
        else:
            what = formula or readable(step.symbol)
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
        for node, earlier in self.earlier.items():
            yield self._added("kept", node, earlier, gradients[node])
        for node in leaves if twice else ():
            yield self._added("again", node, final[node], gradients[node])

    def _final(self) -> dict[Node, Any]:
        """What backward() leaves in each leaf."""
        return {
            node: self.earlier[node] + gradient if node in self.earlier else gradient
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
            facts=self._sum(earlier, gradient, after),
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
            yield Moment(
                "update", symbols, numbers, place, {f"d{place}": self.gauge.data(data)}, parent=place,
                size=_magnitude(final[node]), facts=self._sum(before, final[node], data),
            )  # fmt: skip
        with np.errstate(all="ignore"):
            after = replayed(graph.nodes, moved)
        loss = graph.nodes[-1]
        for moment in self.forward(replace(graph, data={**graph.data, **after}), "next", set(after)):
            facts = {}
            if moment.node == self.ids[loss]:
                before = graph.data[loss]
                facts = {"was": self._exact(before), "change": exact(after[loss] - before)}
            yield replace(moment, facts={**moment.facts, **facts})

    def _sum(self, before: Any, amount: Any, after: Any) -> dict[str, list[Any]]:
        return {"before": self._exact(before), "amount": self._exact(amount), "after": self._exact(after)}

    def _exact(self, value: Any) -> list[Any]:
        """A value for the explanation: its text, and the place of its thumbnail."""
        image = self.gauge.image(value)
        return [exact(value)] if image is None else [exact(value), image]


def _spelled(step: ForwardStep) -> tuple[str, str]:
    """The operation with names and with numbers."""
    return readable(step.formula.text), readable(step.numbers)


def readable(text: str) -> str:
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
