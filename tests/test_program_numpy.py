"""What people write with NumPy and Python's numbers comes to the same in a program, in the same types."""

from __future__ import annotations

import copy
from collections.abc import Callable
from numbers import Number
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
from autograd import CutGraphError, RecordError, Tensor, Value, hessian, record

ROWS = np.arange(6.0).reshape(3, 2)


class Case(NamedTuple):
    """A function, the arguments that it is recorded with, and others."""

    function: Callable[..., Any]
    recorded: tuple[Any, ...]
    others: tuple[Any, ...]


def written(index: Any) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        y = x * 1.0
        y[index] = -1
        return y

    return function


def read(index: Any) -> Callable[..., Any]:
    return lambda x: x[index] * 2


KINDS = (float, bool, int, np.ndarray, np.float64, np.generic, Number, Value, Tensor)


def many(a: Any) -> Any:
    """So many calls on numbers that they are grouped."""
    for _ in range(300):
        a = a * 0.5 + 1.0
    return a


def row_written(x: Any) -> Any:
    x[np.argmax(x[:, 0])] = 7
    return x


def replaced(x: Any) -> Any:
    y = x * 1.0
    np.nan_to_num(y, False)
    return y, x * 1.0


def put(x: Any) -> Any:
    np.put(x, [0, 1], [9.0, 8.0])
    np.putmask(x, x > 5, 6.0)
    np.fill_diagonal(x, 1.0)
    x[2].fill(3.0)
    return x


def the_same(x: Any) -> Any:
    np.real(x)[0] = 7
    np.atleast_1d(x)[1] = 8
    return x


def cast(x: Any) -> Any:
    y = x.astype(int)
    y[0] = x[1] * 0.7
    return y


