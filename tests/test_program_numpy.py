"""What people write with NumPy and Python's numbers comes to the same in a program, in the same types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
from autograd import RecordError, Value, hessian, record

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
        (ROWS.astype(np.float32),), (np.full((3, 2), 0.1, np.float32),),
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
    "types of results": Case(
        lambda x: (x, x * 2, np.sqrt(x), np.maximum(x, 0), x > 1, np.abs(x) > 1), (4.0,), (9.0,)
    ),
    "types of what is computed of arrays": Case(
        lambda x: (x.sum(), x.sum(keepdims=True), x[0, 0]), (ROWS,), (-ROWS,)
    ),
    **{f"read at {name}": Case(read(index), (ROWS,), (ROWS + 10,)) for name, index in INDICES.items()},
    **{f"written at {name}": Case(written(index), (ROWS,), (ROWS + 10,)) for name, index in INDICES.items()},
}  # fmt: skip


def same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        for pair in zip(found, expected, strict=True):
            same(*pair)
    else:
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("name", CASES)
def test_a_program_computes_what_the_function_does(name: str) -> None:
    function, recorded, others = CASES[name]
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


@pytest.mark.parametrize("name", ["sort", "partition", "resize", "compress", "fill"])
def test_a_method_that_numpy_has_no_function_for_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"recorded array has no {name}; compute with functions"):
        record(lambda x: getattr(x, name)(1))(np.ones(3))


def test_an_integer_that_is_counted_is_no_result() -> None:
    """An answer is counted as a float, which would be another type than Python's."""
    with pytest.raises(RecordError, match="another kind or number of results"):
        record(lambda x, y: (x > 0) + (y > 0))(1.0, 1.0)
