"""``check_training``: the common mistakes of training, found in a model and a loss.

>>> from autograd import Value, relu
>>> w, b, unused = Value(2.0, label="w"), Value(-9.0, label="b"), Value(0.0, label="unused")
>>> loss = relu(w * 3.0 + b)
>>> print(check_training([w, b, unused], loss))
warning: the loss does not reach the parameter unused
    fix: use it on the way to the loss, without detach(), .data or no_grad() in between, or drop it
note: relu out of the unit with w, b is 0 for this sample, so no gradient passes
    fix: one sample says little: look at the loss of a whole batch
>>> print(check_training([w, b], relu(w * 5.0 + b)))
nothing found
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from .formula import show
from .graph import CONSTANT, Node, order, require_nodes
from .markup import card
from .modes import reverse, seed_of
from .names import names
from .units import dead_units

Kind = Literal[
    "nothing recorded", "stale graph", "unreached parameter", "accumulated gradient", "not finite",
    "vanishing gradient", "exploding gradient", "dead relu",
]  # fmt: skip

VANISHING, EXPLODING = 1e-4, 1e4
"""The gradient of the deepest parameters in relation to that of those next to the loss, at these ratios."""
_LISTED = 4  # names in one sentence


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    kind: the mistake. severity: "warning", or "note" for what may be as it should.
    nodes: the nodes that it is about.
    text: what was found, with the names of the nodes. fix: what to do about it.
    """

    kind: Kind
    severity: Literal["warning", "note"]
    nodes: tuple[Node, ...]
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}\n    fix: {self.fix}"

    def _repr_html_(self) -> str:
        return card(f"{self.severity}: {self.text}", f"fix: {self.fix}")