INDICES = {
    "nested tuple": ((0, 2), slice(None)), "range": range(2), "true": True, "NumPy's true": np.True_,
    "list": [0, 2], "integer": 1, "NumPy's integer": np.int64(1), "slice": slice(None, None, -1),
    "dots": (..., 0), "new axis": (None, 1),
}  # fmt: skip
CASES = {
    "answers added": Case(lambda x, y: 2.0 * ((x > 0) + (y > 0)), (1.0, -1.0), (1.0, 1.0)),
    "answers subtracted": Case(lambda x, y: 2.0 * ((x > 0) - (y > 0)), (1.0, -1.0), (-1.0, 1.0)),
    "answers multiplied": Case(lambda x, y: 2.0 * ((x > 0) * (y > 0)), (1.0, -1.0), (1.0, 1.0)),
    "an answer negated": Case(lambda x: 2.0 * -(x > 0), (1.0,), (-1.0,)),
    "an answer and an integer": Case(lambda x: 2.0 * ((x > 0) + 1), (-1.0,), (1.0,)),
    "integers times an answer": Case(lambda x, n: n * (x > 0), (1.0, np.arange(3)), (-1.0, np.arange(3) + 1)),
    "answers of arrays": Case(lambda x: (x > 1) + (x < 4), (ROWS,), (-ROWS,)),
    "mean of short floats": Case(
        lambda x: x.mean(), (np.full(20_000, 0.01, np.float16),), (np.full(20_000, 10, np.float16),)
    ),
    "mean with all by place": Case(lambda x: np.mean(x, 0, None, None, True), (ROWS,), (-ROWS,)),
    "sum in another dtype": Case(
        lambda x: (x.sum(dtype=np.float64), x.mean(axis=0, dtype=np.float64)),
        (ROWS.astype(np.float32),),
        (np.full((3, 2), 0.1, np.float32),),
    ),
    "astype without a copy": Case(
        lambda x: (x.astype(np.float64, copy=False), x.astype("f4", copy=False)), (ROWS,), (-ROWS,)
    ),
    "dot of a list": Case(
        lambda x: (np.dot([1.0, 2.0], x), [[1.0, 2.0]] @ x, np.dot(2.0, x)), (ROWS[0],), (ROWS[1],)
    ),
    "dot of a list of numbers": Case(lambda a, x: np.dot([a, 2 * a], x), (2.0, ROWS[0]), (3.0, ROWS[1])),
    "joined in another dtype": Case(
        lambda x: np.concatenate([x, x], dtype=int, casting="unsafe"), (ROWS,), (ROWS + 0.7,)
    ),
    "narrowed among many numbers": Case(
        lambda x, a: (x > a, many(a)), (np.array([3.0], np.float32), 0.5), (np.array([0.1], np.float32), 0.1)
    ),
    "an element that is narrowed": Case(
        lambda x: many(Value(x[0].astype(np.float16)) * 1.0).data, (np.ones(1),), (np.full(1, 0.1),)
    ),
    "a row that is computed": Case(lambda x, i: x[i] * 2, (ROWS, np.int64(1)), (ROWS, np.int64(2))),
    "a row that is found": Case(lambda x: x[np.argmax(x[:, 0])] * 2, (ROWS,), (-ROWS,)),
    "written into a row that is found": Case(lambda x: row_written(x * 1.0), (ROWS,), (-ROWS,)),
    "out by its place": Case(
        lambda x, o: (np.sum(x, 0, None, o), o + 1), (ROWS, np.zeros(2)), (-ROWS, np.ones(2))
    ),
    "dot with an out": Case(
        lambda x, o: np.dot(x, x.T, o), (ROWS, np.zeros((3, 3))), (-ROWS, np.ones((3, 3)))
    ),
    "NaN replaced in place": Case(lambda x: replaced(x), (np.array([1.0, 2.0]),), (np.array([np.nan, 1.0]),)),
    "put and fill": Case(lambda x: put(x * 1.0), (ROWS,), (-ROWS,)),
    "an argument that is the result": Case(lambda x: the_same(x * 1.0), (ROWS,), (-ROWS,)),
    "a zero and its negative": Case(
        lambda x: (np.where(x > 5, 1 / (x * -0.0), 1.0), np.where(x > 5, 1 / (x * 0.0), 1.0)),
        (np.ones(2),),
        (np.full(2, 9.0),),
    ),
    "options in a dict": Case(lambda x: np.pad(x * 1.0, {0: (1, 1)}), (ROWS,), (-ROWS,)),
    "numbers that are cast when they are written": Case(lambda x: cast(x), (ROWS,), (-ROWS,)),
    "orders": Case(
        lambda x: (x.ravel("F") * 1, x.reshape(2, 3, order="F") * 1, np.reshape(x, [2, 3], order="F") * 1),
        (ROWS,),
        (-ROWS,),
    ),
    "parts of numbers": Case(
        lambda x: (x.real * 1, x.imag * 1, x.mT * 1, x.flatten(), x.nbytes), (ROWS,), (-ROWS,)
    ),
    "reductions of some": Case(
        lambda x: (x.sum(initial=2.0), x.max(initial=1.0), x.mean(where=ROWS > 1), x.any(where=ROWS > 1)),
        (ROWS,),
        (-ROWS,),
    ),
    "what is a float": Case(lambda x: max(x, 0.0) * 2 if isinstance(x, float) else x, (1.0,), (5.0,)),
    "what is a number": Case(
        lambda x, s: (
            [isinstance(each, kind) for each in (x, x.sum(), s, s > 1) for kind in KINDS],
            np.isscalar(s),
            hasattr(s, "real"),
        ),
        (ROWS, 2.0),
        (-ROWS, 3.0),
    ),
    "copies": Case(
        lambda x, s: (copy.copy(x) + copy.deepcopy(x), copy.copy(s) * 2), (ROWS, 2.0), (-ROWS, 3.0)
    ),
    "in an array": Case(lambda x: (4.0 in x, 7.0 in x), (ROWS,), (ROWS[::-1].copy(),)),
    "types of results": Case(
        lambda x: (x, x * 2, np.sqrt(x), np.maximum(x, 0), x > 1, np.abs(x) > 1), (4.0,), (9.0,)
    ),
    "types of what is computed of arrays": Case(
        lambda x: (x.sum(), x.sum(keepdims=True), x[0, 0]), (ROWS,), (-ROWS,)
    ),
    **{f"read at {name}": Case(read(index), (ROWS,), (ROWS + 10,)) for name, index in INDICES.items()},
    **{f"written at {name}": Case(written(index), (ROWS,), (ROWS + 10,)) for name, index in INDICES.items()},
}


