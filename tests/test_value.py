"""``Value`` as a Python number: operators, comparisons, conversions, NumPy on either side, bad data."""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import CutGraphError, Tensor, Value

Binary = Callable[[Any, Any], Any]

OPERATORS: dict[str, tuple[Binary, Callable[[float, float], tuple[float, float]]]] = {
    "+": (operator.add, lambda a, b: (1.0, 1.0)),
    "-": (operator.sub, lambda a, b: (1.0, -1.0)),
    "*": (operator.mul, lambda a, b: (b, a)),
    "/": (operator.truediv, lambda a, b: (1 / b, -a / b**2)),
    "**": (operator.pow, lambda a, b: (b * a ** (b - 1), a**b * math.log(a))),
}
operators = pytest.mark.parametrize("name", OPERATORS)


@operators
@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (0.5, -1.5), (7.0, 0.25)])
def test_two_values(name: str, a: float, b: float) -> None:
    compute, slopes = OPERATORS[name]
    x, y = Value(a), Value(b)
    z = compute(x, y)
    assert type(z) is Value
    assert z.parents == (x, y)
    assert z.data == compute(a, b)
    z.backward()
    assert (x.grad, y.grad) == pytest.approx(slopes(a, b), rel=1e-15)


PLAIN = [3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), np.uint8(3), np.bool_(True), Fraction(3)]
PLAIN += [np.array(3.0), np.array(3)]


@operators
@pytest.mark.parametrize("number", PLAIN, ids=lambda x: f"{type(x).__name__}{np.ndim(x)}")
def test_plain_numbers_on_both_sides(name: str, number: Any) -> None:
    compute, slopes = OPERATORS[name]
    plain = float(number)
    x = Value(2.0)
    z = compute(x, number)
    assert type(z) is Value
    assert z.data == compute(2.0, plain)
    z.backward()
    assert x.grad == pytest.approx(slopes(2.0, plain)[0], rel=1e-15)

    x = Value(2.0)
    z = compute(number, x)
    assert type(z) is Value
    assert z.data == compute(plain, 2.0)
    z.backward()
    assert x.grad == pytest.approx(slopes(plain, 2.0)[1], rel=1e-15)


@operators
def test_arrays_on_both_sides_make_tensors(name: str) -> None:
    compute, slopes = OPERATORS[name]
    array = np.array([1.5, 2.5])
    for order in (lambda a, b: (a, b), lambda a, b: (b, a)):
        x = Value(2.0)
        z = compute(*order(x, array))
        assert type(z) is Tensor
        np.testing.assert_array_equal(z.data, compute(*order(2.0, array)))
        z.backward(np.ones(2))
        position = 0 if order(0, 1) == (0, 1) else 1
        expected = math.fsum(slopes(*order(2.0, float(b)))[position] for b in array)
        assert type(x.grad) is float
        assert x.grad == pytest.approx(expected, rel=1e-14)


@operators
@pytest.mark.parametrize(
    "other", ["1", None, 1j, [1.0], (1.0,), {}, object()], ids=lambda x: type(x).__name__
)
def test_operators_refuse_what_is_no_number(name: str, other: Any) -> None:
    compute, _ = OPERATORS[name]
    for arguments in ((Value(2.0), other), (other, Value(2.0))):
        with pytest.raises(TypeError):
            compute(*arguments)


def test_signs() -> None:
    x = Value(-2.0)
    assert (-x).data == 2.0
    assert (+x).data == -2.0
    assert abs(x).data == 2.0
    y = -x + abs(x)
    y.backward()
    assert x.grad == -2.0


def test_the_same_number_twice() -> None:
    x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0
    x.zero_grad()
    (x + x).backward()
    assert x.grad == 2.0
    x.zero_grad()
    (x / x - x).backward()
    assert x.grad == -1.0
    x.zero_grad()
    (x**x).backward()
    assert x.grad == pytest.approx(27 * (math.log(3) + 1))


def test_operators_in_place_make_new_nodes() -> None:
    x = Value(3.0)
    y = x
    y += 1
    y *= 2
    y -= x
    y /= 4
    y **= 2
    assert x.data == 3.0
    y.backward()
    assert y.data == 1.5625
    assert x.grad == pytest.approx(2 * 1.25 / 4)


def test_builtins() -> None:
    a, b = Value(1.0), Value(2.0)
    total = sum([a, b, 3])
    assert type(total) is Value
    assert total.data == 6.0
    assert max([a, b]) is b
    assert min(a, b) is a
    assert sorted([b, a]) == [a, b]
    assert math.prod([a, b, b]).data == 4.0


