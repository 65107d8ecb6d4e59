"""grad, value_and_grad, vjp, jvp, jacobian, hessian and hvp, compared with derivatives worked out by hand."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    CutGraphError,
    ShapeError,
    StaleGraphError,
    Tensor,
    Value,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from autograd.grad_mode import MODE

A = np.array([[2.0, 1.0], [0.5, 3.0]])
X = np.array([1.0, -2.0])


def cube(x: Any) -> Any:
    return x**3


def quadratic(x: Any) -> Any:
    """xᵀ A x: gradient (A + Aᵀ) x, Hessian A + Aᵀ."""
    return x @ A @ x


# -- kinds of arguments -----------------------------------------------------------------------


@pytest.mark.parametrize("three", [3, 3.0, np.float64(3.0), np.int64(3)], ids=lambda x: type(x).__name__)
def test_numbers(three: Any) -> None:
    assert grad(cube)(three) == 27.0
    assert value_and_grad(cube)(three) == (27.0, 27.0)
    assert jacobian(cube)(three) == 27.0
    assert hessian(cube)(three) == 18.0
    assert jvp(cube, (three,), (2.0,)) == (27.0, 54.0)
    assert hvp(cube, (three,), (2.0,)) == (36.0,)
    out, pull = vjp(cube, three)
    assert (out, pull(2.0)) == (27.0, (54.0,))


def test_floats_in_floats_out() -> None:
    value, slope = value_and_grad(cube)(3.0)
    assert (type(value), type(slope)) == (float, float)
    assert type(grad(cube)(3)) is float
    assert type(hessian(cube)(3)) is float
    assert [type(x) for x in jvp(cube, (3,), (1,))] == [float, float]
    assert type(vjp(cube, 3)[1](1)[0]) is float
    assert type(hvp(cube, (3,), (1,))[0]) is float


def test_arrays_in_arrays_out() -> None:
    slope = grad(quadratic)(X)
    assert type(slope) is np.ndarray
    np.testing.assert_allclose(slope, (A + A.T) @ X)
    np.testing.assert_allclose(hessian(quadratic)(X), A + A.T)
    np.testing.assert_allclose(hvp(quadratic, (X,), (np.array([1.0, 0.0]),))[0], (A + A.T)[0])
    np.testing.assert_allclose(jacobian(lambda x: A @ x)(X), A)
    out, tangent = jvp(lambda x: A @ x, (X,), (np.array([1.0, 1.0]),))
    np.testing.assert_allclose(out, A @ X)
    np.testing.assert_allclose(tangent, A.sum(axis=1))
    out, pull = vjp(lambda x: A @ x, X)
    np.testing.assert_allclose(pull(np.array([1.0, 0.0]))[0], A[0])
    np.testing.assert_allclose(grad(lambda x: autograd.sum(x**2))(np.array([1, 2])), [2.0, 4.0])


def test_the_gradient_has_the_dtype_of_the_argument() -> None:
    x = X.astype(np.float32)
    value, slope = value_and_grad(lambda x: autograd.sum(x * x))(x)
    assert value.dtype == slope.dtype == np.float32
    assert hessian(lambda x: autograd.sum(x * x))(x).dtype == np.float32
    assert jvp(lambda x: x * x, (x,), (x,))[1].dtype == np.float32


def test_arguments_are_left_alone() -> None:
    x = X.copy()
    slope = grad(lambda x: autograd.sum(x * 1.0))(x)
    slope[:] = 7.0
    np.testing.assert_array_equal(x, X)
    out, pull = vjp(lambda x: x + 0.0, x)
    cotangent = np.array([1.0, 2.0])
    pulled = pull(cotangent)[0]
    pulled[:] = 9.0
    assert cotangent.tolist() == [1.0, 2.0]
    out[:] = 5.0
    np.testing.assert_array_equal(x, X)
    _, tangent = jvp(lambda x: x + 0.0, (x,), (cotangent,))
    tangent[:] = 9.0
    assert cotangent.tolist() == [1.0, 2.0]


def test_nodes_in_nodes_out() -> None:
    x = Value(2.0)
    slope = grad(cube)(x)
    assert type(slope) is Value
    assert slope.data == 12.0
    slope.backward()  # the result belongs to the graph of x
    assert x.grad == 12.0
    t = Tensor(X, requires_grad=True)
    slope = grad(lambda x: autograd.sum(x**3))(t)
    assert type(slope) is Tensor
    slope.backward([1.0, 1.0])
    np.testing.assert_allclose(t.grad, 6 * X)
    y = Value(2.0)
    (grad(cube)(y * y) * y).backward()  # 3 y⁵
    assert y.grad == 15 * 16


# -- argnums ----------------------------------------------------------------------------------


def area(x: Any, y: Any, z: Any = 1.0) -> Any:
    return x * y**2 * z


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 9.0),
        (1, 12.0),
        (-1, 12.0),
        (-2, 9.0),
        (np.int64(1), 12.0),
        ((0,), (9.0,)),
        ((0, 1), (9.0, 12.0)),
        ((1, 0), (12.0, 9.0)),
        ([1], (12.0,)),
        ((-1, 0), (12.0, 9.0)),
        (range(2), (9.0, 12.0)),
    ],
)
def test_argnums(argnums: Any, expected: Any) -> None:
    assert grad(area, argnums)(2.0, 3.0) == expected
    assert value_and_grad(area, argnums=argnums)(2.0, 3.0) == (18.0, expected)
    assert jacobian(area, argnums)(2.0, 3.0) == expected


@pytest.mark.parametrize("argnums", [2, -3, (0, 2)])
def test_argnums_out_of_range(argnums: Any) -> None:
    with pytest.raises(TypeError, match="2 were given by position"):
        grad(area, argnums)(2.0, 3.0)


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1)])
def test_argnums_twice(argnums: Any) -> None:
    with pytest.raises(TypeError, match="twice"):
        grad(area, argnums)(2.0, 3.0)


def test_keyword_arguments_are_passed_on() -> None:
    assert grad(area)(2.0, 3.0, z=10.0) == 90.0
    assert value_and_grad(area)(2.0, 3.0, z=10.0) == (180.0, 90.0)
    assert jacobian(area)(2.0, 3.0, z=10.0) == 90.0
    assert hessian(area, argnums=1)(2.0, 3.0, z=10.0) == 40.0
    with pytest.raises(TypeError, match="by position"):
        grad(area)(x=2.0, y=3.0)


def test_hessian_by_rows_of_arguments() -> None:
    assert hessian(area, argnums=(0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))
    (xx, xy), (yx, yy) = hessian(lambda x, y: autograd.sum(x * x) * y, argnums=(0, 1))(X, 3.0)
    np.testing.assert_allclose(xx, 6 * np.eye(2))
    np.testing.assert_allclose(xy, 2 * X)
    np.testing.assert_allclose(yx, 2 * X)
    assert yy == 0.0
    assert hessian(area, argnums=1)(2.0, 3.0) == 4.0


def test_the_wrapped_function_keeps_its_name() -> None:
    assert grad(area).__name__ == "area"
    assert grad(autograd.sin)(0.0) == 1.0
    assert grad(partial(area, 2.0))(3.0) == 12.0


# -- structures -------------------------------------------------------------------------------

Pair = namedtuple("Pair", "a b")


def test_structures_in_and_out() -> None:
    assert grad(lambda p: p[0] * p[1])([2.0, 3]) == [3.0, 2.0]
    assert grad(lambda p: p[0] * p[1])((2.0, 3.0)) == (3.0, 2.0)
    assert grad(lambda p: p["w"] * p["x"] ** 2)({"w": 2.0, "x": 3.0}) == {"w": 9.0, "x": 12.0}
    assert grad(lambda p: p.a * p.b)(Pair(2.0, 3.0)) == Pair(3.0, 2.0)
    deep = {"layers": [(2.0, [3.0]), (5.0, [7.0])], "scale": 11.0}
    found = grad(lambda p: p["layers"][0][0] * p["layers"][1][1][0] * p["scale"])(deep)
    assert found == {"layers": [(77.0, [0.0]), (0.0, [22.0])], "scale": 14.0}
    assert grad(lambda p: 1.0 * p["a"])({"a": 1.0, "nothing": []}) == {"a": 1.0, "nothing": []}


def test_structures_of_arrays() -> None:
    parameters = {"w": A, "b": np.zeros(2)}
    found = grad(lambda p: autograd.sum((p["w"] @ X + p["b"]) ** 2))(parameters)
    residual = A @ X
    np.testing.assert_allclose(found["w"], 2 * np.outer(residual, X))
    np.testing.assert_allclose(found["b"], 2 * residual)


def test_structures_of_outputs() -> None:
    def function(x: Any, y: Any) -> Any:
        return {"product": x * y, "both": (x + y, [x])}

    out, pull = vjp(function, 2.0, 3.0)
    assert out == {"product": 6.0, "both": (5.0, [2.0])}
    assert pull({"product": 1.0, "both": (10.0, [100.0])}) == (113.0, 12.0)
    out, tangent = jvp(function, (2.0, 3.0), (1.0, 0.0))
    assert tangent == {"product": 3.0, "both": (1.0, [1.0])}
    assert jacobian(function, argnums=(0, 1))(2.0, 3.0) == {
        "product": (3.0, 2.0),
        "both": ((1.0, 1.0), [(1.0, 0.0)]),
    }


def test_hessian_of_a_structure() -> None:
    assert hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0}) == {
        "a": {"a": 6.0, "b": 4.0},
        "b": {"a": 4.0, "b": 0.0},
    }
    assert hvp(lambda p: p["a"] ** 2 * p["b"], ({"a": 2.0, "b": 3.0},), ({"a": 1.0, "b": 0.0},)) == (
        {"a": 6.0, "b": 4.0},
    )


def test_tangents_of_a_structure() -> None:
    out, tangent = jvp(lambda p: p[0] * p[1], ((2.0, 3.0),), ((1.0, 10.0),))
    assert (out, tangent) == (6.0, 23.0)


# -- Jacobians --------------------------------------------------------------------------------


def test_jacobian_shapes() -> None:
    assert jacobian(lambda x: x @ x)(A).shape == (2, 2, 2, 2)
    assert jacobian(lambda x: autograd.stack([x, x * x, x**3]))(2.0).tolist() == [1.0, 4.0, 12.0]
    assert jacobian(autograd.sum)(A).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert jacobian(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert jacobian(lambda x: x[:0])(X).shape == (0, 2)
    assert jacobian(lambda x: x)(X).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_jacobian_of_a_product_of_matrices() -> None:
    found = jacobian(lambda x: x @ x)(A)
    expected = np.einsum("ik,lj->ijkl", np.eye(2), A) + np.einsum("ik,jl->ijkl", A, np.eye(2))
    np.testing.assert_allclose(found, expected)


def test_jacobian_of_jacobian_of_jacobian() -> None:
    found = jacobian(jacobian(jacobian(lambda x: x**4)))(X)
    expected = np.zeros((2, 2, 2, 2))
    for i in range(2):
        expected[i, i, i, i] = 24 * X[i]
    np.testing.assert_allclose(found, expected)


# -- constants --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "constant", [3, 3.0, np.float64(3.0), np.array(3.0), Value(3.0), Tensor(3.0)], ids=str
)
def test_constant_functions_have_gradient_zero(constant: Any) -> None:
    def function(x: Any) -> Any:
        return constant

    assert grad(function)(2.0) == 0.0
    assert type(grad(function)(2.0)) is float
    np.testing.assert_array_equal(grad(function)(X), [0.0, 0.0])
    np.testing.assert_array_equal(jacobian(function)(X), [0.0, 0.0])
    np.testing.assert_array_equal(hessian(function)(X), np.zeros((2, 2)))
    assert jvp(function, (2.0,), (1.0,))[1] == 0.0
    assert hvp(function, (2.0,), (1.0,)) == (0.0,)
    assert vjp(function, 2.0)[1](1.0) == (0.0,)
    assert grad(grad(function))(2.0) == 0.0


def test_constant_arrays() -> None:
    def function(x: Any) -> Any:
        return np.ones(3)

    assert jacobian(function)(X).tolist() == np.zeros((3, 2)).tolist()
    assert jvp(function, (X,), (X,))[1].tolist() == [0.0, 0.0, 0.0]
    assert vjp(function, X)[1](np.ones(3))[0].tolist() == [0.0, 0.0]


def test_linear_functions_have_second_derivative_zero() -> None:
    assert grad(grad(lambda x: 3 * x))(2.0) == 0.0
    np.testing.assert_array_equal(hessian(autograd.sum)(X), np.zeros((2, 2)))
    np.testing.assert_array_equal(hvp(autograd.sum, (X,), (X,))[0], [0.0, 0.0])


def test_an_argument_that_is_not_used() -> None:
    assert grad(lambda x, y: x * 2, argnums=(0, 1))(2.0, 3.0) == (2.0, 0.0)
    assert grad(lambda x, y: x * 2, argnums=1)(2.0, X).tolist() == [0.0, 0.0]


# -- nesting ----------------------------------------------------------------------------------


def nest(transform: Callable[[Any], Any], function: Callable[[Any], Any], times: int) -> Any:
    for _ in range(times):
        function = transform(function)
    return function


def forward_grad(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of a function of one number, in forward mode."""
    return lambda x: jvp(function, (x,), (1.0,))[1]


