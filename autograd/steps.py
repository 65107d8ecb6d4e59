"""The backward pass as objects: one step an edge, in the order and the arithmetic of ``backward()``.

>>> from autograd import Value
>>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
>>> walk = steps(x * y + x)
>>> print(walk)
out.grad = 1, the seed
v1.grad += d(out)/dv1 · out.grad : 0 + (1 × 1) = 1  [complete]
x.grad += d(out)/dx · out.grad : 0 + (1 × 1) = 1  [1 of 2]
x.grad += d(v1)/dx · v1.grad : 1 + (-3 × 1) = -2  [complete]
y.grad += d(v1)/dy · v1.grad : 0 + (2 × 1) = 2  [complete]
>>> walk[2].formula.text, walk[2].numbers, walk[2].local
('y', '-3', -3.0)
>>> x.grad is None  # looking changes nothing
True
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np

from . import latex
from .array_ops import shape_of
from .formula import Formula, show
from .graph import CONSTANT, Node, require_nodes
from .modes import contributions, fit, own, recorded, seed_of
from .operation import TABLE, Operation
from .recording import Recording, jsonable

Kind = Literal["seed", "edge", "sum"]


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One step of the backward pass: what one node passes on to one of its arguments.

    Attributes
    ----------
    kind: "edge"; "sum" for what broadcasting adds to the edge before it; "seed" for the start.
    index: the place in the sequence of steps; -1 for the seed.
    node: the node that passes its gradient on.
    parent: the node whose gradient grows.
    position: which argument of ``node`` the parent is.
    incoming: the gradient of ``node``.
    contribution: what is passed on. On an edge into an argument that was broadcast it has the
        shape of the result, and the "sum" step after it adds it up and adds it to the gradient.
    before, after: the gradient of ``parent``; 0.0 before anything has arrived.
    arrived, total: how many contributions have arrived, of how many.
    axes: of a "sum", the axes that it sums over.
    """

    kind: Kind
    index: int
    node: Node
    parent: Node
    position: int
    incoming: Any
    contribution: Any
    before: Any
    after: Any
    arrived: int
    total: int
    recording: Recording = field(repr=False)
    axes: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the parent's gradient has all its contributions."""
        return self.arrived == self.total

    @property
    def op(self) -> str:
        """The operation whose rule this is."""
        return self.node.op

    @property
    def name(self) -> str:
        """The name of the node that passes its gradient on."""
        return self.recording.names[self.node]

    @property
    def parent_name(self) -> str:
        """The name of the node whose gradient grows."""
        return self.recording.names[self.parent]

    @cached_property
    def formula(self) -> Formula | None:
        """The local derivative in symbols; of an operation that has none, its whole rule.

        A matrix product has no local derivative that fits on a line; its rule says what becomes of
        the gradient of the result. None where the argument has no derivative at all.
        """
        return self._read(plugged=False)

    @cached_property
    def numbers(self) -> str:
        """The formula with numbers plugged in for the names; empty where there is none."""
        formula = self._read(plugged=True)
        return "" if formula is None else formula.text

    def _read(self, plugged: bool) -> Formula | None:
        if self.kind != "edge":
            return None
        graph = self.recording
        if self._is_rule_of_numbers:
            # A rule of the user's own may still take nothing but numbers.
            with np.errstate(all="ignore"), contextlib.suppress(Exception):
                return graph.readings(self.node, self.incoming, plugged).get(self.position)
        # What cannot be read has a name and a value.
        value = contributions(self.node, 1.0, [self.position])[0][1] if self.is_product else self.contribution
        inputs = [graph.plugged(parent) if plugged else graph.named(parent) for parent in self.node.parents]
        made = latex.apply(f"{self.op}'", [part.typeset for part in inputs])
        return Formula(f"{self.op}'({', '.join(part.text for part in inputs)})", value, typeset=made)

    @cached_property
    def local(self) -> Any:
        """``∂node/∂parent`` as a number, or an array of them; None where it is no number an element."""
        if self.formula is None or not self.is_product:
            return None
        value = self.formula.plain
        return float(value) if np.ndim(value) == 0 else value

    @property
    def is_product(self) -> bool:
        """Whether the contribution is a local derivative times the incoming gradient, each element."""
        if self.kind != "edge" or not self._is_rule_of_numbers:
            return False
        return bool(self._operation.slopes) or not any(n.shape for n in (self.node, *self.node.parents))

    @property
    def _is_rule_of_numbers(self) -> bool:
        """Whether the rule computes and does nothing else: one of the book's, or made by custom_op.

        Hooks are rules that show gradients to a user's function, which must not see a formula.
        """
        operation = self._operation
        return operation.joint is not None or TABLE.get(operation.name) is operation

    @property
    def _operation(self) -> Operation:
        operation = self.node.operation
        assert operation is not None
        return operation

    @property
    def is_summed(self) -> bool:
        """Whether a "sum" step follows, because the argument was broadcast."""
        return self.kind == "edge" and shape_of(self.contribution) != self.parent.shape

    @property
    def symbol(self) -> str:
        """What is passed on, in symbols: a derivative times a gradient, or a rule."""
        if self.kind == "sum":
            return f"sum over {_axes(self.axes)}, along which {self.parent_name} was broadcast"
        if self.formula is None:
            return f"nothing, {self.op} has no derivative for argument {self.position + 1}"
        if not self.is_product:
            return self.formula.text
        # With `a * a`, only the position tells the two edges apart.
        twice = sum(parent is self.parent for parent in self.node.parents) > 1
        which = f"[argument {self.position + 1}]" if twice else ""
        return f"d({self.name})/d{self.parent_name}{which} · {self.name}.grad"

    def __str__(self) -> str:
        if self.kind == "seed":
            return f"{self.name}.grad = {show(self.after)}, the seed"
        if self.is_product and self.formula is not None:
            amount = f"({show(self.local)} × {show(self.incoming)})"
        else:
            amount = show(self.contribution)
        if self.is_summed:
            return f"for {self.parent_name}.grad: {self.symbol} : {amount} = {show(self.contribution)}"
        text = (
            f"{self.parent_name}.grad += {self.symbol} : {show(self.before)} + {amount} = {show(self.after)}"
        )
        if self.local is not None and not np.all(np.isfinite(self.local)) and not np.any(self.incoming):
            text += " (a gradient of 0 passes nothing on, not even through a pole)"
        return text

    def __repr__(self) -> str:
        return f"<Step {self.index}: {self}>"

    def to_dict(self, limit: int = 100) -> dict[str, Any]:
        """What JSON can hold: names, ids (places in the graph), numbers and texts.

        Parameters
        ----------
        limit: of arrays with more elements only shape, dtype, smallest and largest are told.
        """
        formula = self.formula
        return {
            "kind": self.kind,
            "index": self.index,
            "op": self.op,
            "node": self.recording.ids[self.node],
            "parent": self.recording.ids[self.parent],
            "name": self.name,
            "parent_name": self.parent_name,
            "position": self.position,
            "incoming": jsonable(self.incoming, limit),
            "local": jsonable(self.local, limit),
            "formula": None if formula is None else formula.text,
            "latex": None if formula is None else formula.latex,
            "numbers": self.numbers,
            "contribution": jsonable(self.contribution, limit),
            "before": jsonable(self.before, limit),
            "after": jsonable(self.after, limit),
            "axes": list(self.axes),
            "arrived": self.arrived,
            "total": self.total,
            "complete": self.complete,
            "text": str(self),
        }


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


