"""Arguments of programs: what makes them another step, and how they are changed."""

from __future__ import annotations

import weakref
from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest
from step_pairs import KINDS, numbers, total, trained

import autograd
import autograd.program.compiled as compiled_module
from autograd import RecordError, ShapeError, Tensor, Value, record

RANDOM = np.random.default_rng(0)


def test_arguments_are_inputs_and_never_baked_in() -> None:
    _, _, eager, compiled = trained()
    for _ in range(5):
        x, y = numbers(5, 6), RANDOM.integers(0, 3, 5)
        assert compiled(x, y).item() == eager(x, y).item()
        x[0] += 1  # the same array with other numbers in it
        assert compiled(x, y).item() == eager(x, y).item()
        assert compiled(x[::-1], y).item() == eager(x[::-1], y).item()  # laid out in another way


def test_other_shapes_get_a_program_of_their_own() -> None:
    _, _, eager, compiled = trained()
    for count in (2, 3, 2, 5, 3, 2, 3):
        x, y = numbers(count, 6), RANDOM.integers(0, 3, count)
        assert compiled(x, y).item() == eager(x, y).item()
    assert len(compiled.programs) == 3


def test_arguments_may_have_names() -> None:
    step = autograd.compile(lambda x, *, scale: (x * scale).sum())
    for k in range(6):
        x = numbers(3)
        assert step(x, scale=float(k)) == pytest.approx((x * np.float32(k)).sum(), rel=1e-6)
    program = record(lambda x, y: x - y)(np.ones(2), y=2.0)
    np.testing.assert_array_equal(program(np.ones(2), y=5.0), np.full(2, -4.0))


def test_a_dict_is_no_arguments_by_name() -> None:
    def step(x: Any, more: Any = None, y: float = 0.0) -> Any:
        return x * 2 if more is None else x * more["y"] + y

    compiled = autograd.compile(step)
    for _ in range(4):
        assert compiled(np.ones(1), y=5.0) == 2
        assert compiled(np.ones(1), {"y": 5.0}) == 5


def test_arguments_that_differ_are_named() -> None:
    program = record(lambda x, y, mode: x + y)(np.ones(3), 2.0, "add")
    np.testing.assert_array_equal(program(np.zeros(3), 5.0, "add"), np.full(3, 5.0))
    for arguments, words in (
        ((np.ones(4), 2.0, "add"), r"argument 0 was an array of shape \(3,\), float64, and is .* \(4,\)"),
        ((np.ones(3), 2.0, "sub"), "argument 2 was 'add', and is 'sub'"),
        ((np.ones(3), 2.0), "3 arguments, and are 2"),
        ((np.ones(3), Value(2.0), "add"), "argument 1 was a float, and is a Value"),
        (((np.ones(3),), 2.0, "add"), "argument 0 was an array .*, and is a tuple of 1"),
    ):
        with pytest.raises(ShapeError, match=words):
            program(*arguments)


def test_parts_of_arguments_that_differ_are_named() -> None:
    program = record(lambda x, *, rate: x[0]["a"] * rate)([{"a": np.ones(3)}, "mean"], rate=2.0)
    for argument, options, words in (
        (
            [{"a": np.ones(2)}, "mean"],
            {"rate": 2.0},
            r"^.*: argument 0\[0\]\['a'\] was an array of shape \(3,\)[^;]*$",
        ),
        ([{"a": np.ones(3)}, "sum"], {"rate": 2.0}, r"argument 0\[1\] was 'mean', and is 'sum'"),
        (
            [{"b": np.ones(3)}, "mean"],
            {"rate": 2.0},
            r"argument 0\[0\] was a dict of 'a', and is a dict of 'b'",
        ),
        ([{"a": np.ones(3)}, "mean"], {"rate": 2}, r"argument 1\['rate'\] was a float, and is 2"),
    ):
        with pytest.raises(ShapeError, match=words):
            program(argument, **options)
    names = record(lambda x, y, z: x - y * z)(3.0, z=2.0, y=1.0)
    assert names.arguments == ["x", "z", "y"] and names(3.0, y=2.0, z=5.0) == -7


def test_a_dict_of_another_kind_stays_one() -> None:
    def step(counts: Any) -> Any:
        return OrderedDict(total=counts["a"] * 2 + counts.default_factory())

    compiled = autograd.compile(step)
    for k in range(4):
        found = compiled(defaultdict(lambda: 1, a=float(k)))
        assert type(found) is OrderedDict and found == {"total": 2 * k + 1}


def test_a_method_is_compiled_too() -> None:
    class Scale:
        def __init__(self, rate: float) -> None:
            self.rate = rate

        @autograd.compile
        def step(self, x: Any) -> Any:
            return x * self.rate

    two, three = Scale(2.0), Scale(3.0)
    for k in range(5):
        assert two.step(1.0 + k) == 2.0 + 2 * k and three.step(1.0 + k) == 3.0 + 3 * k


