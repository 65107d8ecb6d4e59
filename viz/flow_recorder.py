"""``FlowRecorder``: how gradients, updates and dead units of a training develop, layer by layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.graph import Node, order
from viz.gradient_flow import dead_units, rectifiers
from viz.parameters import named_parameters

_MOST_LAYERS = 12
_DECIMALS = 3


class FlowRecorder:
    """Records, layer by layer, what becomes of gradients and weights during a training.

    Call :meth:`observe` after each ``backward()``, before the optimiser's step, and give the
    recorder to :func:`viz.flow`.

    Parameters
    ----------
    parameters: a model with ``named_parameters()`` or ``parameters()``, or the parameters: a dict
        by name, pairs of a name and a parameter, or parameters with labels. A layer is what stands
        before the last dot of a name; of more than twelve layers, fewer dots count.

    >>> from autograd import Value
    >>> w, x = Value(2.0, label="first.w"), 3.0
    >>> recorder = FlowRecorder([w])
    >>> for _ in range(3):
    ...     w.zero_grad()
    ...     loss = (w * x - 1.0) ** 2
    ...     loss.backward()
    ...     recorder.observe(loss)
    ...     w.data -= 0.01 * w.grad
    >>> recorder.layers
    ['first']
    >>> [round(norm, 1) for norm in recorder.gradients["first"]]
    [30.0, 24.6, 20.2]
    >>> [round(ratio, 2) for ratio in recorder.updates["first"]]
    [0.15, 0.14]
    """

    def __init__(self, parameters: Any) -> None:
        named = named_parameters(parameters, "FlowRecorder")
        names = _layer_names([name for name, _ in named])
        self._members: dict[str, list[Node]] = {}
        for layer, (_, parameter) in zip(names, named, strict=True):
            self._members.setdefault(layer, []).append(parameter)
        self.layers = list(self._members)
        self.steps = 0
        self.gradients: dict[str, list[float]] = {layer: [] for layer in self.layers}
        self.weights: dict[str, list[float]] = {layer: [] for layer in self.layers}
        self.updates: dict[str, list[float]] = {layer: [] for layer in self.layers}
        self.dead: dict[str, list[float]] = {}
        self.losses: list[float] = []
        self._before: dict[str, np.ndarray[Any, Any]] = {}

    def observe(self, loss: Node | None = None) -> None:
        """Take down one step: the norms of gradients and weights, and what the last update changed.

        Parameters
        ----------
        loss: the end of the graph, from which the dead units are read; None to leave them out.
        """
        with np.errstate(all="ignore"):
            for layer, members in self._members.items():
                now = _flat([parameter.plain for parameter in members])
                self.gradients[layer].append(_norm(_flat([_gradient(parameter) for parameter in members])))
                self.weights[layer].append(_norm(now))
                if layer in self._before:
                    change = _norm(now - self._before[layer])
                    self.updates[layer].append(change / (_norm(self._before[layer]) or math.nan))
                self._before[layer] = now
        if loss is not None:
            self._observe_units(loss)
            self.losses.append(float(np.mean(loss.plain)))
        self.steps += 1

    def _observe_units(self, loss: Node) -> None:
        # A neuron of numbers computes one number for each sample: it is dead if all of them are zero.
        alive: dict[str, dict[str, bool]] = {}
        counts: dict[str, tuple[int, int]] = {}
        for place, (name, node) in enumerate(rectifiers(order(loss, stale=True))):
            if node.shape:
                dead, units = dead_units(node.plain)
                known = counts.get(name, (0, 0))
                counts[name] = (known[0] + dead, known[1] + units)
            else:
                layer, _, unit = name.rpartition(".")
                seen = alive.setdefault(layer or name, {})
                unit = unit if layer else str(place)
                seen[unit] = seen.get(unit, False) or node.plain > 0
        for layer, units_alive in alive.items():
            counts[layer] = (sum(not each for each in units_alive.values()), len(units_alive))
        for layer in {**self.dead, **counts}:
            dead, units = counts.get(layer, (0, 0))
            column = self.dead.setdefault(layer, [math.nan] * self.steps)
            column.append(dead / units if units else math.nan)

    def table(self) -> list[dict[str, Any]]:
        """One row a layer: the first and the last gradient norm, the middle update ratio, dead units.

        The middle is the median over the steps; the dead units are those of the last step, and
        belong to rows of their own where the rectifiers are modules of their own.
        """
        rows: list[dict[str, Any]] = []
        for layer in dict.fromkeys([*self.layers, *self.dead]):
            gradients, updates = self.gradients.get(layer, []), self.updates.get(layer, [])
            dead = self.dead.get(layer, [])
            rows.append(
                {
                    "layer": layer,
                    "first gradient": gradients[0] if gradients else None,
                    "last gradient": gradients[-1] if gradients else None,
                    "update / weight": float(np.median(updates)) if updates else None,
                    "dead": dead[-1] if dead else None,
                }
            )
        return rows


def _layer_names(names: list[str]) -> list[str]:
    """The layer of each parameter: its path, or so little of it that the layers are not too many."""
    paths = [name.split(".")[:-1] or name.split(".") for name in names]
    for depth in range(max(map(len, paths)), 0, -1):
        found = [".".join(path[:depth]) for path in paths]
        if len(set(found)) <= _MOST_LAYERS:
            return found
    return found


def _gradient(parameter: Node) -> Any:
    grad = parameter.grad
    if grad is None:
        return np.zeros(parameter.shape)
    return grad.plain if isinstance(grad, Node) else grad


def _flat(arrays: list[Any]) -> np.ndarray[Any, Any]:
    return np.concatenate([np.asarray(array, dtype=float).ravel() for array in arrays])


def _norm(array: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(np.square(array).sum()))
