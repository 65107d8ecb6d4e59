"""Random expressions: every way to walk a graph of scalars gives the same gradients.

The walk that is spelled out for scalars is compared with the general one to the last bit, both with
a sum over all paths from the root to a leaf, with forward mode, and with the walk over nodes and
over arrays of no dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd import Tensor, Value, order
from autograd.grad_mode import mode
from autograd.graph import Node
from autograd.modes import forward, reverse
from autograd.operation import TABLE, Operation

ROWS = [row for row in TABLE.values() if row.kind == "elementwise"] + [TABLE["affine"], TABLE["identity"]]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.25, 1e-3, 40.0, 1e300]
LEAVES = 3


@dataclass(frozen=True)
class Expression:
    """Numbers for the leaves, then operations on what is already there."""

    numbers: list[float]
    steps: list[tuple[Operation, list[int]]]

    def build(self, make: Callable[[float], Any]) -> list[Any]:
        """All nodes, the leaves first and the root last."""
        nodes = [make(number) for number in self.numbers]
        for row, places in self.steps:
            nodes.append(row(*[nodes[place] for place in places]))
        return nodes


@st.composite
def expressions(draw: Any, smooth: bool = False) -> Expression:
    """An expression; a smooth one has inputs and operations of moderate size only."""
    plain = [
        TABLE[name] for name in ("add", "sub", "mul", "sin", "tanh", "affine", "atan", "where", "square")
    ]
    rows = st.sampled_from(plain if smooth else ROWS)
    numbers = st.floats(-1.5, 1.5) if smooth else st.sampled_from(NUMBERS) | st.floats(-3, 3)
    leaves = [draw(numbers) for _ in range(LEAVES)]
    steps = []
    for size in range(LEAVES, LEAVES + draw(st.integers(1, 8))):
        row = draw(rows)
        count = len(row.rules) or draw(st.sampled_from([3, 5]))
        # Recent nodes are likelier, so that the graph is deep and the root depends on most of it.
        places = [max(draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))) for _ in range(count)]
        steps.append((row, places))
    return Expression(leaves, steps)


class Patient:
    """A watch that accepts everything: where there is one, the general walk is taken."""

    def after_forward(self, *arguments: Any) -> None:
        pass

    def after_backward(self, *arguments: Any) -> None:
        pass

    def check_root(self, *arguments: Any) -> None:
        pass


def gradients(nodes: list[Node]) -> list[Any]:
    nodes[-1].backward()
    return [node.grad for node in nodes]


def names(expression: Expression) -> str:
    return ", ".join(f"{row.name}{places}" for row, places in expression.steps)


@given(expressions())
@example(Expression([0.0, 1.0, 1.0], [(TABLE["log"], [0]), (TABLE["div"], [3, 0]), (TABLE["mul"], [4, 0])]))
@example(
    Expression([0.0, 0.0, 1.0], [(TABLE["power"], [0, 1]), (TABLE["rsqrt"], [0]), (TABLE["mul"], [3, 4])])
)
def test_the_spelled_out_walk_equals_the_general_one(expression: Expression) -> None:
    spelled_out = gradients(expression.build(Value))
    nodes = expression.build(Value)
    with mode(watch=Patient()):
        general = gradients(nodes)
    assert [type(g) for g in spelled_out] == [type(g) for g in general]
    np.testing.assert_array_equal(
        np.array(spelled_out, dtype=float), np.array(general, dtype=float), err_msg=names(expression)
    )


@given(expressions())
def test_the_walk_over_nodes_has_the_same_numbers(expression: Expression) -> None:
    nodes = expression.build(Value)
    root = nodes[-1]
    numbers = reverse(order(root), 1.0)
    with mode(recording=True):
        as_nodes = reverse(order(root), 1.0, as_nodes=True)
    assert numbers.keys() == as_nodes.keys()
    for node, number in numbers.items():
        found = as_nodes[node]
        np.testing.assert_allclose(
            getattr(found, "plain", found), number, rtol=1e-14, atol=0, err_msg=names(expression)
        )


@given(expressions(smooth=True))
def test_tensors_of_no_dimensions_have_the_same_numbers(expression: Expression) -> None:
    of_values = gradients(expression.build(Value))[:LEAVES]
    of_tensors = gradients(expression.build(lambda x: Tensor(x, requires_grad=True)))[:LEAVES]
    for a, b in zip(of_values, of_tensors, strict=True):
        assert (0.0 if b is None else b) == pytest.approx(0.0 if a is None else a, rel=1e-12, abs=1e-13)


def sum_over_paths(root: Node, leaf: Node) -> tuple[float, float]:
    """Every path from the root to a leaf, its derivatives multiplied; and the sum of the magnitudes."""
    total, size = 0.0, 0.0
    paths = [(root, 1.0)]
    while paths:
        node, product = paths.pop()
        if node is leaf:
            total, size = total + product, size + abs(product)
        data = [parent.plain for parent in node.parents]
        for position, parent in enumerate(node.parents):
            paths.append((parent, product * slope(node, position, data)))
    return total, size


def slope(node: Node, position: int, data: list[float]) -> float:
    """A local derivative, known without the rule book."""
    half = len(data) // 2
    known: dict[str, Callable[[], list[float]]] = {
        "add": lambda: [1.0, 1.0],
        "sub": lambda: [1.0, -1.0],
        "mul": lambda: [data[1], data[0]],
        "sin": lambda: [math.cos(data[0])],
        "tanh": lambda: [1 / math.cosh(data[0]) ** 2],
        "atan": lambda: [1 / (1 + data[0] ** 2)],
        "square": lambda: [2 * data[0]],
        "where": lambda: [0.0, float(data[0] != 0), float(data[0] == 0)],
        "affine": lambda: [1.0, *data[1 + half :], *data[1 : 1 + half]],
    }
    return known[node.op]()[position]


@given(expressions(smooth=True))
def test_the_gradient_is_the_sum_over_all_paths(expression: Expression) -> None:
    nodes = expression.build(Value)
    root = nodes[-1]
    found = gradients(nodes)
    reached = set(order(root))
    for leaf, gradient in zip(nodes[:LEAVES], found, strict=False):
        if leaf not in reached:
            assert gradient is None
            continue
        expected, size = sum_over_paths(root, leaf)
        assert gradient == pytest.approx(expected, rel=1e-9, abs=1e-12 * max(size, 1e-3))


@given(expressions(smooth=True), st.tuples(*[st.floats(-1, 1)] * LEAVES))
def test_forward_mode_is_the_product_of_gradient_and_tangent(
    expression: Expression, tangents: tuple[float, ...]
) -> None:
    nodes = expression.build(Value)
    leaves = nodes[:LEAVES]
    moved = forward(nodes[-1], dict(zip(leaves, tangents, strict=True)))
    found = [0.0 if g is None else g for g in gradients(nodes)[:LEAVES]]
    terms = [g * t for g, t in zip(found, tangents, strict=True)]
    size = math.fsum(abs(g) for g in found)
    assert (0.0 if moved is None else moved) == pytest.approx(
        math.fsum(terms), rel=1e-9, abs=1e-9 * max(size, 1)
    )


def test_every_scalar_operation_takes_part() -> None:
    assert all(row.scalar is not None for row in ROWS)
    assert len(ROWS) > 40
