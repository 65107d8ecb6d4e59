"""Problems made from problems: the gradient of a function (for order 2), and a random projection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..graph import Node, order
from ..modes import forward, reverse
from .graph import GraphProblem, like
from .numeric import power_of_two
from .problem import Array, Part, Problem, units


class GradientProblem(GraphProblem):
    """The Jacobian of a function as a function of its own: its derivative is the second one.

    The function itself is the first derivative in reverse mode; the claims are reverse over
    reverse and forward over reverse.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], modes: tuple[str, ...]) -> None:
        super().__init__(function, inputs, modes)
        self.name = f"the derivative of {self.name}"
        self.pairs: list[tuple[Part, Part]] = []

    def value(self, x: Array) -> Array:
        """See :meth:`Problem.value`; one block an output and input."""
        if not self.pairs:
            self.first = super().value(x)
            self.results = list(self.outputs)
        self.outputs = self.results
        jacobian = super().pull(x, units(sum(part.size for part in self.results)))
        if x.dtype.kind == "c":
            self.put(self.point)
        self.pairs = [(result, part) for result in self.results for part in self.inputs]
        self.outputs, start = [], 0
        for result, part in self.pairs:
            self.outputs.append(Part(f"d {result.name} / d {part.name}", (*result.shape, *part.shape), start))
            start += result.size * part.size
        if x.dtype.kind == "f":
            largest = {
                part.name: np.max(np.abs(self.first[part.place]), initial=0.0) for part in self.results
            }
            self.background = np.repeat(
                [largest[result.name] for result, _ in self.pairs], [part.size for part in self.outputs]
            )
        return np.concatenate([jacobian[result.place, part.place].ravel() for result, part in self.pairs])

    def values(self, points: Array) -> Array:
        """See :meth:`Problem.values`."""
        return Problem.values(self, points)

    def weights(self, cotangent: Array) -> Array:
        """A cotangent of the blocks as one weight for each element of the Jacobian."""
        weights = np.zeros((sum(part.size for part in self.results), len(self.point)))
        for (result, part), block in zip(self.pairs, self.outputs, strict=True):
            weights[result.place, part.place] = cotangent[block.place].reshape(result.size, part.size)
        return weights

    def gradients(self, x: Array) -> list[dict[Node, Any]]:
        """For each output element the gradients as nodes, by leaf."""
        found: list[dict[Node, Any]] = []
        for result, part in zip(self.run(x), self.results, strict=True):
            nodes = order(result) if isinstance(result, Node) else []
            for unit in units(part.size):
                found.append(reverse(nodes, like(result, unit), self.moved, as_nodes=True) if nodes else {})
        return found

    def pull(self, x: Array, cotangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.pull`."""
        gradients = self.gradients(x)
        rows = []
        for cotangent in cotangents:
            row = np.zeros(len(self.point))
            for by_leaf, weights in zip(gradients, self.weights(cotangent), strict=True):
                for leaf, part in zip(self.moved, self.inputs, strict=True):
                    gradient, weight = by_leaf.get(leaf), weights[part.place]
                    if isinstance(gradient, Node) and weight.any():
                        self.collect(row, reverse(order(gradient), like(gradient, weight), self.moved))
            rows.append(row)
        return np.stack(rows)

    def push(self, x: Array, tangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.push`."""
        gradients = self.gradients(x)
        columns = []
        for tangent in tangents:
            moving = {
                leaf: like(leaf, tangent[part.place])
                for leaf, part in zip(self.moved, self.inputs, strict=True)
            }
            jacobian = np.zeros((len(gradients), len(self.point)))
            for row, by_leaf in zip(jacobian, gradients, strict=True):
                for leaf, part in zip(self.moved, self.inputs, strict=True):
                    gradient = by_leaf.get(leaf)
                    change = forward(gradient, moving) if isinstance(gradient, Node) else None
                    if change is not None:
                        row[part.place] = np.broadcast_to(change, part.shape).ravel()
            columns.append(np.concatenate([jacobian[r.place, p.place].ravel() for r, p in self.pairs]))
        return np.stack(columns, axis=1)


class Projection(Problem):
    """A few random directions of the inputs and weightings of the outputs, instead of every element.

    Parameters
    ----------
    full: the problem; its outputs are known.
    count: how many directions, and how many weightings.
    seed: of the random numbers.
    """

    elements = "random combinations of elements"

    def __init__(self, full: Problem, count: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.full, self.name, self.modes = full, full.name, full.modes
        n, m = len(full.point), full.count()
        sizes = np.array([power_of_two(float(x)) for x in full.point])
        self.directions = random.normal(size=(n, min(count, n))) * sizes[:, None]
        self.weightings = random.normal(size=(min(count, m), m))
        if isinstance(full.background, np.ndarray):
            self.background = np.abs(self.weightings) @ full.background
        self.inputs = [Part("direction", (min(count, n),), 0)]
        self.outputs = [Part("weighting", (min(count, m),), 0)]
        self.point = np.zeros(min(count, n))
        checked = min(count, n) * min(count, m)
        self.notes = [
            *full.notes,
            f"fast mode checked {checked} random combinations of the {m * n} elements ({n} inputs, {m} "
            "outputs), not the elements themselves: a mistake that is small in all combinations passes, and "
            "none is located or diagnosed",
        ]

    def place(self, t: Array) -> Array:
        """The point that the directions lead to."""
        place: Array = self.full.point + self.directions @ t
        return place

    def value(self, t: Array) -> Array:
        """See :meth:`Problem.value`."""
        value: Array = self.weightings @ self.full.value(self.place(t))
        return value

    def touched(self) -> str | None:
        """See :meth:`Problem.touched`."""
        return self.full.touched()

    def pull(self, t: Array, cotangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.pull`."""
        pulled = self.full.pull(self.place(t), [cotangent @ self.weightings for cotangent in cotangents])
        product: Array = pulled @ self.directions
        return product

    def push(self, t: Array, tangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.push`."""
        pushed = self.full.push(self.place(t), [self.directions @ tangent for tangent in tangents])
        product: Array = self.weightings @ pushed
        return product