class Steps(Sequence[Step]):
    """The steps of one backward pass, first to last; what :func:`steps` returns.

    Attributes
    ----------
    seed: the step that gives the root its gradient.
    gradients: the gradient of every node that has one, as ``backward()`` computes it.
    recording: the graph: its nodes in order, their names and data.
    """

    def __init__(self, seed: Step, found: list[Step], gradients: dict[Node, Any]) -> None:
        self.seed = seed
        self.gradients = gradients
        self.recording = seed.recording
        self._steps = tuple(found)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def into(self, node: Node) -> tuple[Step, ...]:
        """The steps that add to the gradient of one node."""
        return tuple(step for step in self._steps if step.parent is node and not step.is_summed)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield str(self.seed)
        for step in self._steps:
            progress = "complete" if step.complete else f"{step.arrived} of {step.total}"
            yield str(step) if step.is_summed else f"{step}  [{progress}]"

    def __repr__(self) -> str:
        return f"<Steps: {len(self)} from {self.seed.name}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def to_dict(self, limit: int = 100) -> dict[str, Any]:
        """The whole pass as JSON can hold it: nodes, seed and steps."""
        graph = self.recording
        nodes = [
            {
                "id": place,
                "name": graph.names[node],
                "label": node.label,
                "op": node.op,
                "parents": [graph.ids[parent] for parent in node.parents],
                "constant": node.operation is CONSTANT,
                "data": jsonable(graph.data[node], limit),
                "grad": jsonable(self.gradients.get(node), limit),
            }
            for node, place in graph.ids.items()
        ]
        walk = [step.to_dict(limit) for step in self._steps]
        return {"nodes": nodes, "seed": self.seed.to_dict(limit), "steps": walk}