def same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, (tuple, list)):
        for pair in zip(found, expected, strict=True):
            same(*pair)
    else:
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("name", CASES)
def test_a_program_computes_what_the_function_does(name: str) -> None:
    function, recorded, others = CASES[name]
    with np.errstate(all="ignore"):
        program, compiled = record(function)(*recorded), autograd.compile(function)
        same(program.result, function(*recorded))
        for arguments in (recorded, recorded, recorded, others, recorded):
            same(program(*arguments), function(*arguments))
            same(compiled(*arguments), function(*arguments))


def test_a_number_of_a_derivative_keeps_its_type() -> None:
    curvature = hessian(lambda x: x * x * x)
    compiled = autograd.compile(curvature)
    for k in range(4):
        assert type(compiled(1.0 + k)) is type(curvature(1.0 + k)) is float


def test_answers_about_values_are_counted() -> None:
    w = Value(1.0)
    program = record(lambda a, b: ((w * a > 0) + (w * b > 0)) * 1.0)(1.0, -1.0)
    assert program(1.0, 1.0) == 2 and program(-1.0, -1.0) == 0


@pytest.mark.parametrize("name", ["sort", "partition", "resize", "compress"])
def test_a_method_that_numpy_has_no_function_for_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"recorded array has no {name}; compute with functions"):
        record(lambda x: getattr(x, name)(1))(np.ones(3))


def test_an_integer_that_is_counted_is_no_result() -> None:
    """An answer is counted as a float, which would be another type than Python's."""
    with pytest.raises(RecordError, match="another kind or number of results"):
        record(lambda x, y: (x > 0) + (y > 0))(1.0, 1.0)


def test_a_result_of_another_dtype_or_place_is_another_program() -> None:
    root = np.emath.sqrt
    compiled = autograd.compile(root)
    for numbers in (ROWS, ROWS, ROWS, -ROWS, -ROWS, ROWS, -ROWS):
        same(compiled(numbers), root(numbers))
    with pytest.raises(
        RecordError, match=r"is of shape \(3, 2\), complex128, and was of shape \(3, 2\), float64"
    ):
        record(root)(ROWS)(-ROWS)
    trimmed = autograd.compile(np.trim_zeros)
    for numbers in ([0.0, 1.0, 2.0],) * 4 + ([1.0, 2.0, 0.0], [1.0, 0.0, 0.0]):
        same(trimmed(np.array(numbers)), np.trim_zeros(np.array(numbers)))


def test_memory_is_written_once_where_a_result_is_of_another_shape() -> None:
    one, two = np.zeros(1), np.zeros(1)

    def step(x: Any, memory: Any = one) -> Any:
        memory = autograd.lend(memory)
        memory += 1
        return np.roots(x)

    compiled = autograd.compile(lambda x: step(x, two))
    for first in (1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0):
        x = np.array([first, -3.0, 2.0])
        same(compiled(x), step(x))
        np.testing.assert_array_equal(two, one)


def test_lists_among_arguments_that_are_changed_are_refused() -> None:
    def doubled(numbers: Any) -> Any:
        numbers[0] = numbers[0] * 2
        return numbers[0]

    for function, argument in ((doubled, [1.0]), (lambda x: x.append(1.0) or x[0], [1.0])):
        with pytest.raises(RecordError, match="changes a list or a dict among its arguments"):
            record(function)(argument)
        assert argument == [1.0]


def test_what_a_recording_left_behind_says_so() -> None:
    left: list[Any] = []
    record(lambda x: left.append(x * 2))(1.0)
    with pytest.raises(CutGraphError, match=r"was left behind by a recording.*collect what it returns"):
        float(left[0])
