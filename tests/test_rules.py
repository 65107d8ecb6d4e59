"""Every row of the rule book and every function composed of rows, tested because it exists.

The value is compared with an independent computation, the gradient with a numerical one, the second
derivatives with a numerical derivative of the first, forward with reverse mode, the text of each rule with
what it stands for, scalars with arrays, and float32 has to stay float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from numerical import central_difference, complex_gradient, finite_gradient
from samples import (
    ARRAYS,
    BROADCAST,
    COMPOSITION_CASES,
    COMPOSITIONS,
    ELEMENTWISE,
    POINTS,
    ROW_CASES,
    Case,
    exact,
    number_in,
    points,
    random_generator,
)

import autograd
from autograd import Formula, Tensor, Value, grad, hessian, jvp, order, vjp
from autograd.formula import as_formula, local_derivatives
from autograd.modes import reverse
from autograd.operation import TABLE, Operation

FIRST = 1e-6  # relative error allowed to a first derivative found numerically
NAMES = ("a", "b", "c", "d", "e", "f", "h")

elementwise = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
all_cases = pytest.mark.parametrize("case", ROW_CASES + COMPOSITION_CASES, ids=str)


def close(found: Any, expected: Any, relative: float, absolute: float = 0.0) -> None:
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute or relative * 1e-2)


# -- completeness -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_every_row_has_samples(name: str) -> None:
    row = TABLE[name]
    if row.kind == "elementwise":
        assert len(row.domain) == len(row.rules), (
            f"{name}: give the row one domain an input, to be sampled from"
        )
        return
    assert ARRAYS.get(name), (
        f"the row {name} is not tested: add shapes and static arguments for it to ARRAYS in "
        "tests/samples.py, and a NumPy function that computes the same to REFERENCES"
    )


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_every_composition_has_samples(name: str) -> None:
    assert name in {case.name for case in COMPOSITION_CASES}, (
        f"autograd.{name} is not tested: add a case for it to _compositions in tests/samples.py"
    )


def test_no_sample_is_left_over() -> None:
    assert set(ARRAYS) <= set(TABLE)
    assert {case.name for case in COMPOSITION_CASES} <= set(COMPOSITIONS)


# -- elementwise: one number at a time --------------------------------------------------------


def numeric_partial(row: Operation, point: tuple[float, ...], orders: tuple[int, ...]) -> float:
    """A partial derivative: with 40 digits, or by finite differences where mpmath lacks the function."""
    reference = exact(row)
    if reference is not None:
        with mpmath.workdps(40):
            return float(mpmath.diff(reference, point, orders))
    if sum(orders) == 1:
        position = orders.index(1)
        return float(
            central_difference(lambda t: row(*[x + t * (i == position) for i, x in enumerate(point)]))
        )
    position = next(i for i, n in enumerate(orders) if n)
    rest = tuple(n - (i == position) for i, n in enumerate(orders))
    return float(
        central_difference(
            lambda t: numeric_partial(row, tuple(x + t * (i == position) for i, x in enumerate(point)), rest),
            0.02,
        )
    )


@elementwise
def test_value_of_floats(row: Operation) -> None:
    reference = exact(row)
    for point in points(row):
        found = row(*point)
        assert type(found) is float
        expected = (
            float(reference(*map(mpmath.mpf, point)))
            if reference
            else float(row.array(*map(np.float64, point)))
        )
        assert found == pytest.approx(expected, rel=4e-15, abs=1e-15)
        close(row(*map(np.float64, point)), expected, 4e-15, 1e-15)


@elementwise
def test_gradient_of_scalars(row: Operation) -> None:
    for point in points(row):
        inputs = [Value(x) for x in point]
        row(*inputs).backward()
        for position, node in enumerate(inputs):
            orders = tuple(int(i == position) for i in range(len(point)))
            expected = numeric_partial(row, point, orders)
            assert node.grad == pytest.approx(expected, rel=1e-6 if exact(row) is None else 1e-12, abs=1e-13)


@elementwise
def test_second_derivatives_of_scalars(row: Operation) -> None:
    count = len(row.domain)
    for point in points(row):
        found = hessian(row, argnums=tuple(range(count)))(*point)
        for i in range(count):
            for j in range(count):
                orders = tuple((k == i) + (k == j) for k in range(count))
                expected = numeric_partial(row, point, orders)
                tolerance = 1e-5 if exact(row) is None else 1e-10
                assert found[i][j] == pytest.approx(expected, rel=tolerance, abs=1e-12), (point, i, j)


@elementwise
def test_forward_equals_reverse_for_scalars(row: Operation) -> None:
    random = random_generator(row.name)
    for point in points(row):
        tangents = tuple(random.normal(size=len(point)).tolist())
        gradient = grad(row, argnums=tuple(range(len(point))))(*point)
        out, tangent = jvp(row, point, tangents)
        assert type(tangent) is float
        assert out == row(*point)
        assert tangent == pytest.approx(
            math.fsum(g * t for g, t in zip(gradient, tangents, strict=True)), rel=1e-13
        )


# Elementwise operations whose arithmetic is the same for floats and arrays, to the last bit. The others call
# the C library on one side and NumPy's own loops on the other.
SAME_ARITHMETIC = {
    *("abs", "add", "clip", "div", "erf", "erfc", "floor", "maximum", "minimum", "mul", "neg", "reciprocal"),
    *("relu", "scale", "sign", "sqrt", "square", "sub", "where"),
}


@elementwise
def test_value_equals_tensor(row: Operation) -> None:
    tolerance = 0.0 if row.name in SAME_ARITHMETIC else 1e-12
    for point in points(row):
        scalars = [Value(x) for x in point]
        arrays = [Tensor(x, requires_grad=True) for x in point]
        y, z = row(*scalars), row(*arrays)
        assert type(z) is Tensor
        assert z.data.dtype == np.float64
        assert z.data == pytest.approx(y.data, rel=tolerance, abs=tolerance)
        if row.name in ("sign", "floor"):
            continue
        y.backward()
        z.backward()
        slack = 0.0 if row.name in SAME_ARITHMETIC - {"erf", "erfc"} else 1e-12
        for scalar, array in zip(scalars, arrays, strict=True):
            assert (0.0 if array.grad is None else array.grad) == pytest.approx(
                scalar.grad, rel=slack, abs=slack
            )


@elementwise
def test_text_of_elementwise_rule(row: Operation) -> None:
    for point in points(row):
        inputs = [Formula(name, x) for name, x in zip(NAMES, point, strict=False)]
        numbers = {**dict(zip(NAMES, point, strict=False)), "g": 1.0}
        y = row(*inputs)
        assert evaluate(y.text, numbers) == y.plain == row(*point)
        nodes = [Value(x) for x in point]
        row(*nodes).backward()
        for node, slope in zip(nodes, local_derivatives(row, *inputs), strict=True):
            if slope is not None:
                assert evaluate(slope.text, numbers) == pytest.approx(float(slope.plain), rel=1e-15, abs=0)
                assert float(slope.plain) == pytest.approx(node.grad, rel=1e-15, abs=0)


def evaluate(text: str, inputs: dict[str, Any]) -> Any:
    """What the text of a formula says, read as Python in the names of NumPy and autograd."""
    return eval(text, {**vars(np), **TABLE, **vars(autograd), **inputs})


# -- elementwise: arrays that are broadcast ---------------------------------------------------


def broadcast_case(row: Operation, shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    random = random_generator(f"{row.name}{shapes}")

    def fill(shape: tuple[int, ...], position: int) -> Any:
        # Each input has its own comb of numbers, so that no two inputs tie.
        low, high = row.domain[position]
        drawn = [number_in((low, high), random) for _ in range(math.prod(shape))]
        return np.array(drawn).reshape(shape)

    while True:
        inputs = tuple(fill(shape, i) for i, shape in enumerate(shapes))
        spread = np.broadcast_arrays(*inputs)
        gaps = [np.abs(a - b) for i, a in enumerate(spread) for b in spread[:i]]
        if all(np.min(gap, initial=1.0) > 0.03 for gap in gaps):
            return inputs


@elementwise
@pytest.mark.parametrize("number", range(len(BROADCAST)))
def test_elementwise_arrays(row: Operation, number: int) -> None:
    shapes = BROADCAST[number][: len(row.domain)]
    inputs = broadcast_case(row, shapes)
    found = row(*inputs)
    expected = np.vectorize(row, otypes=[float])(*inputs)  # the same, one float at a time
    assert np.shape(found) == np.shape(expected)
    close(found, expected, 4e-15, 1e-15)
    check_derivatives(row, inputs, analytic=False)


# -- arrays -----------------------------------------------------------------------------------


@all_cases
def test_value_of_arrays(case: Case) -> None:
    for number in range(POINTS):
        inputs = case.inputs(number)
        before = [np.copy(x) for x in inputs]
        found, expected = case.call(*inputs), case.reference(*inputs)
        assert np.shape(found) == np.shape(expected)
        close(found, expected, 1e-11, 1e-13)
        recorded = case.call(*[Tensor(x, requires_grad=True) for x in inputs])
        assert type(recorded) is Tensor
        np.testing.assert_array_equal(recorded.data, found)
        for x, copy in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(x, copy, err_msg="an input was written into")


@all_cases
def test_derivatives_of_arrays(case: Case) -> None:
    for number in range(3 if case.row is None else POINTS):
        check_derivatives(case.call, case.inputs(number), case.analytic)


def check_derivatives(call: Callable[..., Any], inputs: tuple[Any, ...], analytic: bool) -> None:
    """First and second derivatives of a random projection of the output, in both modes."""
    random = random_generator(str([np.shape(x) for x in inputs]))
    output = call(*inputs)
    weights = random.normal(size=np.shape(output))
    directions = [random.normal(size=np.shape(x)) for x in inputs]
    tangents = tuple(random.normal(size=np.shape(x)) for x in inputs)

    def projected(*arrays: Any) -> Any:
        return np.sum(weights * call(*arrays))

    out, pull = vjp(call, *inputs)
    np.testing.assert_array_equal(out, output)
    gradients = pull(weights)
    expected = (complex_gradient if analytic else finite_gradient)(projected, inputs)
    for found, numeric, x in zip(gradients, expected, inputs, strict=True):
        assert np.shape(found) == np.shape(x)
        close(found, numeric, 1e-11 if analytic else FIRST, 1e-13 if analytic else 1e-10)

    # Backward through a graph of tensors is the same walk with the gradients left in the leaves.
    leaves = [Tensor(x, requires_grad=True) for x in inputs]
    root = call(*leaves)
    root.backward(weights)
    for found, leaf in zip(gradients, leaves, strict=True):
        np.testing.assert_array_equal(found, np.zeros(leaf.shape) if leaf.grad is None else leaf.grad)

    # Forward mode: <weights, J tangents> = <Jᵀ weights, tangents>.
    moved_out, moved = jvp(call, inputs, tangents)
    np.testing.assert_array_equal(moved_out, output)
    assert np.shape(moved) == np.shape(output)
    inner = float(sum(np.sum(g * t) for g, t in zip(gradients, tangents, strict=True)))
    close(np.sum(weights * moved), inner, 1e-11, 1e-12)

    # Second order: the derivative of the gradient along a direction, by rule and by finite differences.
    def slope(*arrays: Any) -> Any:
        """The first derivative of the projection along the directions: a scalar function of the inputs."""
        pulled = vjp(call, *arrays)[1](weights)
        return sum(autograd.sum(g * d) for g, d in zip(pulled, directions, strict=True))

    def slope_at(distance: float) -> float:
        pulled = vjp(call, *[x + distance * t for x, t in zip(inputs, tangents, strict=True)])[1](weights)
        return float(sum(np.sum(g * d) for g, d in zip(pulled, directions, strict=True)))

    numeric = central_difference(slope_at, 1e-3)
    second = grad(slope, argnums=tuple(range(len(inputs))))(*inputs)
    for found, x in zip(second, inputs, strict=True):
        assert np.shape(found) == np.shape(x)
    reverse_twice = float(sum(np.sum(s * t) for s, t in zip(second, tangents, strict=True)))
    assert reverse_twice == pytest.approx(numeric, rel=FIRST, abs=1e-8)
    forward_over_reverse = jvp(slope, inputs, tangents)[1]
    assert forward_over_reverse == pytest.approx(reverse_twice, rel=1e-9, abs=1e-11)


WITHOUT_TEXT = {"attention", "lstm"}  # they take their arrays apart; no one would read them in one line


@pytest.mark.parametrize("case", [case for case in ROW_CASES if case.name not in WITHOUT_TEXT], ids=str)
def test_text_of_array_rule(case: Case) -> None:
    row = case.row
    assert row is not None
    random = random_generator(case.name)
    for number in range(POINTS):
        arrays = case.inputs(number)
        inputs = [Formula(name, x) for name, x in zip(NAMES, arrays, strict=False)]
        y = row(*inputs, **case.static)
        numbers: dict[str, Any] = dict(zip(NAMES, arrays, strict=False))
        numbers["g"] = random.normal(size=y.shape)
        close(evaluate(y.text, numbers), y.plain, 1e-14)  # the text may spell the operation out
        plain = row(*arrays, **case.static)
        positions = range(len(arrays))
        texts = row.pull(Formula("g", numbers["g"]), y, inputs, case.static, positions)
        rules = row.pull(numbers["g"], plain, arrays, case.static, positions)
        for (_, text), (_, gradient) in zip(texts, rules, strict=True):
            formula = as_formula(text)
            np.testing.assert_array_equal(formula.plain, gradient)
            np.testing.assert_array_equal(evaluate(formula.text, numbers), gradient)
        assert len(local_derivatives(row, *inputs, **case.static)) == len(arrays)


# -- float32 ----------------------------------------------------------------------------------


def check_single_precision(call: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    leaves = [Tensor(x, requires_grad=True, dtype=np.float32) for x in inputs]
    root = call(*leaves)
    assert root.dtype == np.float32
    root.backward(np.ones(root.shape))
    for leaf in leaves:
        if leaf.grad is not None:
            assert leaf.grad.dtype == np.float32
    arrays = [np.asarray(x, np.float32) for x in inputs]
    assert np.asarray(call(*arrays)).dtype == np.float32
    out, tangent = jvp(call, arrays, arrays)
    assert np.asarray(out).dtype == np.asarray(tangent).dtype == np.float32


@elementwise
def test_elementwise_float32(row: Operation) -> None:
    for shapes in BROADCAST:
        check_single_precision(row, broadcast_case(row, shapes[: len(row.domain)]))


@elementwise
def test_no_float64_on_the_way_to_a_float32_gradient(row: Operation) -> None:
    arrays = [np.asarray(x, np.float32) for x in broadcast_case(row, BROADCAST[0][: len(row.domain)])]
    y = row(*arrays)
    for _, gradient in row.pull(np.ones_like(y), y, arrays, {}, range(len(arrays))):
        assert gradient.dtype == np.float32
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    root = row(*leaves)
    gradients = reverse(order(root), Tensor(np.ones_like(y)), as_nodes=True)
    nodes = [gradients[leaf] for leaf in leaves if isinstance(gradients[leaf], Tensor)]
    assert {node.dtype for node in order(*nodes)} <= {np.dtype(np.float32), np.dtype(bool), None}


@pytest.mark.parametrize(
    "case", [case for case in ROW_CASES + COMPOSITION_CASES if case.name != "astype"], ids=str
)
def test_array_float32(case: Case) -> None:
    check_single_precision(case.call, case.inputs())


# -- compositions of scalars ------------------------------------------------------------------

SCALAR_CASES = [case for case in COMPOSITION_CASES if case.shapes and not any(case.shapes)]


@pytest.mark.parametrize("case", [c for c in SCALAR_CASES if hasattr(Value, c.name)], ids=str)
def test_composition_of_values_equals_that_of_tensors(case: Case) -> None:
    for number in range(POINTS):
        inputs = [float(x) for x in case.inputs(number)]
        scalars = [Value(x) for x in inputs]
        arrays = [Tensor(x, requires_grad=True) for x in inputs]
        y, z = case.call(*scalars), case.call(*arrays)
        assert type(y) is Value
        assert y.data == pytest.approx(float(z), rel=1e-13)
        assert y.data == pytest.approx(case.call(*inputs), rel=1e-13)
        assert type(case.call(*inputs)) is float
        y.backward()
        z.backward()
        for scalar, array in zip(scalars, arrays, strict=True):
            assert scalar.grad == pytest.approx(float(array.grad), rel=1e-12, abs=1e-13)