def test_programs_of_the_oldest_signature_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_module, "SIGNATURES", 4)
    compiled = autograd.compile(lambda x, k: x * k)
    for k in range(8):
        for _ in range(3):
            assert compiled(2.0, k) == 2 * k
    assert [key[0][2] for key in compiled.programs] == [(int, k) for k in range(4, 8)]
    assert len(compiled._checked) == 4


def test_a_program_does_not_keep_what_it_was_recorded_with() -> None:
    for kind in (Tensor, np.array):
        argument = kind(np.ones(1000))
        program = record(lambda x: (x * 2).sum())(argument)
        gone = weakref.ref(argument.plain if isinstance(argument, Tensor) else argument)
        del argument
        assert gone() is None and len(program) == 2


def test_numbers_of_numpy_widen_arrays_and_those_of_python_do_not() -> None:
    w = Tensor(np.ones(2, np.float32), requires_grad=True)
    compiled = autograd.compile(lambda s: w * s)
    for number in (0.5, 0.5, 0.5, np.float64(1 / 3), np.float64(1 / 3), np.float64(1 / 7), 1 / 3):
        expected, found = w * number, compiled(number)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.data, expected.data)
    v = Value(2.0)
    assert autograd.record(lambda s: v * s + s)(np.float64(3.0))(np.float64(4.0)).data == 12


def test_one_tensor_as_two_arguments_is_another_step_than_two_tensors() -> None:
    def step(a: Any, b: Any) -> Any:
        a.grad = b.grad = None
        loss = (a * a * b).sum()
        loss.backward()
        return loss

    t, u = (Tensor([k, 3.0], requires_grad=True) for k in (1.0, 2.0))
    compiled = autograd.compile(step)
    for a, b in [(t, u), (t, t), (u, t), (u, u)] * 4:
        expected = step(a, b).item(), np.array(a.grad), np.array(b.grad)
        found = compiled(a, b).item(), a.grad, b.grad
        assert all(map(np.array_equal, found, expected))
    program = record(step)(t, u)
    with pytest.raises(RecordError, match="same node"):
        program(t, t)


# -- arguments that are changed ---------------------------------------------------------------


def test_arguments_are_changed_once_at_every_call() -> None:
    def step(x: Any) -> Any:
        loss = (x * x).sum()
        loss.backward()
        x.add_(1.0)
        return loss

    def in_place(x: Any) -> Any:
        x += 1
        return x * 2

    compiled, compiled_in_place = autograd.compile(step), autograd.compile(in_place)
    one, two = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    array, other = np.zeros(2), np.zeros(2)
    for _ in range(6):
        assert compiled(two).item() == step(one).item()
        np.testing.assert_array_equal(two.data, one.data)
        np.testing.assert_array_equal(two.grad, one.grad)
        np.testing.assert_array_equal(compiled_in_place(other), in_place(array))
        np.testing.assert_array_equal(other, array)


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_changed_at_every_call_the_recorded_one_included(kind: str) -> None:
    def step(a: Any, x: Any) -> Any:
        a.zero_grad()
        loss = total(a * a * x)
        loss.backward()
        a.data = a.data - 0.1 * a.grad
        return loss

    one, two, compiled = KINDS[kind](1.0), KINDS[kind](1.0), autograd.compile(step)
    for k in range(6):
        if k == 4:
            one, two = KINDS[kind](3.0), KINDS[kind](3.0)
        graph = total(two * two)
        assert compiled(two, 0.5 + k).item() == pytest.approx(step(one, 0.5 + k).item(), rel=1e-12)
        np.testing.assert_allclose(two.data, one.data, rtol=1e-12)
        np.testing.assert_allclose(two.grad, one.grad, rtol=1e-12)
        with pytest.raises(autograd.StaleGraphError):
            graph.backward()


def test_arguments_that_are_changed_and_their_gradients() -> None:
    def step(w: Any, x: Any) -> Any:
        w.zero_grad()
        loss = (w * w * x).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss

    one, two = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    program = record(step)(Tensor([3.0, 4.0], requires_grad=True), np.ones(2))
    step(one, np.full(2, 2.0)), program(two, np.full(2, 2.0))
    np.testing.assert_array_equal(two.data, one.data)
    np.testing.assert_array_equal(two.grad, one.grad)


def test_a_number_of_numpy_is_not_changed_in_place_and_an_array_is() -> None:
    def halved(x: Any, rate: Any) -> Any:
        rate *= 0.5
        return x.sum() * rate

    compiled = autograd.compile(halved)
    for k in range(8):
        rate, array = np.float64(3.0 + k), np.array(3.0 + k)
        assert compiled(np.ones(2), rate) == 3.0 + k
        assert compiled(np.ones(2), array) == 3.0 + k
        assert array == (3.0 + k) / 2
