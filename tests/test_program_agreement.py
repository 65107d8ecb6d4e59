"""A program comes to what its function comes to, or says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import RecordError, Tensor, Value, record
from autograd.program import agreement

RANDOM = np.random.default_rng(0)


def counted() -> Callable[[Any], Any]:
    count = [0]

    def step(x: Any) -> Any:
        count[0] += 1
        return x * count[0]

    return step


NODE = Tensor(np.ones(3))
UNSEEN: dict[str, tuple[Callable[[], Callable[[Any], Any]], Any]] = {
    "a Python number that is counted up": (counted, np.ones(3)),
    "random numbers of NumPy's": (lambda: lambda x: x * RANDOM.random(), np.ones(3)),
    "a type": (lambda: lambda x: x * (2.0 if type(x) is float else 3.0), 1.0),
    "a text": (lambda: lambda x: x * len(repr(x)), np.ones(3)),
    "the identity of an argument": (lambda: lambda w: w * (2.0 if w is NODE else 3.0), NODE),
}
"""Functions that depend on what a recording cannot see, each with an argument for which it does."""


@pytest.mark.parametrize("name", UNSEEN)
def test_what_a_recording_cannot_see_is_found_before_a_wrong_number_is_returned(name: str) -> None:
    make, argument = UNSEEN[name]
    with pytest.raises(RecordError, match=r"result than the function itself.* the type or the text of"):
        record(make())(argument)
    compiled = autograd.compile(make())
    compiled(argument)
    with pytest.raises(RecordError, match=r"what was recorded of .* came to another result"):
        compiled(argument)


def test_what_changes_between_calls_is_found_at_the_third() -> None:
    chosen = [np.ones(3)]
    compiled = autograd.compile(lambda x: x * chosen[0])
    assert [compiled(2.0).tolist(), compiled(3.0).tolist()] == [[2.0] * 3, [3.0] * 3]
    chosen[0] = np.zeros(3)
    with pytest.raises(
        RecordError,
        match=r"another result .*: an array of shape \(3,\), float64 \[4.0, ...\], and not .* \[0.0, ...\]",
    ):
        compiled(4.0)


def test_every_kind_of_thing_that_is_left_is_compared() -> None:
    """Each function leaves another number in one place, at every call, and the same in all others."""
    count = iter(range(1000))
    w, number, memory = Tensor(np.ones(2), requires_grad=True, label="w"), Value(1.0, "number"), np.zeros(2)

    def gradient(x: Any) -> None:
        w.grad = None
        (w * x * next(count)).sum().backward()

    def argument(x: Any) -> None:
        x += next(count)

    def state(x: Any) -> None:
        autograd.lend(memory)[...] = x * next(count)

    def value(x: Any) -> None:
        number.data = x[0] * next(count)

    for function, what in ((gradient, "gradient of .*w"), (argument, "argument 0"), (state, "state of shape"),
                           (value, "number number")):  # fmt: skip
        with pytest.raises(RecordError, match=f"came to another {what}.* than the function itself"):
            record(function)(np.ones(2))


OTHER_KINDS: dict[str, Callable[[Any], Any]] = {
    "more results": lambda x: (x, x + 1.0) if type(x) is np.ndarray else (x,),
    "fewer results": lambda x: (x,) if type(x) is np.ndarray else (x, x + 1.0),
    "a list": lambda x: [x * 1.0] if type(x) is np.ndarray else (x * 1.0,),
    "another name": lambda x: {"a" if type(x) is np.ndarray else "b": x * 1.0},
    "a Tensor": lambda x: Tensor(x) if type(x) is np.ndarray else x * 1.0,
    "None": lambda x: None if type(x) is np.ndarray else x * 1.0,
}
"""Functions whose results are the same numbers in another structure."""


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_results_have_to_be_of_the_same_kind_and_number(name: str) -> None:
    with pytest.raises(RecordError, match="another kind or number of results than the function itself"):
        record(OTHER_KINDS[name])(np.ones(2))


def test_results_have_to_be_of_the_same_dtype() -> None:
    with pytest.raises(RecordError, match=r"float64 \[1.0, ...\], and not .* float32 \[1.0, ...\]"):
        record(lambda x: x.astype("f4" if type(x) is np.ndarray else "f8"))(np.ones(2))


def test_results_that_are_no_numbers_are_as_the_function_returns_them() -> None:
    thing = object()
    program = record(lambda x: (x > 0.0, "text", 3, thing, np.nan))(1.0)
    for truth, *others, nan in (program.result, program(2.0)):
        assert others == ["text", 3, thing] and truth is True and np.isnan(nan)
    for made in (lambda x: object(), lambda x: (y for y in [x])):
        with pytest.raises(RecordError, match=r"another result than the function itself: <"):
            record(made)(1.0)


def test_a_text_with_a_number_in_it_is_no_result() -> None:
    """The number can be written into messages, where it is right, but another run would have another one."""
    weight = Tensor([0.25])
    for made in (lambda x: f"{x / 4:.2f}", lambda x: [x, f"a weight of {weight.data[0] * x}"]):
        with pytest.raises(RecordError, match=r"returns the text .*0.5.* make a text of it outside"):
            record(made)(2.0)
    assert record(lambda x: (f"{x}"[:0] + "loss", x))(1.0)(2.0) == ("loss", 2.0)
    assert record(lambda x: (f"{x:.0f}" and "layer 1", x))(1.0)(2.0) == ("layer 1", 2.0)


def test_a_number_that_chooses_as_a_text_is_refused() -> None:
    names = {"1": 10.0, "2": 20.0}
    with pytest.raises(RecordError, match=r"another result .*: 2\.0, and not 1\.0"):
        record(lambda x: x * (1 if f"{x:.0f}" == "1" else 2))(1.0)
    with pytest.raises(KeyError) as raised:
        record(lambda x: x * names[f"{x:.0f}"])(1.0)
    assert raised.value.args == ("1",)  # as it reads


def test_a_parameter_is_a_result() -> None:
    weight = nn.Linear(2, 1, rng=0).weight
    program = record(lambda x: (weight, weight * x))(2.0)
    for result in (program.result, program(2.0)):
        np.testing.assert_array_equal(2.0 * result[0].data, result[1].data)


def test_many_gradients_are_compared_in_time_that_grows_with_them() -> None:
    """None of them agrees to the bit, so that each is compared with the largest, which is looked for once."""
    sizes: list[int] = []

    def step(values: list[Value]) -> Any:
        for value in values:
            value.grad = None
        loss = sum((value * 0.1 for value in values), Value(0.0))
        loss.backward()
        for value in values:
            value.grad *= 1.0 + 1e-12 * len(sizes)
        sizes.append(1)
        return loss

    looked = []
    size = agreement._size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agreement, "_size", lambda x: looked.append(x) or size(x))
        record(step)([Value(float(k)) for k in range(100)])
    assert 100 <= len(looked) <= 300


def test_data_from_before_it_is_assigned_is_a_result() -> None:
    def step(x: Any) -> Any:
        before, turned = w.data, w.T
        w.data = w.data * x
        return before, turned

    for compiled in (False, True):
        w = Tensor(np.arange(4.0).reshape(2, 2))
        run = autograd.compile(step) if compiled else lambda x: record(step)(x).result
        for k in range(5):
            before = w.data.copy()
            old, turned = run(2.0 + k)
            np.testing.assert_array_equal(old, before)
            np.testing.assert_array_equal(turned.data, before.T)


@dataclasses.dataclass
class Output:
    """What is no structure that a program takes apart."""

    loss: Any


def test_a_result_that_hides_numbers_is_refused() -> None:
    class Unequal:
        def __eq__(self, other: object) -> bool:
            raise ValueError("not to be compared")

    for result in (lambda x: Output((x * x).sum()), lambda x: Output(x * x), lambda x: Unequal()):
        with pytest.raises(RecordError, match=r"has a result of type .* lists, tuples, dicts"):
            record(result)(np.ones(2))
    constant = Unequal()
    assert record(lambda x: (constant, "text", None, {1, 2}))(1.0)(2.0)[0] is constant


def test_a_comparison_is_a_result() -> None:
    v = Value(1.0)
    program = record(lambda x: (v < x, x < 2.0))(1.5)
    assert program.result == (True, True) and type(program.result[0]) is bool
    assert program(0.5) == (False, True) and type(program(0.5)[0]) is bool