# f = sin(x) exp(x) has f⁽⁴⁾ = -4 f, and its derivatives repeat from there.
ORDERS = [
    lambda x: math.sin(x) * math.exp(x),
    lambda x: (math.sin(x) + math.cos(x)) * math.exp(x),
    lambda x: 2 * math.cos(x) * math.exp(x),
    lambda x: 2 * (math.cos(x) - math.sin(x)) * math.exp(x),
    lambda x: -4 * math.sin(x) * math.exp(x),
]


@pytest.mark.parametrize("order", range(5))
def test_nested_to_order_four(order: int) -> None:
    def function(x: Any) -> Any:
        return autograd.sin(x) * autograd.exp(x)

    expected = pytest.approx(ORDERS[order](0.7), rel=1e-13)
    assert nest(grad, function, order)(0.7) == expected
    assert nest(forward_grad, function, order)(0.7) == expected
    assert nest(jacobian, function, order)(0.7) == expected
    mixed = function
    for i in range(order):
        mixed = (grad, forward_grad)[i % 2](mixed)
    assert mixed(0.7) == expected
    mixed = function
    for i in range(order):
        mixed = (forward_grad, grad)[i % 2](mixed)
    assert mixed(0.7) == expected


@pytest.mark.parametrize("order", range(5))
def test_nested_to_order_four_for_arrays(order: int) -> None:
    x = np.array([0.7, -1.2])
    weights = np.array([2.0, -1.0])

    def function(x: Any) -> Any:
        return autograd.sin(x) * autograd.exp(x)

    def along(function: Any) -> Any:
        """The derivative of each element, which depends on its own element alone."""
        return lambda x: grad(lambda x: autograd.sum(function(x)))(x)

    expected = [ORDERS[order](z) * w for z, w in zip(x, weights, strict=True)]
    np.testing.assert_allclose(nest(along, lambda x: weights * function(x), order)(x), expected, rtol=1e-12)
    pushed = nest(lambda f: lambda x: jvp(f, (x,), (np.ones(2),))[1], lambda x: weights * function(x), order)(
        x
    )
    np.testing.assert_allclose(pushed, expected, rtol=1e-12)