# -- comparing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
)
@pytest.mark.parametrize("b", [1.0, 2.0, 3.0])
def test_comparisons_are_by_number(compare: Binary, b: float) -> None:
    expected = compare(2.0, b)
    for left in (2.0, Value(2.0), np.float64(2.0), 2):
        for right in (b, Value(b), np.float64(b), int(b)):
            if isinstance(left, Value) or isinstance(right, Value):
                assert bool(compare(left, right)) is expected


def test_comparing_with_something_else() -> None:
    assert Value(2.0) != "2"
    assert Value(2.0) != None  # noqa: E711
    with pytest.raises(TypeError):
        Value(2.0) < "2"  # noqa: B015


def test_nodes_are_hashed_by_identity() -> None:
    a, b = Value(2.0), Value(2.0)
    assert len({a, b}) == 2
    assert {a: 1}[a] == 1


def test_truth() -> None:
    assert Value(2.0)
    assert not Value(0.0)


# -- leaving ----------------------------------------------------------------------------------


def test_conversions() -> None:
    x = Value(2.75)
    assert float(x) == 2.75
    assert type(float(x)) is float
    assert int(x) == 2
    assert round(x) == 3
    assert type(round(x)) is int
    assert round(x, 1) == 2.8
    assert math.sin(x) == math.sin(2.75)
    assert np.asarray(x) == 2.75
    assert np.asarray(x).shape == ()
    assert np.array([x, x], dtype=float).tolist() == [2.75, 2.75]


def test_format_and_repr() -> None:
    x = Value(2.0, label="x")
    assert f"{x:.3f}" == "2.000"
    assert f"{x:8.1f}|" == "     2.0|"
    assert f"{x}" == str(x) == repr(x) == "Value(2, label='x')"
    (x * 3).backward()
    assert repr(x) == "Value(2, grad=3, label='x')"
    assert repr(Value(1 / 3)) == "Value(0.333333)"


def test_detach() -> None:
    x = Value(2.0, label="x")
    y = (x * 3).detach()
    assert y.data == 6.0
    assert not y.requires_grad
    (y * x).backward()
    assert x.grad == 6.0
    assert x.detach().label == "x"


# -- data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [3, 3.0, True, np.float32(3), np.int8(3), np.array(3), np.array(3.0), Fraction(3, 2)]
)
def test_data_becomes_a_float(data: Any) -> None:
    x = Value(data)
    assert type(x.data) is float
    assert x.data == float(data)
    x.data = data
    assert type(x.data) is float


def test_data_of_another_node() -> None:
    assert Value(Value(2.0)).data == 2.0
    assert Value(Tensor(2.0)).data == 2.0


@pytest.mark.parametrize(
    "data",
    [
        None,
        "3",
        1j,
        [1.0],
        (1.0,),
        np.array([1.0]),
        np.array([1.0, 2.0]),
        np.array("a"),
        np.complex128(1),
        {},
    ],
    ids=lambda x: f"{type(x).__name__}{np.ndim(x) or ''}",
)
def test_bad_data(data: Any) -> None:
    with pytest.raises(TypeError, match="one real number"):
        Value(data)
    x = Value(1.0)
    with pytest.raises(TypeError, match="one real number"):
        x.data = data
    assert x.data == 1.0


def test_a_list_as_data_points_to_tensor() -> None:
    with pytest.raises(TypeError, match="Tensor"):
        Value([1.0, 2.0])


def test_attributes() -> None:
    a = Value(2.0, label="a")
    assert (a.data, a.grad, a.label, a.op, a.parents, a.shape) == (2.0, None, "a", "", (), ())
    b = a * 3.0
    assert b.op == "mul"
    assert b.parents[0] is a
    assert b.parents[1].data == 3.0
    assert not b.parents[1].requires_grad
    assert b.label == ""
    with pytest.raises(AttributeError):
        a.colour = "red"
    with pytest.raises(AttributeError, match="leaf"):
        b.data = 1.0
    with pytest.raises(AttributeError, match="leaf"):
        b.add_(1.0)


# -- NumPy ------------------------------------------------------------------------------------


def test_an_array_times_a_value() -> None:
    x = Value(3.0)
    y = np.array([1.0, 2.0]) * x
    assert type(y) is Tensor
    np.testing.assert_array_equal(y.data, [3.0, 6.0])
    y.sum().backward()
    assert x.grad == 3.0


