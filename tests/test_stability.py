"""Extreme inputs: large and tiny numbers, poles, kinks, ties and branches that are not taken.

Values and Tensors follow the same conventions, so most tests run both. A warning is an error in this suite,
so each test also says that none leaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad, hessian, jvp, ops, window_ops

inf, nan = math.inf, math.nan
Numbers = tuple[float, ...]


def of_values(function: Callable[..., Any], inputs: Numbers) -> tuple[float, Numbers]:
    nodes = [Value(x) for x in inputs]
    y = function(*nodes)
    y.backward()
    return y.data, tuple(0.0 if node.grad is None else node.grad for node in nodes)


def of_tensors(function: Callable[..., Any], inputs: Numbers) -> tuple[float, Numbers]:
    nodes = [Tensor([x], requires_grad=True) for x in inputs]
    y = function(*nodes)
    y.backward()
    return y.data[0], tuple(0.0 if node.grad is None else node.grad[0] for node in nodes)


def of_single_precision(function: Callable[..., Any], inputs: Numbers) -> tuple[float, Numbers]:
    nodes = [Tensor([x], requires_grad=True, dtype=np.float32) for x in inputs]
    y = function(*nodes)
    y.backward()
    assert y.dtype == np.float32
    return y.data[0], tuple(0.0 if node.grad is None else node.grad[0] for node in nodes)


both = pytest.mark.parametrize("run", [of_values, of_tensors])
Run = Callable[[Callable[..., Any], Numbers], tuple[float, Numbers]]


def same(found: tuple[float, Numbers], value: float, gradient: Numbers, relative: float = 1e-15) -> None:
    """Equal to the last digits, infinities and NaN included."""
    np.testing.assert_allclose(found[0], value, rtol=relative, atol=0)
    np.testing.assert_allclose(found[1], gradient, rtol=relative, atol=0)


# -- large and tiny inputs --------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("name", "x", "value", "slope"),
    [
        ("sigmoid", 1000.0, 1.0, 0.0),
        ("sigmoid", -1000.0, 0.0, 0.0),
        ("sigmoid", -700.0, math.exp(-700), math.exp(-700)),
        ("sigmoid", inf, 1.0, 0.0),
        ("sigmoid", -inf, 0.0, 0.0),
        ("softplus", 1000.0, 1000.0, 1.0),
        ("softplus", -1000.0, 0.0, 0.0),
        ("softplus", -700.0, math.exp(-700), math.exp(-700)),
        ("softplus", inf, inf, 1.0),
        ("softplus", -inf, 0.0, 0.0),
        ("logsigmoid", 1000.0, 0.0, 0.0),
        ("logsigmoid", -1000.0, -1000.0, 1.0),
        ("logsigmoid", 50.0, -math.exp(-50), math.exp(-50)),
        ("tanh", 50.0, 1.0, 0.0),
        ("tanh", -50.0, -1.0, 0.0),
        ("log1p", 1e-20, 1e-20, 1.0),
        ("log1p", -1e-20, -1e-20, 1.0),
        ("expm1", 1e-20, 1e-20, 1.0),
        ("expm1", -1e-20, -1e-20, 1.0),
        ("expm1", -1000.0, -1.0, 0.0),
        ("exp", 1000.0, inf, inf),
        ("exp", -1000.0, 0.0, 0.0),
        ("cosh", 1000.0, inf, inf),
        ("sinh", -1000.0, -inf, inf),
        ("elu", 1000.0, 1000.0, 1.0),
        ("elu", -1000.0, -1.0, 0.0),
        ("selu", 1000.0, 1050.7009873554805, 1.0507009873554805),
        ("silu", 1000.0, 1000.0, 1.0),
        ("silu", -1000.0, 0.0, 0.0),
        ("mish", 1000.0, 1000.0, 1.0),
        ("mish", -1000.0, 0.0, 0.0),
        ("gelu", 40.0, 40.0, 1.0),
        ("gelu", -40.0, 0.0, 0.0),
        ("gelu", -10.0, -7.619853024160527e-23, -7.618400096464892e-22),
        ("gelu_tanh", 1000.0, 1000.0, 1.0),
        ("gelu_tanh", -1000.0, 0.0, 0.0),
        ("softsign", 1e300, 1.0, 0.0),
        ("erfc", 10.0, 2.088487583762545e-45, -2 / math.sqrt(math.pi) * math.exp(-100)),
        ("asinh", 1e200, 461.2101657793691, 1e-200),
    ],
)
def test_far_from_zero(run: Run, name: str, x: float, value: float, slope: float) -> None:
    same(run(getattr(autograd, name), (x,)), value, (slope,), relative=1e-12)


@both
def test_logaddexp(run: Run) -> None:
    same(run(autograd.logaddexp, (1e4, 1e4)), 1e4 + math.log(2), (0.5, 0.5), relative=1e-12)
    same(run(autograd.logaddexp, (-1e4, -1e4)), -1e4 + math.log(2), (0.5, 0.5), relative=1e-12)
    same(run(autograd.logaddexp, (1e4, -1e4)), 1e4, (1.0, 0.0))
    same(run(autograd.logaddexp, (-inf, 1.0)), 1.0, (0.0, 1.0))
    assert run(autograd.logaddexp, (-inf, -inf))[0] == -inf
    assert run(autograd.logaddexp, (inf, -inf))[0] == inf
    assert run(autograd.logaddexp, (inf, inf))[0] == inf


@both
def test_hypot(run: Run) -> None:
    same(run(autograd.hypot, (3e200, 4e200)), 5e200, (0.6, 0.8))
    same(run(autograd.hypot, (3e-200, 4e-200)), 5e-200, (0.6, 0.8))
    same(run(autograd.hypot, (0.0, 0.0)), 0.0, (0.0, 0.0))


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "tanh", "logsigmoid", "silu", "mish", "gelu", "elu"])
@pytest.mark.parametrize("x", [-1000.0, -100.0, 100.0, 1000.0])
def test_single_precision_stays_finite(name: str, x: float) -> None:
    value, (slope,) = of_single_precision(getattr(autograd, name), (x,))
    assert np.isfinite(value)
    assert np.isfinite(slope)


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4])
def test_softmax_family_is_invariant_to_an_offset(offset: float) -> None:
    x = Tensor(np.array([0.0, 0.0, -np.inf]) + offset, requires_grad=True)
    np.testing.assert_allclose(autograd.softmax(x).data, [0.5, 0.5, 0.0], rtol=1e-15)
    np.testing.assert_allclose(autograd.log_softmax(x).data, [-math.log(2), -math.log(2), -inf], rtol=1e-15)
    total = autograd.logsumexp(x)
    np.testing.assert_allclose(total.data, offset + math.log(2), rtol=1e-15)
    total.backward()
    np.testing.assert_allclose(x.grad, [0.5, 0.5, 0.0], rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4, -3e5])
def test_shares_keep_their_digits_at_any_offset_in_single_precision(offset: float) -> None:
    apart = np.array([0.0, -1.0, -0.5], np.float32)
    shares = np.exp(apart.astype(float)) / np.exp(apart.astype(float)).sum()
    x = Tensor(apart + np.float32(offset), requires_grad=True)
    autograd.logsumexp(x).backward()
    np.testing.assert_allclose(x.grad, shares, rtol=1e-6)
    a, b = (Tensor(x.data[i : i + 1], requires_grad=True) for i in range(2))
    autograd.logaddexp(a, b).backward(np.ones(1, np.float32))
    np.testing.assert_allclose([a.grad[0], b.grad[0]], 1 / (1 + np.exp([-1.0, 1.0])), rtol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "cofactors"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        ([[0.0]], [[1.0]]),
        ([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 3.0]], [[0.0] * 3, [0.0, 6.0, 0.0], [0.0] * 3]),
        ([[1.0, 1.0, 1.0]] * 3, [[0.0] * 3] * 3),
    ],
)
def test_the_determinant_of_a_matrix_without_an_inverse_has_a_slope(matrix: Any, cofactors: Any) -> None:
    x = Tensor(matrix, requires_grad=True)
    autograd.det(x).backward()
    np.testing.assert_allclose(x.grad, cofactors, atol=1e-12)
    autograd.gradcheck(autograd.det, [np.array(matrix)])


def test_logsumexp_of_infinities() -> None:
    assert autograd.logsumexp(np.array([-inf, -inf])) == -inf
    assert autograd.logsumexp(np.array([inf, 0.0])) == inf
    assert math.isnan(autograd.logsumexp(np.array([nan, 0.0])))


def test_softmax_far_apart() -> None:
    x = Tensor([1e4, -1e4], requires_grad=True)
    autograd.log_softmax(x)[1].backward()
    np.testing.assert_allclose(x.grad, [-1.0, 1.0])
    assert autograd.log_softmax(x).data[1] == -2e4


# -- norms, products, statistics --------------------------------------------------------------


def gradient(function: Callable[..., Any], x: Any) -> Any:
    return grad(lambda z: autograd.sum(function(z)))(np.array(x, dtype=float))


@pytest.mark.parametrize("order", [None, 1, 2, 3, inf])
def test_norm_at_zero(order: float | None) -> None:
    assert autograd.norm(np.zeros(3), order) == 0.0
    np.testing.assert_array_equal(
        gradient(lambda x: autograd.norm(x, order), [0.0, 0.0, 0.0]), [0.0, 0.0, 0.0]
    )


def test_norm_at_zero_has_second_derivative_zero() -> None:
    np.testing.assert_array_equal(hessian(autograd.norm)(np.zeros(2)), np.zeros((2, 2)))


def test_norm_of_one_row_at_zero() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(gradient(lambda x: autograd.norm(x, axis=1), x), [[0.0, 0.0], [0.6, 0.8]])


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e200, 1e307])
def test_norm_of_huge_and_tiny_numbers(scale: float) -> None:
    x = np.array([3.0, 4.0]) * scale
    assert autograd.norm(x) == pytest.approx(5 * scale)
    np.testing.assert_allclose(gradient(autograd.norm, x), [0.6, 0.8], rtol=1e-8)


def test_norm_with_an_infinity() -> None:
    assert autograd.norm(np.array([inf, 1.0])) == inf
    assert math.isnan(autograd.norm(np.array([nan, 1.0])))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
        ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0]),
        ([0.0], [1.0]),
        ([], []),
    ],
)
def test_prod_with_zeros(x: list[float], expected: list[float]) -> None:
    np.testing.assert_array_equal(gradient(autograd.prod, x), expected)


def test_prod_with_zeros_twice() -> None:
    np.testing.assert_array_equal(
        hessian(autograd.prod)(np.array([0.0, 3.0, 0.0])), [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    )


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 4.0], [1 + 3 + 12, 2 + 8, 6]),
        ([2.0, 0.0, 4.0], [1.0, 2 + 8, 0.0]),
        ([0.0, 3.0, 4.0], [1 + 3 + 12, 0.0, 0.0]),
        ([0.0, 0.0], [1.0, 0.0]),
        ([], []),
    ],
)
def test_cumprod_with_zeros(x: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(gradient(autograd.cumprod, x), expected, rtol=1e-15)


def test_cumprod_with_zeros_twice() -> None:
    # y = (a, ab, abc) at b = 0: of the sum, d²/da db = 1 + c and d²/db dc = a.
    np.testing.assert_array_equal(
        hessian(lambda x: autograd.sum(autograd.cumprod(x)))(np.array([2.0, 0.0, 5.0])),
        [[0.0, 6.0, 0.0], [6.0, 0.0, 2.0], [0.0, 2.0, 0.0]],
    )


def test_var_with_a_huge_offset() -> None:
    x = np.array([1e9 + 1, 1e9 + 2, 1e9 + 3])
    assert autograd.var(x) == pytest.approx(2 / 3, rel=1e-12)
    np.testing.assert_allclose(gradient(autograd.var, x), [-2 / 3, 0.0, 2 / 3], atol=1e-12)
    assert autograd.std(x) == pytest.approx(math.sqrt(2 / 3), rel=1e-12)


def test_std_of_equal_numbers() -> None:
    x = np.full(3, 2.0)
    assert autograd.std(x) == 0.0
    np.testing.assert_array_equal(gradient(autograd.std, x), np.zeros(3))
    np.testing.assert_array_equal(hessian(autograd.std)(x), np.zeros((3, 3)))


def test_of_nothing() -> None:
    empty = np.zeros((0, 2))
    assert autograd.sum(empty) == 0.0
    assert autograd.prod(empty) == 1.0
    for function in (autograd.sum, autograd.prod, autograd.norm, autograd.cumsum):
        assert gradient(function, empty).shape == (0, 2)
    with pytest.raises(ValueError, match=r"amax of .*\(0, 2\)"):
        gradient(autograd.amax, empty)


# -- ties -------------------------------------------------------------------------------------


def test_ties_share_the_gradient() -> None:
    np.testing.assert_array_equal(gradient(autograd.amax, [1.0, 1.0, 0.0]), [0.5, 0.5, 0.0])
    np.testing.assert_allclose(gradient(autograd.amin, [1.0, 1.0, 1.0]), [1 / 3, 1 / 3, 1 / 3])
    rows = [[1.0, 1.0], [0.0, 2.0]]
    np.testing.assert_array_equal(
        gradient(lambda x: autograd.amax(x, axis=1), rows), [[0.5, 0.5], [0.0, 1.0]]
    )
    np.testing.assert_array_equal(gradient(lambda x: autograd.norm(x, inf), [1.0, -1.0]), [0.5, -0.5])


@pytest.mark.parametrize("length", [2, 11, 12, 16, 17])
def test_ties_in_a_large_window_share_the_gradient(length: int) -> None:
    x = Tensor(np.zeros((1, 1, length, length)), requires_grad=True)
    window_ops.max_pool(
        x, size=(length,) * 2, stride=(1, 1), padding=(0, 0), dilation=(1, 1)
    ).sum().backward()
    np.testing.assert_allclose(x.grad, 1 / length**2)


def test_sort_with_ties_is_stable() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(
        gradient(lambda x: autograd.sort(x) * weights, [1.0, 1.0, 0.0]), [2.0, 3.0, 1.0]
    )


# -- kinks: the conventions -------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("function", "inputs", "value", "slopes"),
    [
        (autograd.relu, (0.0,), 0.0, (0.0,)),
        (autograd.relu, (-0.0,), 0.0, (0.0,)),
        (autograd.abs, (0.0,), 0.0, (0.0,)),
        (autograd.abs, (-0.0,), 0.0, (0.0,)),
        (autograd.abs, (-2.0,), 2.0, (-1.0,)),
        (autograd.maximum, (1.0, 1.0), 1.0, (0.5, 0.5)),
        (autograd.maximum, (1.0, 2.0), 2.0, (0.0, 1.0)),
        (autograd.minimum, (1.0, 1.0), 1.0, (0.5, 0.5)),
        (autograd.minimum, (1.0, 2.0), 1.0, (1.0, 0.0)),
        (lambda x: autograd.clip(x, 0.0, 1.0), (0.0,), 0.0, (1.0,)),
        (lambda x: autograd.clip(x, 0.0, 1.0), (1.0,), 1.0, (1.0,)),
        (lambda x: autograd.clip(x, 0.0, 1.0), (1.5,), 1.0, (0.0,)),
        (autograd.clip, (1.5, 0.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
        (autograd.clip, (-1.5, 0.0, 1.0), 0.0, (0.0, 1.0, 0.0)),
        (autograd.clip, (0.5, 2.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
        (lambda x: x**0, (0.0,), 1.0, (0.0,)),
        (lambda x: x**0, (3.0,), 1.0, (0.0,)),
        (lambda x: x**1, (0.0,), 0.0, (1.0,)),
        (lambda x: x**2, (0.0,), 0.0, (0.0,)),
        (lambda a, b: a**b, (0.0, 0.0), 1.0, (0.0, 0.0)),
        (lambda a, b: a**b, (0.0, 2.0), 0.0, (0.0, 0.0)),
        (lambda x: 0**x, (2.0,), 0.0, (0.0,)),
        (autograd.floor, (2.0,), 2.0, (0.0,)),
        (autograd.floor, (-2.5,), -3.0, (0.0,)),
        (autograd.sign, (0.0,), 0.0, (0.0,)),
        (autograd.sign, (-3.0,), -1.0, (0.0,)),
        (autograd.leaky_relu, (0.0,), 0.0, (0.01,)),
        (lambda x: x**3, (-2.0,), -8.0, (12.0,)),
        (lambda x: x**-1, (-2.0,), -0.5, (-0.25,)),
    ],
)
def test_kinks(run: Run, function: Any, inputs: Numbers, value: float, slopes: Numbers) -> None:
    same(run(lambda *x: function(*x) + 0 * x[0], inputs), value, slopes)


@pytest.mark.parametrize(("power", "second"), [(0, 0.0), (1, 0.0), (2, 2.0), (3, 0.0)])
def test_second_derivative_of_powers_at_zero(power: int, second: float) -> None:
    assert grad(grad(lambda x: x**power))(0.0) == second
    np.testing.assert_array_equal(hessian(lambda x: autograd.sum(x**power))(np.zeros(1)), [[second]])


# -- poles: IEEE values, no exceptions --------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("function", "inputs", "value", "slopes"),
    [
        (autograd.log, (0.0,), -inf, (inf,)),
        (autograd.log, (-1.0,), nan, (-1.0,)),
        (autograd.log2, (0.0,), -inf, (inf,)),
        (autograd.log10, (0.0,), -inf, (inf,)),
        (autograd.log1p, (-1.0,), -inf, (inf,)),
        (autograd.log1p, (-2.0,), nan, (-1.0,)),
        (autograd.sqrt, (0.0,), 0.0, (inf,)),
        (autograd.sqrt, (-1.0,), nan, (nan,)),
        (autograd.rsqrt, (0.0,), inf, (-inf,)),
        (autograd.reciprocal, (0.0,), inf, (-inf,)),
        (lambda x: 1 / x, (0.0,), inf, (-inf,)),
        (lambda x: 1 / x, (-0.0,), -inf, (-inf,)),
        (lambda a, b: a / b, (0.0, 0.0), nan, (inf, nan)),
        (lambda a, b: a / b, (-1.0, 0.0), -inf, (inf, inf)),
        (lambda x: x**-1, (0.0,), inf, (-inf,)),
        (lambda x: x**0.5, (0.0,), 0.0, (inf,)),
        (lambda x: x ** (1 / 3), (-8.0,), nan, (nan,)),
        (lambda x: (-8) ** x, (1 / 3,), nan, (nan,)),
        (lambda x: 10.0**x, (400.0,), inf, (inf,)),
        (autograd.asin, (1.0,), math.pi / 2, (inf,)),
        (autograd.asin, (2.0,), nan, (nan,)),
        (autograd.acos, (-1.0,), math.pi, (-inf,)),
        (autograd.acosh, (1.0,), 0.0, (inf,)),
        (autograd.acosh, (0.5,), nan, (nan,)),
        (autograd.atanh, (1.0,), inf, (inf,)),
        (autograd.atanh, (-1.0,), -inf, (inf,)),
        (autograd.sin, (inf,), nan, (nan,)),
        (autograd.square, (1e200,), inf, (2e200,)),
        (lambda x: x * x, (1e200,), inf, (2e200,)),
        (lambda x: x - x, (inf,), nan, (0.0,)),
    ],
)
def test_poles(run: Run, function: Any, inputs: Numbers, value: float, slopes: Numbers) -> None:
    same(run(function, inputs), value, slopes)


@pytest.mark.parametrize("eight", [-8, -8.0, np.float64(-8.0)])
def test_roots_of_negative_numbers_are_never_complex(eight: Any) -> None:
    assert math.isnan(autograd.power(eight, 1 / 3))
    assert math.isnan((Value(eight) ** (1 / 3)).data)
    assert math.isnan((eight ** Value(1 / 3)).data)
    assert math.isnan((Tensor(float(eight)) ** (1 / 3)).data)
    assert np.isnan(autograd.power(np.array([eight]), 1 / 3)).all()


@pytest.mark.parametrize("zero", [0, 0.0, np.float64(0.0), np.array(0.0), np.array([0.0])])
def test_poles_of_plain_numbers(zero: Any) -> None:
    assert autograd.log(zero) == -inf
    assert autograd.reciprocal(zero) == inf
    assert autograd.rsqrt(zero) == inf
    assert autograd.div(1.0, zero) == inf
    assert autograd.power(zero, -1.0) == inf


# -- branches not taken -----------------------------------------------------------------------

BRANCHES = {
    "sqrt": lambda x: autograd.where(x > 0, autograd.sqrt(x), x),
    "log": lambda x: autograd.where(x > 0, autograd.log(x), x),
    "x log x": lambda x: autograd.where(x > 0, x * autograd.log(x), x),
    "power": lambda x: autograd.where(x > 0, x**0.5, x),
    "division": lambda x: autograd.where(x != 0, autograd.sin(x) / x, x),
    "reciprocal": lambda x: autograd.where(x > 0, 1 / x, x),
    "rsqrt": lambda x: autograd.where(x > 0, autograd.rsqrt(x), x),
    "overflow": lambda x: autograd.where(x > 0, autograd.exp(1e4 - x * 1e4), x),
    "atanh": lambda x: autograd.where(x > 0, autograd.atanh(x + 1), x),
    "acosh": lambda x: autograd.where(x > 0, autograd.acosh(x + 1), x),
    "norm": lambda x: autograd.where(x > 0, autograd.hypot(x, x) / x, x),
    "both ways": lambda x: autograd.where(
        x <= 0, x, autograd.where(x > 0, autograd.sqrt(x), autograd.log(x))
    ),
}


@both
@pytest.mark.parametrize("name", BRANCHES)
def test_branch_not_taken_is_silent(run: Run, name: str) -> None:
    for x in (0.0, -1.0) if name != "division" else (0.0,):
        same(run(BRANCHES[name], (x,)), x, (1.0,))


@pytest.mark.parametrize("name", BRANCHES)
def test_branch_not_taken_is_silent_in_forward_mode(name: str) -> None:
    assert jvp(BRANCHES[name], (0.0,), (1.0,)) == (0.0, 1.0)
    out, tangent = jvp(BRANCHES[name], (np.zeros(2),), (np.array([1.0, 2.0]),))
    np.testing.assert_array_equal(out, [0.0, 0.0])
    np.testing.assert_array_equal(tangent, [1.0, 2.0])


@pytest.mark.parametrize("name", BRANCHES)
def test_branch_not_taken_is_silent_in_second_order(name: str) -> None:
    assert grad(grad(BRANCHES[name]))(0.0) == 0.0
    assert jvp(grad(BRANCHES[name]), (0.0,), (1.0,)) == (1.0, 0.0)
    of_array = hessian(lambda x: autograd.sum(BRANCHES[name](x)))(np.zeros(2))
    np.testing.assert_array_equal(of_array, np.zeros((2, 2)))


@both
def test_weight_of_zero_is_silent(run: Run) -> None:
    _, (slope,) = run(lambda x: autograd.relu(autograd.log(x)), (0.0,))
    assert slope == 0.0
    _, (slope,) = run(lambda x: autograd.maximum(autograd.sqrt(x), 1.0), (0.0,))
    assert slope == 0.0
    _, (slope,) = run(lambda x: autograd.clip(autograd.log(x), -1.0, 1.0), (0.0,))
    assert slope == 0.0


FLAT: dict[str, Any] = {
    "relu": autograd.relu,
    "maximum": lambda x: autograd.maximum(x, 0.0),
    "minimum": lambda x: 0.0 - autograd.minimum(-x, 0.0),
    "clip": lambda x: autograd.clip(x, 0.0, 1.0),
    "where": lambda x: autograd.where(x > 0, x, 0.0),
    "sign": lambda x: autograd.sign(x) + 1.0,
    "floor": lambda x: autograd.floor(x * 0.25) + 1.0,
    "abs": lambda x: autograd.abs(autograd.relu(x)),
}


@both
@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("pole", ["sqrt", "log", "reciprocal", "rsqrt"])
def test_a_pole_behind_a_flat_piece_is_silent(run: Run, name: str, pole: str) -> None:
    """Below 0 each of these is constantly 0: whatever its root or logarithm does, x has no part in it."""
    function = getattr(autograd, pole)
    value, (slope,) = run(lambda x: function(FLAT[name](x)), (-1.0,))
    assert value == function(0.0)
    assert slope == 0.0
    assert jvp(lambda x: function(FLAT[name](x)), (-1.0,), (1.0,))[1] == 0.0
    assert grad(grad(lambda x: function(FLAT[name](x))))(-1.0) == 0.0


def test_an_element_not_selected_is_silent() -> None:
    x = np.array([0.0, 4.0])
    np.testing.assert_array_equal(gradient(lambda x: autograd.sqrt(x)[1], x), [0.0, 0.25])
    np.testing.assert_array_equal(gradient(lambda x: autograd.amax(autograd.sqrt(x)), x), [0.0, 0.25])


# -- kinds of zero and of NaN -----------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "name", ["relu", "abs", "sign", "floor", "sigmoid", "softplus", "tanh", "sin", "exp", "clip"]
)
def test_nan_stays_nan(run: Run, name: str) -> None:
    value, _ = run(getattr(autograd, name), (nan,))
    assert math.isnan(value)


@both
@pytest.mark.parametrize("name", ["maximum", "minimum", "hypot", "logaddexp"])
def test_nan_in_either_input(run: Run, name: str) -> None:
    for inputs in ((nan, 1.0), (1.0, nan)):
        assert math.isnan(run(getattr(autograd, name), inputs)[0])


def test_floor_of_infinity() -> None:
    assert autograd.floor(inf) == inf
    assert autograd.floor(-inf) == -inf
    assert math.isnan(autograd.floor(nan))


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_the_slope_of_an_angle_survives_any_scale(size: float) -> None:
    y, x = Value(3 * size), Value(4 * size)
    autograd.atan2(y, x).backward()
    assert (y.grad, x.grad) == pytest.approx((4 / 25 / size, -3 / 25 / size), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("shape", [(), (6,), (3, 4)])
def test_a_mask_lets_nothing_through_where_it_is_closed(dtype: Any, shape: tuple[int, ...]) -> None:
    """Not even what is infinite or no number; what it lets through stays as it is, to the bit."""
    numbers = np.array([1.5, -0.0, np.inf, -np.inf, np.nan, 5e-8] * 2, dtype)[: math.prod(shape)]
    numbers = numbers.reshape(shape).T
    for mask in (np.ones(shape, bool).T, np.zeros(shape, bool).T, numbers > 0):
        found = ops.scale.compute([mask, numbers], {})
        expected = np.where(mask, numbers, dtype(0))
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found[mask]), np.signbit(expected[mask]))