def test_forward_over_reverse_and_reverse_over_forward() -> None:
    direction = np.array([0.3, -0.8])

    def function(x: Any) -> Any:
        return autograd.sum(autograd.sin(x) * x[::-1] ** 2)

    full = hessian(function)(X) @ direction
    np.testing.assert_allclose(jvp(grad(function), (X,), (direction,))[1], full)
    np.testing.assert_allclose(grad(lambda x: jvp(function, (x,), (direction,))[1])(X), full)
    np.testing.assert_allclose(grad(lambda x: autograd.sum(grad(function)(x) * direction))(X), full)
    np.testing.assert_allclose(hvp(function, (X,), (direction,))[0], full)
    rows = [jvp(grad(function), (X,), (row,))[1] for row in np.eye(2)]
    np.testing.assert_allclose(rows, hessian(function)(X))


def test_jacobian_of_a_jvp_and_jvp_of_a_jacobian() -> None:
    found = jacobian(lambda x: jvp(lambda z: z**3, (x,), (np.ones(2),))[1])(X)
    np.testing.assert_allclose(found, np.diag(6 * X))
    found = jvp(jacobian(lambda z: z**3), (X,), (np.ones(2),))[1]
    np.testing.assert_allclose(found, np.diag(6 * X))


def test_vjp_inside_grad() -> None:
    def function(x: Any) -> Any:
        out, pull = vjp(lambda z: z * z * x, x)  # d/dz at z = x: 2 x²
        return pull(1.0)[0] + out

    assert grad(function)(3.0) == 4 * 3.0 + 3 * 9.0


