"""The forward pass as objects: one step for each node that was computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .formula import Formula, show
from .graph import Node, order
from .recording import Recording, jsonable


@dataclass(frozen=True, eq=False, repr=False)
class ForwardStep:
    """One step of the forward pass: one node computed from its parents.

    Attributes
    ----------
    index: the place in the sequence of steps.
    node: the node that was computed. value: its data.
    """

    index: int
    node: Node
    value: Any
    recording: Recording = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the node."""
        return self.recording.names[self.node]

    @cached_property
    def formula(self) -> Formula:
        """The operation in symbols."""
        return self.recording.made(self.node)

    @cached_property
    def numbers(self) -> str:
        """The operation with numbers plugged in."""
        return self.recording.made(self.node, plugged=True).text

    def __str__(self) -> str:
        return f"{self.name} = {self.formula.text} = {self.numbers} = {show(self.value)}"

    def __repr__(self) -> str:
        return f"<ForwardStep {self.index}: {self}>"

    def to_dict(self, limit: int = 100) -> dict[str, Any]:
        """What JSON can hold: names, ids (places in the graph), numbers and texts."""
        graph = self.recording
        return {
            "index": self.index,
            "op": self.node.op,
            "node": graph.ids[self.node],
            "name": self.name,
            "parents": [graph.ids[parent] for parent in self.node.parents],
            "formula": self.formula.text,
            "latex": self.formula.latex,
            "numbers": self.numbers,
            "value": jsonable(self.value, limit),
            "text": str(self),
        }


def forward_steps(loss: Node) -> tuple[ForwardStep, ...]:
    """The forward pass that led to ``loss``: one step for each computed node, in order.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> for step in forward_steps((x * x - 1.0).tanh()):
    ...     print(step)
    v1 = x * x = 2 * 2 = 4
    v2 = v1 - 1 = 4 - 1 = 3
    out = tanh(v2) = tanh(3) = 0.995055
    """
    nodes = order(loss)
    graph = Recording.of(nodes)
    computed = [node for node in nodes if node.parents]
    return tuple(ForwardStep(i, node, graph.data[node], graph) for i, node in enumerate(computed))