UFUNCS = {
    "absolute": "abs",
    "negative": "neg",
    "arcsin": "asin",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arctanh": "atanh",
    **{
        name: name
        for name in (
            *("square", "sqrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh"),
            *("cosh", "tanh", "sign", "floor", "reciprocal"),
        )
    },
}


@pytest.mark.parametrize("name", UFUNCS)
def test_ufunc_of_a_value_is_recorded(name: str) -> None:
    x, y = Value(0.5), Value(0.5)
    result = getattr(np, name)(x)
    assert type(result) is Value
    expected = getattr(autograd, UFUNCS[name])(y)
    assert result.data == expected.data
    result.backward()
    expected.backward()
    assert x.grad == y.grad


@pytest.mark.parametrize("name", ["maximum", "minimum", "hypot", "logaddexp", "arctan2", "power", "divide"])
def test_ufunc_of_two(name: str) -> None:
    x = Value(0.5)
    result = getattr(np, name)(x, 2.0)
    assert type(result) is Value
    assert result.data == pytest.approx(getattr(np, name)(0.5, 2.0))
    assert getattr(np, name)(2.0, x).data == pytest.approx(getattr(np, name)(2.0, 0.5))


def test_where_of_values() -> None:
    x, y = Value(1.0), Value(2.0)
    z = autograd.where(x > y, x, y)
    z.backward()
    assert (z.data, x.grad, y.grad) == (2.0, 0.0, 1.0)
    assert np.where(True, x, y).data == 1.0


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.cbrt(x),
        lambda x: np.exp2(x),
        lambda x: np.floor_divide(x, 2),
        lambda x: np.mod(x, 2),
        lambda x: np.nextafter(x, 2),
        lambda x: np.median(x),
        lambda x: np.add.reduce(x),
        lambda x: np.multiply.outer(x, x),
        lambda x: np.add(x, 1.0, out=np.zeros(1)),
        lambda x: np.interp(x, [0, 1], [0, 1]),
    ],
)
@pytest.mark.parametrize(
    "kind", [Value, lambda x: Tensor([x, x], requires_grad=True)], ids=["Value", "Tensor"]
)
def test_numpy_without_a_derivative_is_refused(function: Any, kind: Any) -> None:
    with pytest.raises(CutGraphError, match=r"np\..*custom_op"):
        function(kind(0.5))


def test_numpy_questions_have_plain_answers() -> None:
    x = Value(math.nan)
    assert np.isnan(x)
    assert not np.isfinite(x)
    assert np.allclose(Value(1.0), 1.0)
    assert np.shape(x) == ()
    assert np.ndim(x) == 0


@pytest.mark.parametrize("name", [f.__name__ for f in autograd.functions.SCALAR_METHODS])
def test_every_scalar_function_is_a_method(name: str) -> None:
    x = Value(0.5)
    arguments = (0.0, 1.0) if name == "clip" else ()
    public = getattr(autograd, name, None)
    if public is None:
        pytest.skip("not public as a function")
    np.testing.assert_equal(getattr(x, name)(*arguments).data, public(x, *arguments).data)
    assert getattr(Value, name).__doc__


@pytest.mark.parametrize(
    "name", [row.name for row in autograd.operation.TABLE.values() if row.kind == "elementwise"]
)
def test_wrong_number_of_arguments(name: str) -> None:
    row = autograd.operation.TABLE[name]
    for kind in (float, Value, Tensor):
        too_many = [kind(0.5)] * (len(row.rules) + 1)
        with pytest.raises(TypeError, match=rf"{name} takes {len(row.rules)} argument"):
            row(*too_many)
        with pytest.raises(TypeError, match=rf"{name} takes {len(row.rules)} argument"):
            row(*too_many[2:])


@pytest.mark.parametrize("bad", ["a", None, object(), ["a"]], ids=lambda x: type(x).__name__)
def test_functions_refuse_what_is_no_number(bad: Any) -> None:
    for arguments in ((bad, 1.0), (bad, Value(1.0)), (Tensor(1.0), bad)):
        with pytest.raises((TypeError, ValueError)):
            autograd.add(*arguments)


def test_copies() -> None:
    x = Value(2.0, label="x")
    x.grad = 1.0
    for twin in (copy.copy(x), copy.deepcopy(x)):
        assert twin is not x
        assert (twin.data, twin.label, twin.grad) == (2.0, "x", 1.0)
        assert twin.requires_grad


def test_item_is_the_number() -> None:
    assert type(Value(2).item()) is float and Value(2).item() == 2.0
    with pytest.raises(CutGraphError, match="item"):
        autograd.grad(lambda x: Value(3.0) * x.item())(2.0)