# -- perturbations are not confused -----------------------------------------------------------


@pytest.mark.parametrize("outer", [grad, forward_grad])
@pytest.mark.parametrize("inner", [grad, forward_grad])
def test_perturbation_confusion(outer: Any, inner: Any) -> None:
    # Siskind and Pearlmutter (2005): d/dx [x · d/dy (x + y)] = 1.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx [x · d/dy (x y) at y = 2] = d/dx x² = 2x.
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    # d/dx [d/dy (x² y³) at y = x] = d/dx 3 x⁴.
    assert outer(lambda x: inner(lambda y: x**2 * y**3)(x))(2.0) == 12 * 8.0
    # d/dx [d/dy (y x) at y = x²] = d/dx x = 1: the inner variable hides the path through x².
    assert outer(lambda x: inner(lambda y: y * x)(x * x))(3.0) == 1.0
    # The derivative of the inner function does not depend on x at all.
    assert outer(lambda x: inner(lambda y: y * y)(2.0) + x)(3.0) == 1.0


@pytest.mark.parametrize("outer", [grad, forward_grad])
@pytest.mark.parametrize("inner", [grad, forward_grad])
def test_amazing_bug_of_higher_order_functions(outer: Any, inner: Any) -> None:
    # Manzyuk et al. (2019): the derivative of a curried shift, applied twice to itself.
    def shift(offset: Any) -> Any:
        return lambda function: lambda x: function(x + offset)

    def derivative_of_shift(function: Any) -> Any:
        return lambda x: outer(lambda offset: shift(offset)(function)(x))(0.0)

    exponential = autograd.exp
    assert derivative_of_shift(derivative_of_shift(exponential))(1.0) == pytest.approx(math.e)
    assert inner(derivative_of_shift(exponential))(1.0) == pytest.approx(math.e)


