"""``custom_op``: a user's own rule is as good as one of the book, and its mistakes are named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numerical import finite_gradient

import autograd
from autograd import RuleError, Tensor, Value, custom_op, grad, hessian, hvp, jacobian, jvp, no_grad, vjp

cube = custom_op(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x, name="cube")
product = custom_op(lambda a, b: a * b, lambda g, y, a, b: (g * b, g * a), name="product")


def softened(x: Any) -> Any:
    """log(1 + exp(x)), written for arrays."""
    return np.log1p(np.exp(x))


soft = custom_op(softened, lambda g, y, x: g / (1 + autograd.exp(-x)))
normalise = custom_op(
    lambda x: x / np.sqrt(np.sum(x * x)),
    lambda g, y, x: (g - y * autograd.sum(g * y)) / autograd.sqrt(autograd.sum(x * x)),
    name="normalise",
)
A = np.array([[2.0, 1.0], [0.5, 3.0]])
apply_a = custom_op(lambda x: A @ x, lambda g, y, x: A.T @ g, name="apply_a")


def test_floats_values_arrays_tensors() -> None:
    assert cube(2.0) == 8.0
    assert cube(np.array([2.0, 3.0])).tolist() == [8.0, 27.0]
    x = Value(2.0)
    y = cube(x)
    assert (type(y), y.op, y.data) == (Value, "cube", 8.0)
    y.backward()
    assert x.grad == 12.0
    t = Tensor([2.0, 3.0], requires_grad=True)
    z = cube(t)
    assert (type(z), z.op) == (Tensor, "cube")
    z.backward([1.0, 10.0])
    assert t.grad.tolist() == [12.0, 270.0]


def test_several_inputs() -> None:
    a, b = Value(2.0), Value(5.0)
    product(a, b).backward()
    assert (a.grad, b.grad) == (5.0, 2.0)
    product(a, 3.0).backward()
    assert a.grad == 8.0
    x = Value(3.0)
    product(x, x).backward()
    assert x.grad == 6.0


def test_name_and_documentation() -> None:
    assert soft.name == "softened"
    assert "log(1 + exp(x))" in soft.__doc__
    assert repr(cube) == "<operation cube>"
    assert Tensor([1.0]).name() == "Tensor without a label, of shape (1,)"


def test_it_is_not_in_the_rule_book() -> None:
    assert "cube" not in autograd.operation.TABLE


def test_gradients_of_any_order() -> None:
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0
    assert grad(grad(grad(grad(cube))))(2.0) == 0.0
    assert hessian(product, argnums=(0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))
    np.testing.assert_allclose(
        hessian(lambda x: autograd.sum(cube(x)))(np.array([1.0, 2.0])), np.diag([6.0, 12.0])
    )


def test_forward_mode() -> None:
    assert jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)
    assert jvp(product, (2.0, 3.0), (1.0, 10.0)) == (6.0, 23.0)
    assert jvp(lambda x: jvp(cube, (x,), (1.0,))[1], (2.0,), (1.0,)) == (12.0, 12.0)
    assert hvp(cube, (2.0,), (2.0,)) == (24.0,)
    out, tangent = jvp(cube, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
    assert out.tolist() == [1.0, 8.0]
    assert tangent.tolist() == [3.0, 6.0]


@pytest.mark.parametrize("operation", [normalise, apply_a], ids=lambda op: op.name)
def test_operations_that_are_not_elementwise(operation: Any) -> None:
    x, tangent = np.array([0.6, -1.7]), np.array([0.3, 0.4])
    numeric = finite_gradient(lambda z: operation(z)[0], [x])[0]
    np.testing.assert_allclose(jacobian(operation)(x)[0], numeric, rtol=1e-9)
    pushed = jvp(operation, (x,), (tangent,))[1]
    np.testing.assert_allclose(pushed, jacobian(operation)(x) @ tangent, rtol=1e-13)
    curved = jacobian(jacobian(operation))(x)
    for i in range(2):
        column = finite_gradient(lambda z, i=i: jacobian(operation)(z)[0, i], [x])[0]
        np.testing.assert_allclose(curved[0, i], column, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(
        jvp(jacobian(operation), (x,), (tangent,))[1], curved @ tangent, rtol=1e-12, atol=1e-14
    )


def test_composed_with_the_rule_book() -> None:
    x = np.array([0.3, -0.8])
    expected = 1 / (1 + np.exp(-np.sin(x))) * np.cos(x)
    np.testing.assert_allclose(grad(lambda z: autograd.sum(soft(autograd.sin(z))))(x), expected)
    v = Value(0.3)
    autograd.exp(soft(v * 2.0)).backward()
    assert v.grad == pytest.approx(2 * math.exp(0.6))  # exp(log(1 + exp(2x))) = 1 + exp(2x)


def test_elementwise_rules_may_leave_broadcasting_to_the_engine() -> None:
    a = Tensor(np.ones((2, 3)), requires_grad=True)
    b = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    c = Tensor([[5.0]], requires_grad=True)
    y = product(product(a, b), c)
    assert y.shape == (2, 3)
    y.sum().backward()
    np.testing.assert_array_equal(a.grad, [[5.0, 10.0, 15.0]] * 2)
    np.testing.assert_array_equal(b.grad, [10.0, 10.0, 10.0])
    np.testing.assert_array_equal(c.grad, [[12.0]])
    _, tangents = jvp(product, (np.ones((2, 1)), np.ones(3)), (np.ones((2, 1)), np.zeros(3)))
    np.testing.assert_array_equal(tangents, np.ones((2, 3)))


def test_values_and_arrays_together() -> None:
    w = Value(2.0)
    y = product(w, np.array([1.0, 2.0, 3.0]))
    assert type(y) is Tensor
    y.sum().backward()
    assert type(w.grad) is float
    assert w.grad == 6.0


def test_an_input_without_a_derivative() -> None:
    chosen = custom_op(lambda x, mask: x * mask, lambda g, y, x, mask: (g * mask, None), name="chosen")
    x, mask = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 0.0], requires_grad=True)
    chosen(x, mask).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]
    assert mask.grad.tolist() == [0.0, 0.0]
    assert jvp(chosen, (3.0, 2.0), (1.0, 1.0)) == (6.0, 2.0)


def test_a_function_of_any_number_of_inputs() -> None:
    total = custom_op(lambda *x: sum(x), lambda g, y, *x: [g] * len(x), name="total")
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    total(a, b, c, b).backward()
    assert (a.grad, b.grad, c.grad) == (1.0, 2.0, 1.0)


def test_in_no_grad() -> None:
    with no_grad():
        assert cube(Value(2.0)).parents == ()


def test_a_rule_may_use_the_result() -> None:
    exponential = custom_op(np.exp, lambda g, y, x: g * y, name="exponential")
    assert grad(exponential)(1.0) == pytest.approx(math.e)
    assert grad(grad(exponential))(1.0) == pytest.approx(math.e)
    assert type(grad(exponential)(1.0)) is float


# -- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "returned", [lambda g: (g,), lambda g: g, lambda g: (g, g, g), lambda g: [], lambda g: ()]
)
def test_the_wrong_number_of_gradients(returned: Any) -> None:
    broken = custom_op(lambda a, b: a * b, lambda g, y, a, b: returned(g), name="broken")
    for make in (Value, lambda x: Tensor([x], requires_grad=True)):
        a, b = make(2.0), make(3.0)
        with pytest.raises(RuleError, match=r"the rule of broken returned \d gradients for 2 inputs"):
            broken(a, b).backward()
        assert a.grad is None
        assert b.grad is None
    with pytest.raises(RuleError, match="broken"):
        jvp(broken, (2.0, 3.0), (1.0, 1.0))


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1,), ()])
def test_the_wrong_shape(shape: tuple[int, ...]) -> None:
    broken = custom_op(np.sum, lambda g, y, x: np.ones(shape), name="broken")
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    with pytest.raises(
        RuleError, match=r"the rule of broken returned a gradient of shape .* which has shape \(2,\)"
    ):
        broken(x).backward()
    assert x.grad is None
    with pytest.raises(RuleError, match="broken"):
        vjp(broken, np.ones(2))[1](1.0)


def test_a_shape_that_broadcasts_only_by_accident() -> None:
    """A rule of an operation that is not elementwise may not return a gradient of the output's shape."""
    broken = custom_op(lambda x: x[:1], lambda g, y, x: np.ones((2, 1)), name="broken")
    x = Tensor(np.ones(2), requires_grad=True)
    with pytest.raises(RuleError, match="broken"):
        broken(x).backward([1.0])


@pytest.mark.parametrize("gradient", ["a", object(), 1j], ids=lambda x: type(x).__name__)
def test_a_gradient_that_is_no_number(gradient: Any) -> None:
    broken = custom_op(lambda x: x * 1.0, lambda g, y, x: gradient, name="broken")
    x = Value(2.0)
    with pytest.raises((TypeError, ValueError)):
        broken(x).backward()
    assert x.grad is None


@pytest.mark.parametrize("result", [None, "a", [1.0, 2.0]], ids=str)
def test_a_function_that_returns_no_number(result: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        custom_op(lambda x: result, lambda g, y, x: g, name="broken")(Value(2.0))


def test_forward_mode_of_scalars_takes_the_slopes_and_no_nan_from_a_pole() -> None:
    steep = custom_op(
        lambda a, b: a + b, lambda g, y, a, b: (g / a if a else g * np.inf, g * 3.0), name="steep"
    )
    assert autograd.jvp(steep, (2.0, 1.0), (1.0, 10.0))[1] == 30.5
    assert autograd.jvp(steep, (0.0, 1.0), (0.0, 1.0))[1] == 3.0