def steps(loss: Node, seed: Any = None) -> Steps:
    """The backward pass from ``loss`` as a sequence of steps, one an edge. No ``.grad`` is touched.

    Edges into constants, which have no gradient, have no step. The rules run as in any backward pass,
    so hooks on gradients see it.

    Parameters
    ----------
    loss: the node to start from.
    seed: its gradient, of its shape; 1 when it is a scalar.

    Raises
    ------
    GraphError, StaleGraphError, ShapeError: as ``backward()`` does.

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    >>> b = Tensor(0.5, requires_grad=True, label="b")
    >>> for step in steps((w + b).sum())[1:]:
    ...     print(step)
    w.grad += d(v1)/dw · v1.grad : 0 + (1 × [1., 1.]) = [1., 1.]
    for b.grad: d(v1)/db · v1.grad : (1 × [1., 1.]) = [1., 1.]
    b.grad += sum over axis 0, along which b was broadcast : 0 + 2 = 2
    """
    require_nodes("steps", loss)
    nodes = recorded(loss)
    graph = Recording.of(nodes)
    start = seed_of(loss, seed)
    start = getattr(start, "plain", start)
    gradients: dict[Node, Any] = {node: 0.0 for node in nodes if node.operation is not CONSTANT}
    gradients[loss] = start
    total = dict.fromkeys(gradients, 0)
    for node in nodes:
        for parent in node.parents:
            if parent in total:
                total[parent] += 1
    arrived = dict.fromkeys(gradients, 0)
    first = Step("seed", -1, loss, loss, 0, None, start, 0.0, start, 1, 1, graph)
    found: list[Step] = []
    with np.errstate(all="ignore"):
        for node in reversed(nodes):
            if node.parents and node in gradients:
                _pass_on(node, gradients, arrived, total, graph, found)
    return Steps(first, found, {node: own(node, gradient) for node, gradient in gradients.items()})


def _pass_on(
    node: Node,
    gradients: dict[Node, Any],
    arrived: dict[Node, int],
    total: dict[Node, int],
    graph: Recording,
    found: list[Step],
) -> None:
    """The steps of one node, whose gradient is complete."""
    g = gradients[node]
    wanted = [position for position, parent in enumerate(node.parents) if parent in gradients]
    nothing = type(g) is float and not g  # a gradient of zero is not passed on, see `reverse`
    passed_on = {} if nothing else dict(contributions(node, g, wanted))

    def add(kind: Kind, position: int, amount: Any, after: Any, axes: tuple[int, ...] = ()) -> None:
        parent = node.parents[position]
        found.append(
            Step(kind, len(found), node, parent, position, g, amount, gradients[parent], after,
                 arrived[parent], total[parent], graph, axes)
        )  # fmt: skip

    for position in wanted:
        parent = node.parents[position]
        before = gradients[parent]
        raw = passed_on.get(position, 0.0)
        given, shape = shape_of(raw), parent.shape
        fitted = fit(raw, node, position, as_nodes=False) if position in passed_on else before * 0.0
        if position in passed_on and given != shape:
            add("edge", position, raw, before)
        arrived[parent] += 1
        if position not in passed_on:
            add("edge", position, 0.0, before)
            continue
        first = type(before) is float and before == 0.0 and type(fitted) is not float
        after = fitted if first else before + fitted
        if given == shape:
            add("edge", position, fitted, after)
        else:
            add("sum", position, fitted, after, _summed(given, shape))
        gradients[parent] = after


def _summed(full: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes along which an input of the second shape was broadcast to the first."""
    extra = len(full) - len(shape)
    return (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and full[i + extra] != 1))