def test_a_leaf_of_another_transform_that_ended() -> None:
    kept = []

    def function(x: Any) -> Any:
        kept.append(x)
        return x * x

    assert grad(function)(3.0) == 6.0
    assert grad(lambda y: y * kept[0])(2.0) == 3.0
    assert float(kept[0]) == 3.0


# -- backward inside a transform --------------------------------------------------------------


def test_grad_of_a_function_that_calls_backward() -> None:
    def function(x: Any) -> Any:
        w = Value(2.0)
        loss = w * x
        loss.backward()
        return w.grad * x  # x²

    assert function(3.0) == 9.0
    assert grad(function)(3.0) == 6.0
    assert grad(grad(function))(3.0) == 2.0
    assert jvp(function, (3.0,), (1.0,)) == (9.0, 6.0)
    assert hessian(function)(3.0) == 2.0


def test_a_training_step_can_be_differentiated() -> None:
    def loss_after_a_step(rate: Any) -> Any:
        w = Value(1.0)
        (w * w).backward()
        moved = w - rate * w.grad
        return moved * moved  # (1 - 2 rate)²

    assert grad(loss_after_a_step)(0.1) == pytest.approx(-4 * 0.8)
    assert grad(grad(loss_after_a_step))(0.1) == pytest.approx(8.0)


def test_outside_leaves_are_left_with_plain_gradients() -> None:
    w, t = Value(2.0), Tensor([2.0, 3.0], requires_grad=True)

    def function(x: Any) -> Any:
        w.zero_grad()
        (w * x).backward()
        return w.grad * x

    assert grad(function)(3.0) == 6.0
    assert type(w.grad) is float
    assert w.grad == 3.0

    def of_arrays(x: Any) -> Any:
        t.zero_grad()
        autograd.sum(t * x * x).backward()
        return autograd.sum(t.grad)

    np.testing.assert_allclose(grad(of_arrays)(np.array([3.0, 4.0])), [6.0, 8.0])
    assert type(t.grad) is np.ndarray
    np.testing.assert_allclose(t.grad, [9.0, 16.0])
    np.testing.assert_allclose(hessian(of_arrays)(np.array([3.0, 4.0])), 2 * np.eye(2))
    assert type(t.grad) is np.ndarray


