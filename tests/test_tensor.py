"""``Tensor`` as a NumPy array: operators, indexing, matmul, axes, dtypes, and Values in one expression."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numerical import finite_gradient
from samples import random_generator

import autograd
from autograd import ShapeError, Tensor, Value, grad
from autograd.modes import contributions
from nn import MLP

Array = np.ndarray[Any, Any]


def leaf(*shape: int, low: float = 0.5, high: float = 2.0) -> Tensor:
    """A tensor of positive numbers, the same every time."""
    return Tensor(random_generator(str(shape)).uniform(low, high, shape), requires_grad=True)


def check(function: Callable[..., Any], *inputs: Array) -> None:
    """Value and gradient of a function that NumPy and autograd compute with the same code."""
    leaves = [Tensor(x, requires_grad=True) for x in inputs]
    result, expected = function(*leaves), function(*inputs)
    assert type(result) is Tensor
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.data, expected, rtol=1e-13)
    weights = random_generator("weights").normal(size=result.shape)
    result.backward(weights)
    numeric = finite_gradient(lambda *x: np.sum(weights * function(*x)), inputs)
    for x, gradient in zip(leaves, numeric, strict=True):
        np.testing.assert_allclose(x.grad, gradient, rtol=1e-6, atol=1e-9)


def numbers(*shape: int) -> Array:
    return random_generator(str(shape)).uniform(0.5, 2.0, shape)


# -- operators --------------------------------------------------------------------------------

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("compute", OPERATORS)
@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2,)), ((2,), ()), ((1,), (2, 2))]
)
def test_operators_with_broadcasting(compute: Any, shapes: Any) -> None:
    check(compute, *[numbers(*shape) for shape in shapes])


@pytest.mark.parametrize("compute", OPERATORS)
@pytest.mark.parametrize(
    "other",
    [3, 3.0, np.float64(3.0), np.array(3.0), np.array([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0], (1, 2, 3)],
    ids=["int", "float", "float64", "0-d", "array", "list", "tuple"],
)
def test_operators_with_plain_numbers_on_either_side(compute: Any, other: Any) -> None:
    x = numbers(2, 3)
    for function in (lambda t: compute(t, other), lambda t: compute(other, t)):
        tensor = Tensor(x, requires_grad=True)
        result = function(tensor)
        assert type(result) is Tensor
        np.testing.assert_array_equal(result.data, function(x))
        result.backward(np.ones((2, 3)))
        numeric = finite_gradient(lambda z, f=function: np.sum(f(z)), [x])
        np.testing.assert_allclose(tensor.grad, numeric[0], rtol=1e-6)


def test_signs() -> None:
    x = Tensor([-1.0, 2.0], requires_grad=True)
    (-x + abs(x) + +x).backward([1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [-1.0, 1.0])


@pytest.mark.parametrize("other", ["a", None, 1j, object(), ["a"]], ids=lambda x: type(x).__name__)
def test_operators_refuse_what_is_no_number(other: Any) -> None:
    x = Tensor([1.0])
    for compute in OPERATORS:
        for arguments in ((x, other), (other, x)):
            with pytest.raises((TypeError, ValueError)):
                compute(*arguments)


def test_shapes_that_do_not_fit() -> None:
    a, b = Tensor(np.ones((2, 3)), label="a"), Tensor(np.ones((4,)), label="b")
    with pytest.raises(ValueError, match=r"add of Tensor 'a', a leaf, of shape \(2, 3\), .*'b'.*\(4,\)"):
        a + b
    with pytest.raises(ValueError, match="matmul of Tensor 'a'"):
        a @ b


def test_comparisons_are_arrays() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    assert (x > 2).tolist() == [False, False, True]
    assert (x == Tensor([1.0, 0.0, 3.0])).tolist() == [True, False, True]
    assert (np.array([2.0, 2.0, 2.0]) <= x).tolist() == [False, True, True]
    assert (x != 1).tolist() == [False, True, True]
    assert (x >= Value(2.0)).tolist() == [False, True, True]
    assert len({x, Tensor([1.0])}) == 2


def test_container() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert (len(x), x.ndim, x.size, x.shape) == (2, 2, 4, (2, 2))
    first, second = x
    (first * second).sum().backward()
    np.testing.assert_array_equal(x.grad, [[3.0, 4.0], [1.0, 2.0]])
    with pytest.raises(TypeError):
        iter(Tensor(1.0))
    with pytest.raises(TypeError):
        len(Tensor(1.0))
    with pytest.raises(TypeError):
        x[0] = 1.0


def test_conversions() -> None:
    x = Tensor([[2.5]])
    assert float(Tensor(2.5)) == 2.5
    assert int(Tensor(2.5)) == 2
    assert x.item() == 2.5
    assert type(x.item()) is float
    assert bool(Tensor(1.0))
    assert f"{Tensor(2.5):.2f}" == "2.50"
    assert round(Tensor(2.56), 1) == 2.6
    assert np.asarray(x).tolist() == [[2.5]]
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    for refused in (float, int, bool):
        with pytest.raises((TypeError, ValueError)):
            refused(Tensor([1.0, 2.0]))


def test_repr() -> None:
    assert (
        repr(Tensor([1.0, 2.0], requires_grad=True, label="w"))
        == "Tensor([1., 2.], requires_grad=True, label='w')"
    )
    assert repr(Tensor([1.0], dtype=np.float32)) == "Tensor([1.], dtype=float32)"
    assert f"{Tensor([1.0])}" == "Tensor([1.])"


# -- data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [None, "a", 1j, [1j], [[1.0], [1.0, 2.0]], object(), ["a"], {}], ids=lambda x: type(x).__name__
)
def test_bad_data(data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Tensor(data)
    x = Tensor([1.0])
    with pytest.raises((TypeError, ValueError)):
        x.data = data
    assert x.data.tolist() == [1.0]


def test_rows_of_different_lengths_are_named() -> None:
    with pytest.raises(TypeError, match=r"all rows of one length, got list \[\[1.0, 2.0\], \[3.0\]\]"):
        Tensor([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_integers_have_no_gradient(dtype: Any) -> None:
    array = np.array([1, 0]).astype(dtype)
    assert Tensor(array).dtype == array.dtype
    with pytest.raises(TypeError, match="dtype=float"):
        Tensor(array, requires_grad=True)
    with pytest.raises(TypeError, match="dtype=float"):
        Tensor(array).requires_grad_()
    assert Tensor(array, requires_grad=True, dtype=float).dtype == np.float64


def test_data_is_copied() -> None:
    array = np.array([1.0, 2.0])
    x = Tensor(array, requires_grad=True)
    array[0] = 7.0
    assert x.data.tolist() == [1.0, 2.0]
    x.data = array
    array[0] = 8.0
    assert x.data.tolist() == [7.0, 2.0]


def test_a_view_as_data_is_copied() -> None:
    array = np.arange(6.0)
    x = Tensor(array[::2])
    array[:] = 0.0
    assert x.data.tolist() == [0.0, 2.0, 4.0]


def test_assigning_data_adopts_shape_and_dtype() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.data = np.ones((3, 1), np.float32)
    assert x.dtype == np.float32
    assert x.shape == (3, 1)
    (x * x).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.shape == (3, 1)


def test_the_data_of_a_result_cannot_be_changed() -> None:
    x = leaf(3)
    y = x * 2
    with pytest.raises(AttributeError, match="leaf"):
        y.data = np.ones(3)
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1.0
    with pytest.raises(AttributeError, match="leaf"):
        y.add_(1.0)


def test_grad_is_assignable() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    x.grad = [3, 4]
    assert x.grad.dtype == np.float32
    (x * 2).sum().backward()
    assert x.grad.tolist() == [5.0, 6.0]
    x.grad = None
    assert x.grad is None
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        x.grad = np.ones(3)


def test_requires_grad() -> None:
    x = Tensor([1.0])
    assert not x.requires_grad
    y = x * 2
    assert y.parents == ()
    assert not y.requires_grad
    x.requires_grad_()
    assert (x * 2).requires_grad
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    with pytest.raises(TypeError, match="leaf"):
        (leaf(1) * 2).requires_grad_(False)


def test_a_constant_gets_no_gradient() -> None:
    x, c = leaf(2), Tensor([1.0, 2.0])
    (x * c).sum().backward()
    assert c.grad is None
    assert x.grad.tolist() == [1.0, 2.0]


def test_detach() -> None:
    x = leaf(2)
    y = (x * 2).detach()
    assert not y.requires_grad
    (y * x).sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)


# -- indexing ---------------------------------------------------------------------------------

INDICES: dict[str, Any] = {
    "int": 1,
    "negative int": -1,
    "NumPy int": np.int64(1),
    "two ints": (1, 2),
    "slice": slice(1, 3),
    "open slice": slice(1, None),
    "step": slice(None, None, 2),
    "negative step": slice(None, None, -1),
    "negative step from the middle": slice(2, 0, -1),
    "empty slice": slice(2, 2),
    "two slices": (slice(0, 2), slice(None, None, -2)),
    "int and slice": (0, slice(1, None)),
    "None": None,
    "None inside": (slice(None), None, 1),
    "ellipsis": ...,
    "ellipsis and int": (..., 0),
    "int and ellipsis": (0, ...),
    "everything": (..., None, slice(None, None, -1), None),
    "empty tuple": (),
    "list": [0, 2],
    "repeated list": [0, 0, 2, 0],
    "negative list": [-1, 0, -1],
    "empty list": [],
    "integer array": np.array([2, 2, 1]),
    "integer matrix": np.array([[0, 1], [1, 1]]),
    "two integer arrays": (np.array([0, 1, 1]), np.array([2, 2, 2])),
    "repeated pairs": (np.array([1, 1, 1]), np.array([2, 2, 0])),
    "slice and integer array": (slice(None), np.array([0, 0, 3])),
    "integer arrays around a slice": (np.array([0, 0]), slice(None), np.array([1, 1])),
    "mask of rows": np.array([True, False, True]),
    "mask of elements": np.arange(12).reshape(3, 4) % 3 == 0,
    "mask of nothing": np.zeros(3, bool),
    "mask and int": (np.array([True, False, True]), 1),
    "unsigned integers": np.array([0, 2], np.uint8),
    "tensor": Tensor([0, 2, 2]),
    "boolean": True,
}


@pytest.mark.parametrize("name", INDICES)
def test_indexing(name: str) -> None:
    index = INDICES[name]
    plain = index.data if isinstance(index, Tensor) else index
    x = numbers(3, 4, 2) if name == "integer arrays around a slice" else numbers(3, 4)
    tensor = Tensor(x, requires_grad=True)
    result = tensor[index]
    np.testing.assert_array_equal(result.data, x[plain])
    weights = random_generator(name).normal(size=result.shape)
    result.backward(weights)
    expected = np.zeros_like(x)
    np.add.at(expected, plain, weights)
    np.testing.assert_array_equal(tensor.grad, expected)
    # Twice: the gradient of a square is linear in the elements that were picked.
    second = grad(lambda z: autograd.sum(grad(lambda w: autograd.sum(w[index] ** 3))(z) * x))(x)
    count = np.zeros_like(x)
    np.add.at(count, plain, np.ones(result.shape))
    np.testing.assert_allclose(second, 6 * x * count * x, rtol=1e-13)


@pytest.mark.parametrize(
    "index", [5, (0, 9), 1.5, "a", [0.5], np.array([1.5]), (0, 0, 0), np.ones(7, bool)], ids=str
)
def test_bad_index(index: Any) -> None:
    with pytest.raises(IndexError):
        leaf(3, 4)[index]


def test_an_index_is_remembered_as_it_was() -> None:
    index = np.array([0, 1])
    x = leaf(3)
    y = x[index]
    index[:] = 2
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


# -- matmul -----------------------------------------------------------------------------------

LEFT = [(3,), (2, 3), (1, 3), (2, 2, 3), (2, 1, 2, 3)]
RIGHT = [(3,), (3, 2), (3, 1), (2, 3, 2), (2, 2, 3, 1), (1, 3, 2)]


@pytest.mark.parametrize("a", LEFT, ids=str)
@pytest.mark.parametrize("b", RIGHT, ids=str)
def test_matmul(a: Any, b: Any) -> None:
    check(operator.matmul, numbers(*a), numbers(*b))
    x, y = numbers(*a), numbers(*b)
    for result in (x @ Tensor(y), Tensor(x) @ y, np.matmul(x, Tensor(y)), autograd.matmul(x, y)):
        np.testing.assert_array_equal(np.asarray(result), x @ y)


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (2, 3)), ((3,), (2,)), ((), (2,)), ((2,), ()), ((2, 2, 3), (3, 3, 2))]
)
def test_matmul_of_wrong_shapes(a: Any, b: Any) -> None:
    with pytest.raises(ValueError, match="matmul"):
        Tensor(np.ones(a)) @ Tensor(np.ones(b))


def test_matmul_with_a_row_of_values() -> None:
    w = [Value(1.0), Value(2.0)]
    y = Tensor(np.array([[3.0, 4.0], [5.0, 6.0]])) @ autograd.stack(w)
    y.sum().backward()
    assert [v.grad for v in w] == [8.0, 10.0]


# -- axis and keepdims ------------------------------------------------------------------------

AXES = [None, 0, 1, -1, (0, 1), (-1, 0), (0, 1, 2), ()]


REDUCTIONS = ["sum", "mean", "amax", "amin", "prod", "var", "std"]


@pytest.mark.parametrize(
    ("name", "axis"),
    # Along no axis at all there is no variance to speak of: its slope is 0 / 0.
    [(name, axis) for name in REDUCTIONS for axis in AXES if axis != () or name not in ("var", "std")],
    ids=str,
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(name: str, axis: Any, keepdims: bool) -> None:
    x = random_generator("reductions").permutation(np.linspace(0.5, 2.0, 12)).reshape(2, 3, 2)

    def function(z: Any) -> Any:
        module = autograd if isinstance(z, Tensor) else np
        return getattr(module, name)(z, axis=axis, keepdims=keepdims)

    check(function, x)
    np.testing.assert_array_equal(
        getattr(Tensor(x), name)(axis=axis, keepdims=keepdims).data, function(Tensor(x)).data
    )


@pytest.mark.parametrize(
    "name", ["sum", "mean", "amax", "prod", "logsumexp", "norm", "cumsum", "softmax", "sort"]
)
@pytest.mark.parametrize("axis", [2, -3])
def test_axis_out_of_range(name: str, axis: int) -> None:
    with pytest.raises((ValueError, IndexError)):
        getattr(autograd, name)(leaf(2, 3), axis=axis).sum().backward()


NUMPY_CALLS: dict[str, Callable[[Any], Any]] = {
    "np.sum": lambda x: np.sum(x, axis=0),
    "np.mean": lambda x: np.mean(x, axis=1, keepdims=True),
    "np.max": lambda x: np.max(x, axis=0),
    "np.min": lambda x: np.min(x),
    "np.amax": lambda x: np.amax(x, axis=-1),
    "np.var": lambda x: np.var(x, axis=0, ddof=1),
    "np.std": lambda x: np.std(x),
    "np.prod": lambda x: np.prod(x, axis=1),
    "np.cumsum": lambda x: np.cumsum(x, axis=1),
    "np.cumprod": lambda x: np.cumprod(x),
    "np.sort": lambda x: np.sort(x, axis=0),
    "np.dot": lambda x: np.dot(x, np.ones((3, 2))),
    "np.outer": lambda x: np.outer(x, np.array([1.0, 2.0])),
    "np.tensordot": lambda x: np.tensordot(x, np.ones((3, 2)), axes=1),
    "np.einsum": lambda x: np.einsum("ij,ij->i", x, x),
    "np.transpose": lambda x: np.transpose(x),
    "np.reshape": lambda x: np.reshape(x, (3, 2)),
    "np.swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "np.moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "np.expand_dims": lambda x: np.expand_dims(x, 1),
    "np.squeeze": lambda x: np.squeeze(np.expand_dims(x, 0)),
    "np.broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "np.flip": lambda x: np.flip(x, 1),
    "np.roll": lambda x: np.roll(x, 1, axis=1),
    "np.tile": lambda x: np.tile(x, (1, 2)),
    "np.repeat": lambda x: np.repeat(x, 2, axis=0),
    "np.take": lambda x: np.take(x, [0, 0], axis=1),
    "np.tril": lambda x: np.tril(x),
    "np.triu": lambda x: np.triu(x, 1),
    "np.diag": lambda x: np.diag(x),
    "np.trace": lambda x: np.trace(x),
    "np.concatenate": lambda x: np.concatenate([x, np.ones((1, 3)), x]),
    "np.stack": lambda x: np.stack([x, x * 2], axis=1),
    "np.where": lambda x: np.where(np.asarray([True, False, True]), x, 0.5),
    "np.clip": lambda x: np.clip(x, 0.7, 1.5),
    "np.linalg.norm": lambda x: np.linalg.norm(x),
    "np.linalg.norm of rows": lambda x: np.linalg.norm(x, axis=1),
    "np.linalg.det": lambda x: np.linalg.det(x[:, :2] + np.eye(2)),
    "np.linalg.inv": lambda x: np.linalg.inv(x[:, :2] + np.eye(2)),
    "np.linalg.solve": lambda x: np.linalg.solve(x[:, :2] + np.eye(2), x),
    "np.exp": lambda x: np.exp(x),
    "np.maximum": lambda x: np.maximum(x, 1.234),
    "np.pad": lambda x: np.pad(x, ((1, 0), (0, 2))),
}


@pytest.mark.parametrize("name", NUMPY_CALLS)
def test_numpy_functions_are_recorded(name: str) -> None:
    check(NUMPY_CALLS[name], random_generator("calls").permutation(np.linspace(0.5, 2.0, 6)).reshape(2, 3))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.pad(x, 1, "edge"),
        lambda x: np.pad(x, 1, mode="reflect"),
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, np.inf),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.trace(x, 1),
        lambda x: np.reshape(x, (3, 2), order="F"),
        lambda x: np.sum(x, out=np.zeros(())),
    ],
)
def test_numpy_calls_are_right_or_refused(function: Any) -> None:
    """An argument that NumPy takes and autograd does not may not change the answer silently."""
    x = numbers(2, 3)
    try:
        result = function(Tensor(x, requires_grad=True))
    except (TypeError, ValueError):
        return
    assert result.shape == np.shape(function(x))
    np.testing.assert_allclose(result.data, function(x), rtol=1e-6)


def test_questions_have_plain_answers() -> None:
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    assert np.argmax(x) == 0
    assert np.argsort(x).tolist() == [1, 2, 0]
    assert np.shape(x) == (3,)
    assert np.allclose(x, [3.0, 1.0, 2.0])
    assert np.isnan(x).tolist() == [False, False, False]


METHODS = [f.__name__ for f in autograd.functions.ARRAY_METHODS]


@pytest.mark.parametrize("name", METHODS)
def test_every_array_function_is_a_method(name: str) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(("dot", "outer", "matmul", "solve"), (np.ones((2, 2)),)),
        **{"swapaxes": (0, 1), "moveaxis": (0, 1), "expand_dims": (0,), "broadcast_to": ((2, 2, 2),)},
        **{"roll": (1,), "tile": (2,), "repeat": (2,), "pad": (1,), "take": ([0, 1],)},
    }
    x = Tensor(np.array([[2.0, 1.0], [0.5, 3.0]]), requires_grad=True)
    given = arguments.get(name, ())
    found = getattr(x, name)(*given)
    np.testing.assert_array_equal(found.data, getattr(autograd, name)(x, *given).data)
    assert getattr(Tensor, name).__doc__


def test_methods_with_numpys_shorter_arguments() -> None:
    x = leaf(2, 3, 4)
    assert x.T.shape == (4, 3, 2)
    assert x.transpose().shape == (4, 3, 2)
    assert x.transpose(2, 0, 1).shape == x.transpose((2, 0, 1)).shape == (4, 2, 3)
    assert x.reshape(6, -1).shape == x.reshape((6, 4)).shape == (6, 4)
    assert x.reshape(-1).shape == (24,)
    assert x.max(axis=0).shape == (3, 4)
    assert x.min().shape == ()


def test_static_arguments_by_position() -> None:
    x = numbers(2, 3)
    np.testing.assert_array_equal(autograd.sum(Tensor(x), 0, True).data, x.sum(0, keepdims=True))
    np.testing.assert_array_equal(autograd.transpose(Tensor(x), (1, 0)).data, x.T)
    with pytest.raises(TypeError, match="sum takes 1 to 3 arguments, got 4"):
        autograd.sum(Tensor(x), 0, True, None)
    with pytest.raises(TypeError):
        autograd.sum(Tensor(x), ax=0)


# -- lists ------------------------------------------------------------------------------------


def test_lists_of_nodes_become_one_array() -> None:
    a, b = Value(1.0), Value(2.0)
    y = autograd.softmax([a, b])
    assert type(y) is Tensor
    y[0].backward()
    assert a.grad == pytest.approx(-b.grad)
    z = autograd.sum([[a, 2.0], [b, a]])
    a.zero_grad()
    z.backward()
    assert a.grad == 2.0


def test_lists_of_numbers() -> None:
    assert autograd.sum([1, 2, 3]) == 6.0
    assert autograd.exp([0.0, 0.0]).tolist() == [1.0, 1.0]
    x = Tensor([1.0, 2.0], requires_grad=True)
    autograd.dot([3.0, 4.0], x).backward()
    assert x.grad.tolist() == [3.0, 4.0]


# -- dtypes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("compute", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.0, True, Value(2.0)], ids=lambda x: type(x).__name__)
def test_python_numbers_do_not_widen(compute: Any, other: Any) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    for y in (compute(x, other), compute(other, x)):
        assert y.dtype == np.float32
        x.zero_grad()
        y.sum().backward()
        assert x.grad.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float16, np.float32, np.float64, np.int32])
def test_arrays_widen_as_in_numpy(dtype: Any, other: Any) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=dtype)
    y = x * np.array([3, 4], other)
    assert y.dtype == np.result_type(dtype, other)
    y.sum().backward()
    assert x.grad.dtype == dtype
    assert x.grad.tolist() == [3.0, 4.0]


def test_astype() -> None:
    x = Tensor([1.5, 2.5], requires_grad=True)
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * y).sum().backward()
    assert x.grad.dtype == np.float64
    assert x.grad.tolist() == [3.0, 5.0]


@pytest.mark.parametrize("dtype", [int, np.int8, bool, "uint16"])
def test_astype_of_integers_is_a_constant(dtype: Any) -> None:
    x = Tensor([1.5, 2.5], requires_grad=True)
    y = x.astype(dtype)
    assert y.dtype == dtype
    assert not y.requires_grad
    (y * 2.5 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2.5 * y.data)
    with np.errstate(all="ignore"):
        assert grad(lambda x: autograd.sum(x.astype(dtype) * 2.5))(np.array([1.5, 2.5])).tolist() == [
            0.0,
            0.0,
        ]


def test_integer_tensors_are_data() -> None:
    labels = Tensor([0, 2, 1])
    x = leaf(3)
    (x * labels).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 1.0]
    assert (labels * labels).dtype == labels.dtype
    assert (labels / 2).dtype == np.float64


def test_seed_takes_the_dtype_of_the_root() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    (x * 2).backward([1, 0.5])
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 1.0]


# -- Values and Tensors together --------------------------------------------------------------


def test_a_value_with_a_tensor() -> None:
    w, x = Value(2.0, label="w"), Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = w * x + w
    assert type(y) is Tensor
    y.sum().backward()
    assert type(w.grad) is float
    assert w.grad == 9.0
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_a_scalar_program_runs_over_a_batch(activation: str) -> None:
    """The network of scalars, fed with columns of a batch: the gradients of the samples add up."""
    random = random_generator(activation)
    inputs = random.normal(size=(7, 2))
    targets = random.normal(size=7)
    model = MLP(2, [4, 3, 1], activation, rng=0)
    model.parameters()[-1].data = 0.3

    for point, target in zip(inputs, targets, strict=True):
        ((model(point.tolist()) - float(target)) ** 2).backward()
    one_by_one = [parameter.grad for parameter in model.parameters()]
    for parameter in model.parameters():
        parameter.zero_grad()

    scores = model([Tensor(column) for column in inputs.T])
    assert type(scores) is Tensor
    assert scores.shape == (7,)
    ((scores - targets) ** 2).sum().backward()
    for parameter, expected in zip(model.parameters(), one_by_one, strict=True):
        assert type(parameter.grad) is float
        assert parameter.grad == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_the_same_program_for_floats_values_arrays_and_tensors() -> None:
    def program(x: Any, y: Any) -> Any:
        return autograd.tanh(x * y) + autograd.where(x > y, x, y) / (1 + y**2)

    a, b = 0.7, -1.3
    expected = program(a, b)
    assert type(expected) is float
    assert program(Value(a), b).data == expected
    assert program(Value(a), Value(b)).data == expected
    assert program(Tensor(a), Value(b)).data == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(program(np.full(3, a), b), expected, rtol=1e-15)
    np.testing.assert_allclose(program(Tensor(np.full(3, a)), np.array(b)).data, expected, rtol=1e-15)
    x = Value(a)
    y = Tensor(np.full((2, 2), b), requires_grad=True)
    program(x, y).sum().backward()
    slopes = grad(program, argnums=(0, 1))(a, b)
    assert x.grad == pytest.approx(4 * slopes[0], rel=1e-14)
    np.testing.assert_allclose(y.grad, slopes[1], rtol=1e-14)


def test_zero_dimensional_tensor_with_a_value() -> None:
    x, w = Tensor(3.0, requires_grad=True), Value(2.0)
    y = w**x
    y.backward()
    assert y.data == 8.0
    assert x.grad == pytest.approx(8 * math.log(2))
    assert x.grad.shape == ()
    assert w.grad == pytest.approx(12.0)


def test_gradients_have_the_shape_and_dtype_of_the_leaf() -> None:
    for shape in [(), (1,), (2, 3), (0,), (1, 0, 2)]:
        x = Tensor(np.ones(shape), requires_grad=True)
        (x * np.ones((2, *shape))).sum().backward()
        assert type(x.grad) is np.ndarray
        assert x.grad.shape == shape
        assert x.grad.flags.writeable
        assert x.grad.flags.owndata or x.grad.base is None


def test_a_number_beside_an_array_does_not_widen_its_gradient() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    for y in (x * 0.5, x / 3.0, x**2.0):
        ((_, passed_on),) = contributions(y, np.ones(2, np.float32), [0])
        assert passed_on.dtype == np.float32, y.op
    (x / 0.0).sum().backward()
    assert x.grad.tolist() == [np.inf, np.inf]