class Findings(Sequence[Finding]):
    """What :func:`check_training` found, the gravest first; empty, and so false, if nothing."""

    def __init__(self, found: Iterable[Finding]) -> None:
        self._found = tuple(sorted(found, key=lambda finding: finding.severity != "warning"))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is a mistake, without the notes."""
        return tuple(finding for finding in self if finding.severity == "warning")

    def __str__(self) -> str:
        return "\n".join(map(str, self)) if self else "nothing found"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return "".join(finding._repr_html_() for finding in self) or card(str(self))


def check_training(model: Any, loss: Node) -> Findings:
    """Look for the common mistakes of training; no data and no ``.grad`` is touched.

    Looks for: a loss without a graph; a graph that is stale; parameters that the loss does not reach;
    gradients accumulated over several backward passes; gradients that are not finite, that vanish or
    explode on the way to the deepest parameters; relu units that are 0 for the whole batch. Call it
    after the forward pass, before or after ``backward()``, and before the optimiser's step.

    Parameters
    ----------
    model: what has ``parameters()``, or the parameters themselves.
    loss: the scalar that is minimised.

    Raises
    ------
    ShapeError: the loss is no scalar.

    >>> from autograd import Value
    >>> w = Value(2.0, label="w")
    >>> loss = w * w
    >>> loss.backward()
    >>> loss.backward()  # forgot w.zero_grad()
    >>> print(check_training([w], loss))
    warning: .grad of w is 2 times the gradient of this loss: backward() ran 2 times without zero_grad()
        fix: call zero_grad() before each backward(), unless gradients are meant to add up
    """
    require_nodes("check_training", loss)
    parameters = _parameters(model)
    if loss.operation is CONSTANT:
        return Findings([_nothing_recorded(loss)])
    nodes = order(loss, stale=True)
    for leaf in nodes:
        if leaf.is_leaf:
            leaf.sync()
    name = names(nodes)
    for i, (path, parameter) in enumerate(parameters):
        name.setdefault(parameter, parameter.label or path or f"parameter {i}")
    trained = [parameter for _, parameter in parameters if parameter.requires_grad]
    found = [*_unreached(trained, name, set(nodes)), *_dead(nodes, name)]
    stale = _stale(nodes, name)
    if stale is not None:
        return Findings([stale, *found])
    seed = seed_of(loss, None)
    gradients = reverse(nodes, getattr(seed, "plain", seed), trained)
    reached = [parameter for parameter in trained if parameter in gradients]
    broken = [p for p in reached if not np.all(np.isfinite(gradients[p]))]
    if broken:
        found.append(_not_finite(broken, name))
    else:
        found += _accumulated(reached, gradients, name)
        found += _by_depth(nodes, reached, gradients, name, any(f.kind == "dead relu" for f in found))
    return Findings(found)


def _parameters(model: Any) -> list[tuple[str, Node]]:
    """The parameters with their paths in the model, where it knows them."""
    if hasattr(model, "named_parameters"):
        return [(str(path), parameter) for path, parameter in model.named_parameters()]
    given = model.parameters() if hasattr(model, "parameters") else model
    parameters = [given] if isinstance(given, Node) or not isinstance(given, Iterable) else list(given)
    for parameter in parameters:
        if not isinstance(parameter, Node):
            raise TypeError(
                f"check_training takes a model with parameters(), or a list of Values or Tensors; got "
                f"{type(parameter).__name__} {parameter!r:.60}"
            )
    return [("", parameter) for parameter in parameters]


def _list(nodes: Sequence[Node], name: dict[Node, str]) -> str:
    listed = ", ".join(name[node] for node in nodes[:_LISTED])
    return listed if len(nodes) <= _LISTED else f"{listed} and {len(nodes) - _LISTED} more"


def _plural(nodes: Sequence[Node]) -> str:
    return "parameter" if len(nodes) == 1 else "parameters"


# -- the graph --------------------------------------------------------------------------------


def _nothing_recorded(loss: Node) -> Finding:
    return Finding(
        "nothing recorded",
        "warning",
        (loss,),
        f"the loss {loss.label or show(loss.plain)} has no graph: backward() cannot reach any parameter",
        "compute it from the parameters, outside of no_grad() and without detach() or .data",
    )


def _stale(nodes: Sequence[Node], name: dict[Node, str]) -> Finding | None:
    changed = [
        parent for node in nodes for parent in node.parents if parent.is_leaf and parent.number >= node.number
    ]
    if not changed:
        return None
    changed = list(dict.fromkeys(changed))
    return Finding(
        "stale graph",
        "warning",
        tuple(changed),
        f"the graph is stale: {_list(changed, name)} changed after the loss was computed",
        "compute the loss again before backward(); within a training step, look before the optimiser's step",
    )


def _unreached(trained: Sequence[Node], name: dict[Node, str], reached: set[Node]) -> Iterator[Finding]:
    missing = [parameter for parameter in trained if parameter not in reached]
    if missing:
        yield Finding(
            "unreached parameter",
            "warning",
            tuple(missing),
            f"the loss does not reach the {_plural(missing)} {_list(missing, name)}",
            "use it on the way to the loss, without detach(), .data or no_grad() in between, or drop it",
        )


# -- gradients --------------------------------------------------------------------------------


def _not_finite(broken: Sequence[Node], name: dict[Node, str]) -> Finding:
    return Finding(
        "not finite",
        "warning",
        tuple(broken),
        f"the gradient of the {_plural(broken)} {_list(broken, name)} is NaN or infinite",
        "print(blame(loss)), which names the operation that it comes from",
    )


def _accumulated(
    reached: Sequence[Node], gradients: dict[Node, Any], name: dict[Node, str]
) -> Iterator[Finding]:
    """A ``.grad`` that is neither the gradient of this loss nor a clipped one."""
    held = [(p, _numbers(p.grad), _numbers(gradients[p], p.shape)) for p in reached if p.grad is not None]
    differing = [p for p, grad, fresh in held if not _close(grad, fresh)]
    if not differing:
        return
    fresh_squared = sum(float(np.vdot(fresh, fresh)) for _, _, fresh in held)
    product = sum(float(np.vdot(grad, fresh)) for _, grad, fresh in held)
    factor = product / fresh_squared if fresh_squared else np.inf
    is_multiple = np.isfinite(factor) and all(_close(grad, factor * fresh) for _, grad, fresh in held)
    largest = max(float(np.max(np.abs(grad), initial=0.0)) for _, grad, _ in held)
    if is_multiple and 0 < factor < 1:
        return  # clipped by norm, or scaled down
    if all(_close(grad, np.clip(fresh, -largest, largest)) for _, grad, fresh in held):
        return  # clipped by value
    text = (
        f".grad of {_list(differing, name)} is not the gradient of this loss: something of earlier is in it"
    )
    if is_multiple:
        text = f".grad of {_list(differing, name)} is {factor:.6g} times the gradient of this loss"
        if abs(factor - round(factor)) < 1e-4 and factor > 1:
            text += f": backward() ran {round(factor)} times without zero_grad()"
    yield Finding(
        "accumulated gradient",
        "warning",
        tuple(differing),
        text,
        "call zero_grad() before each backward(), unless gradients are meant to add up",
    )


def _numbers(gradient: Any, shape: tuple[int, ...] | None = None) -> Any:
    array = np.asarray(getattr(gradient, "plain", gradient), float)
    return array if shape is None else np.broadcast_to(array, shape)


def _close(a: Any, b: Any) -> bool:
    scale = max(float(np.max(np.abs(b), initial=0.0)), 1e-300)
    return bool(np.all(np.abs(a - b) <= 1e-5 * scale))


def _by_depth(
    nodes: Sequence[Node],
    reached: Sequence[Node],
    gradients: dict[Node, Any],
    name: dict[Node, str],
    is_dead: bool,
) -> Iterator[Finding]:
    """The gradient of the parameters farthest from the loss against that of the nearest."""
    steps_to_loss = {nodes[-1]: 0}
    for node in reversed(nodes):
        for parent in node.parents:
            steps_to_loss[parent] = max(steps_to_loss.get(parent, 0), steps_to_loss[node] + 1)
    groups: dict[int, list[Node]] = {}
    for parameter in reached:
        groups.setdefault(steps_to_loss[parameter], []).append(parameter)
    if len(groups) < 2:
        return
    near, far = groups[min(groups)], groups[max(groups)]
    near_size, far_size = (_root_mean_square([gradients[p] for p in group]) for group in (near, far))
    if not near_size or (is_dead and not far_size):
        return  # there is nothing to compare with, or another finding says why nothing arrives
    ratio = far_size / near_size
    sizes = (
        f"from {near_size:.3g} at {_list(near, name)}, next to the loss, to {far_size:.3g} at "
        f"{_list(far, name)}, {max(groups)} operations away"
    )
    if ratio < VANISHING:
        yield Finding(
            "vanishing gradient", "warning", tuple(far), f"gradients vanish {sizes}",
            "use relu-like activations instead of saturating ones, a larger initialisation, normalisation "
            "layers, or shortcuts around layers",
        )  # fmt: skip
    elif ratio > EXPLODING:
        yield Finding(
            "exploding gradient", "warning", tuple(far), f"gradients explode {sizes}",
            "use a smaller initialisation, normalisation layers, or clip the norm of the gradients",
        )  # fmt: skip


def _root_mean_square(gradients: Sequence[Any]) -> float:
    flat = np.concatenate([np.ravel(_numbers(gradient)) for gradient in gradients])
    return float(np.sqrt(np.mean(np.square(flat)))) if flat.size else 0.0


# -- relu -------------------------------------------------------------------------------------


def _dead(nodes: Sequence[Node], name: dict[Node, str]) -> Iterator[Finding]:
    for unit in dead_units(nodes):
        who = f"relu {name[unit.nodes[0]]}"
        if unit.parameters:
            who += f" of the unit with {_list(unit.parameters, name)}"
        if unit.total > 1:
            shown = ", ".join(map(str, unit.dead[:_LISTED])) + (", …" if len(unit.dead) > _LISTED else "")
            who = f"{len(unit.dead)} of {unit.total} units of {who} (number {shown})"
        verb = "are" if len(unit.dead) > 1 else "is"
        if unit.samples == 1:
            yield Finding(
                "dead relu", "note", unit.nodes,
                f"{who} {verb} 0 for this sample, so no gradient passes",
                "one sample says little: look at the loss of a whole batch",
            )  # fmt: skip
            continue
        # A few dead units are common in networks that learn well; many are not.
        yield Finding(
            "dead relu", "warning" if unit.share >= 0.5 else "note", unit.nodes,
            f"{who} {verb} 0 for all {unit.samples} samples, so no gradient passes",
            "lower the learning rate, start with smaller weights or positive biases, or use leaky_relu",
        )  # fmt: skip