def test_outside_leaves_are_left_with_plain_gradients_after_an_error() -> None:
    w = Value(2.0)

    def function(x: Any) -> Any:
        (w * x).backward()
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        grad(function)(3.0)
    assert type(w.grad) is float
    assert MODE.get() is None


def test_a_backward_that_has_nothing_to_do_with_the_argument() -> None:
    w = Value(2.0)

    def function(x: Any) -> Any:
        (w * w).backward()
        return w.grad * x

    assert grad(function)(3.0) == 4.0
    assert type(w.grad) is float


# -- closures ---------------------------------------------------------------------------------


def test_closures_over_nodes_are_constants() -> None:
    w, t = Value(2.0), Tensor([2.0, 3.0], requires_grad=True)
    assert grad(lambda x: w * x * x)(3.0) == 12.0
    assert type(grad(lambda x: w * x * x)(3.0)) is float
    np.testing.assert_allclose(grad(lambda x: autograd.sum(t * x * x))(X), 2 * t.data * X)
    assert w.grad is None
    assert t.grad is None


def test_a_gradient_is_part_of_the_graph_it_is_used_in() -> None:
    w, x = Value(2.0), Value(3.0)
    slope = grad(lambda x: w * x * x)(x)  # 2 w x
    slope.backward()
    assert (slope.data, w.grad, x.grad) == (12.0, 6.0, 4.0)


# -- leaving the graph ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "function", "x"),
    [
        (r"float\(\)", lambda x: float(x) ** 2, 2.0),
        (r"float\(\)", lambda x: float(x * x), 2.0),
        (r"int\(\)", lambda x: int(x) * x, 2.0),
        (r"round\(\)", lambda x: round(x, 1), 2.0),
        (r"float\(\)", math.sin, 2.0),
        (r"float\(\)", lambda x: math.floor(x) * x, 2.0),
        (r"np.asarray\(\)", lambda x: np.asarray(x) * 2, 2.0),
        (r"np.asarray\(\)", lambda x: np.array([x, x]).sum(), 2.0),
        (r"np.asarray\(\)", lambda x: np.asarray(x).sum(), X),
        (r"np.asarray\(\)", lambda x: np.array([x[0], x[1]]).sum(), X),
        (r"item\(\)", lambda x: x[0].item(), X),
        (r"float\(\)", lambda x: float(x[0]), X),
        (r"Tensor\(\)", lambda x: Tensor(x).sum(), X),
        (r"float\(\)", lambda x: Value(x) * x, 2.0),
        (r"np.median", lambda x: np.median(x), X),
        (r"np.exp2", lambda x: np.exp2(x), 2.0),
    ],
)
@pytest.mark.parametrize("transform", [grad, jacobian, forward_grad, hessian], ids=lambda t: t.__name__)
def test_cutting_the_graph_is_refused(name: str, function: Any, x: Any, transform: Any) -> None:
    if transform is forward_grad and x is X:
        transform = partial(partial, jvp, tangents=(X,))
        with pytest.raises(CutGraphError, match=f"^{name}.*autograd"):
            jvp(function, (X,), (X,))
        return
    with pytest.raises(CutGraphError, match=f"^{name}.*autograd"):
        transform(function)(x)


def test_cutting_the_graph_of_an_outer_transform_is_refused() -> None:
    with pytest.raises(CutGraphError):
        grad(lambda x: grad(lambda y: y * float(x))(1.0))(2.0)


def test_what_is_not_traced_may_leave() -> None:
    w = Value(2.0)
    assert grad(lambda x: x * float(w) * math.sqrt(w.data))(3.0) == 2 * math.sqrt(2)
    assert grad(lambda x: x.data * x)(3.0) == 3.0
    assert grad(lambda x: x.detach() * x)(3.0) == 3.0
    assert grad(lambda x: (f"{x:.2f} {x}", x * 2)[1])(3.0) == 2.0
    assert grad(lambda x: x if x > 0 else -x)(-2.0) == -1.0


# -- with other modes -------------------------------------------------------------------------


def test_within_no_grad() -> None:
    with no_grad():
        assert grad(cube)(2.0) == 12.0
        assert grad(grad(cube))(2.0) == 12.0
        assert jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)
        np.testing.assert_allclose(hessian(quadratic)(X), A + A.T)


def test_no_grad_inside_makes_constants() -> None:
    def function(x: Any) -> Any:
        with no_grad():
            constant = x * x
        return constant * x

    assert grad(function)(3.0) == 9.0
    assert jvp(function, (3.0,), (1.0,)) == (27.0, 9.0)
    assert grad(grad(function))(3.0) == 0.0


def test_the_mode_is_restored_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x * (1 // 0))(2.0)
    assert MODE.get() is None


def test_what_was_changed_meanwhile_is_noticed() -> None:
    w, t = Value(2.0, label="w"), Tensor([2.0, 3.0], requires_grad=True, label="t")
    _, pull = vjp(lambda x: w * x * x, 1.0)
    assert pull(1.0) == (4.0,)
    w.data = 99.0
    with pytest.raises(StaleGraphError, match="'w'"):
        pull(1.0)
    _, pull = vjp(lambda x: t * x * x, X)
    pull(X)
    t.data[0] = 99.0
    with pytest.raises(StaleGraphError, match="'t'"):
        pull(X)

    def writes(x: Any) -> Any:
        y = autograd.sum(t * x)
        t.data[0] += 1.0
        return y

    with pytest.raises(StaleGraphError, match="'t'"):
        grad(writes)(X)


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: x * 2, r"shape \(2,\)"),
        (lambda x: x[:1], r"shape \(1,\)"),
        (lambda x: (x[0], x[1]), "2 numbers"),
        (lambda x: [], "0 numbers"),
    ],
)
def test_grad_of_what_is_no_scalar(function: Any, what: str) -> None:
    with pytest.raises(ShapeError, match=f"one scalar, this one returned {what}; use jacobian"):
        grad(function)(X)
    with pytest.raises(ShapeError):
        value_and_grad(function)(X)


@pytest.mark.parametrize("result", [None, "a"])
def test_a_function_that_returns_no_number(result: Any) -> None:
    def forgetful(x: Any) -> Any:
        return result

    for transform in (grad, jacobian, hessian, lambda f: lambda x: vjp(f, x), forward_grad):
        with pytest.raises(TypeError, match=r"forgetful returned .* no number; is a return missing"):
            transform(forgetful)(2.0)


@pytest.mark.parametrize("argument", [None, "a", 1j, object()], ids=lambda x: type(x).__name__)
def test_an_argument_that_is_no_number(argument: Any) -> None:
    with pytest.raises(TypeError, match="one real number"):
        grad(lambda x: x)(argument)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="tangent"):
        jvp(cube, (2.0,), (np.ones(2),))
    with pytest.raises(ShapeError, match="tangent"):
        jvp(cube, (X,), (1.0,))
    with pytest.raises(ShapeError, match="tangents"):
        jvp(cube, (2.0,), ())
    with pytest.raises(ShapeError, match="cotangent"):
        vjp(cube, 2.0)[1](np.ones(2))
    with pytest.raises(ShapeError, match="cotangent"):
        vjp(lambda x: (x, x), 2.0)[1](1.0)
    with pytest.raises(ShapeError):
        hvp(cube, (2.0,), (X,))


# -- a pull can be used again -----------------------------------------------------------------


def test_a_pull_can_be_used_many_times() -> None:
    _, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
    assert pull(1.0) == (3.0, 2.0)
    assert pull(10.0) == (30.0, 20.0)
    assert pull(1.0) == (3.0, 2.0)


def test_a_pull_outside_of_the_transform_it_was_made_in() -> None:
    x = Value(3.0)
    _, pull = vjp(cube, x)
    (slope,) = pull(1.0)
    slope.backward()
    assert x.grad == 18.0


def test_what_is_no_function_has_no_gradient() -> None:
    x = Value(2.0)
    for transform in (grad, value_and_grad):
        with pytest.raises(TypeError, match=r"takes a function, not Value.* call its backward\(\)"):
            transform(x * x, x)
    with pytest.raises(TypeError, match=r"compile\(\) takes a function, not 3"):
        autograd.compile(3)  # type: ignore[arg-type]
