"""Programs and what is outside of them: nodes reached in two ways, data that is replaced, shared memory."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from step_pairs import CLASSES, FLAT, KINDS, total, trained, twice

import autograd
import nn
from autograd import RecordError, Tensor, record

# -- an argument that is reached in another way -----------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_that_the_function_also_has_from_outside_is_refused(kind: str) -> None:
    """With another argument a program could not tell which of the two uses is meant."""
    w, other = KINDS[kind](1.0), KINDS[kind](4.0)

    def product(a: Any) -> Any:
        return total(a * w)

    with pytest.raises(RecordError, match=r"'w'.* is the argument a, and .* in another way"):
        record(product)(w)
    program = record(product)(other)
    third = KINDS[kind](7.0)
    assert program(third).item() == product(third).item()
    with pytest.raises(RecordError, match="in another way"):
        program(w)
    compiled = autograd.compile(product)
    for argument in (other, third, other, third):
        assert compiled(argument).item() == product(argument).item()
    with pytest.raises(RecordError, match="in another way"):
        compiled(w)
    assert w.grad is None and w.parents == ()


@pytest.mark.parametrize(
    "use",
    [
        lambda w: w.zero_grad(),
        lambda w: w.grad,
        lambda w: w.data,
        lambda w: w.add_(np.ones(2)),
        lambda w: nn.SGD([w], lr=0.1).zero_grad(),
        lambda w: (w + 1).sum().backward(),
    ],
)
def test_every_way_to_reach_an_argument_from_outside_is_noticed(use: Callable[[Any], Any]) -> None:
    w = KINDS["Tensor"](1.0)

    def step(a: Any) -> Any:
        loss = (a * a).sum()
        use(w)
        return loss

    with pytest.raises(RecordError, match="in another way"):
        record(step)(w)
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert w.grad is None


# -- memory that is first met without an operation --------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda w: w.detach(),
        lambda w: copy.deepcopy(w).detach(),
        lambda w: w.astype(int) if isinstance(w, Tensor) else w,
        lambda w: (w.add_(1.0), w.detach())[1],
        lambda w: (w.detach(), w.add_(1.0))[0],
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_read_a_node_is_seen(kind: str, use: Callable[[Any], Any]) -> None:
    one, two = KINDS[kind](1.0), KINDS[kind](1.0)
    program = record(lambda x: use(two) * x)(1.0)
    np.testing.assert_array_equal(program.result.data, (use(one) * 1.0).data)
    for k in range(3):
        for w in (one, two):
            w.add_(2.0)
        np.testing.assert_array_equal(program(2.0 + k).data, (use(one) * (2.0 + k)).data)
    np.testing.assert_array_equal(two.data, one.data)


# -- data that is replaced --------------------------------------------------------------------


def same_steps(make: Callable[[], Any], step: Callable[[Any, Any], Any], times: int = 7) -> None:
    """Steps eager and compiled on leaves of their own come to the same, whatever happens in between."""
    one, two = make(), make()
    compiled = autograd.compile(lambda x: step(two, x))
    for k in range(times):
        x = np.arange(2.0) + k if isinstance(one, Tensor) else 1.0 + k
        assert compiled(x).item() == pytest.approx(step(one, x).item(), rel=1e-12)
        np.testing.assert_allclose(two.data, one.data, rtol=1e-12)
        for leaf in (one, two):
            leaf.data = leaf.data + 1  # from outside


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("constant", [True, False])
def test_assigning_data_is_part_of_the_step(kind: str, constant: bool) -> None:
    def step(w: Any, x: Any) -> Any:
        w.zero_grad()
        loss = total(w * x)
        loss.backward()
        w.data = assigned(w)
        return loss

    def assigned(w: Any) -> Any:
        if constant:
            return np.array([1.0, -2.0]) if isinstance(w, Tensor) else 7.0
        return w.data - 0.1 * w.grad

    same_steps(lambda: KINDS[kind](1.0), step)


def test_data_of_another_shape_is_refused_and_nothing_is_lost() -> None:
    w = Tensor([1.0, 2.0], label="w")

    def grow(x: Any) -> Any:
        total = (w * x).sum()
        w.data = np.concatenate([w.data, w.data])
        return total

    with pytest.raises(RecordError, match=r"w, of shape \(2,\), float64, was given .* shape \(4,\), float64"):
        record(grow)(2.0)
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    a = Tensor([1.0, 2.0], label="a")
    with pytest.raises(RecordError, match=r"a, of shape \(2,\), float64, was given .* float32"):
        record(lambda a: setattr(a, "data", a.data.astype(np.float32)))(a)
    assert a.dtype == float


def test_several_tensors_are_given_other_arrays_in_a_step() -> None:
    def stepping() -> tuple[Any, Any]:
        averages = [Tensor(np.full(3, 1.0 + k)) for k in range(2)]

        def step(x: Any) -> Any:
            for average in averages:
                average.data = 0.9 * average.data + 0.1 * x
            return (averages[0] * averages[1]).sum()

        return averages, step

    one, two, eager, compiled = twice(stepping)
    for k in range(6):
        x = np.arange(3.0) * k
        assert compiled(x).item() == eager(x).item()
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(b.data, a.data)


def test_parameters_that_were_written_into_before_a_recording_are_no_constants() -> None:
    def make() -> tuple[Tensor, Callable[[Any], Any]]:
        w = Tensor(np.ones(2), requires_grad=True)

        def step(x: Any) -> Any:
            loss = (w * w * x).sum()
            loss.backward()
            w.data[...] = w.data * 0.9 - 0.01 * w.grad
            return loss

        return w, step

    one, two, eager, compiled = twice(make)
    for _ in range(6):
        for w in (one, two):
            w.data[0] += 1
        assert compiled(np.ones(2)).item() == eager(np.ones(2)).item()
        np.testing.assert_array_equal(two.data, one.data)
        np.testing.assert_array_equal(two.grad, one.grad)


# -- shared memory ----------------------------------------------------------------------------


def test_memory_from_outside_is_written_into_by_name_only() -> None:
    outside = np.zeros(3)

    def careless(x: Any) -> Any:
        nonlocal outside
        outside += x
        return x

    with pytest.raises(RecordError, match="lend"):
        record(careless)(np.ones(3))


def test_a_gradient_from_the_last_step_is_an_argument_like_any_other() -> None:
    def stepping() -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)

        def step(x: Any, before: Any) -> Any:
            w.zero_grad()
            loss = (w * w * x).sum()
            loss.backward()
            w.add_(-0.1 * (w.grad + 0.9 * before))
            return loss

        return w, step

    one, two, eager, compiled = twice(stepping)
    for k in range(9):
        x = np.arange(3.0) + k / 10
        before = [np.zeros(3) if w.grad is None else w.grad for w in (one, two)]
        assert compiled(x, before[1]).item() == eager(x, before[0]).item()
        np.testing.assert_array_equal(two.data, one.data)


def test_arguments_that_share_memory_which_is_changed_are_refused() -> None:
    def change(a: Any, b: Any) -> Any:
        a += 1
        return (a * b).sum()

    x = np.arange(6.0)
    with pytest.raises(RecordError, match="argument b shares memory with argument a"):
        record(change)(x[:4], x[2:])
    np.testing.assert_array_equal(x, np.arange(6.0))
    compiled = autograd.compile(change)
    for _ in range(4):
        halves = np.arange(6.0)
        assert compiled(halves[:3], halves[3:]) == 26.0  # of one array, and apart
    with pytest.raises(RecordError, match="pass a copy"):
        compiled(x[:3], x[:3])
    np.testing.assert_array_equal(x, np.arange(6.0))
    w = Tensor(np.ones(3), label="w")

    def move(a: Any) -> Any:
        w.add_(a)
        return (w * a).sum()

    compiled = autograd.compile(move)
    for k in range(4):
        compiled(np.full(3, float(k)))
    with pytest.raises(RecordError, match="argument a shares memory with w, which"):
        compiled(w.data)
    np.testing.assert_array_equal(w.data, np.full(3, 7.0))


# -- graphs from before -----------------------------------------------------------------------


def test_a_graph_from_before_a_replay_is_stale() -> None:
    models, _, _, compiled = trained(5)
    loss = models[1](FLAT).sum()
    compiled(FLAT, CLASSES)
    with pytest.raises(autograd.StaleGraphError):
        loss.backward()


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_from_before_is_not_part_of_a_program(kind: str) -> None:
    w = KINDS[kind](1.0)
    doubled = w * 2
    with pytest.raises(RecordError, match=r"uses .*, the result of a graph from before"):
        record(lambda x: total(doubled * x))(3.0)
    np.testing.assert_array_equal(
        record(lambda x: total(doubled.detach() * x))(3.0).result.data, total(doubled * 3.0).data
    )


# -- names that stand for something else -------------------------------------------------------


def scaled(x: Any) -> Any:
    return x * rate  # noqa: F821 - each test has its own


def test_a_name_that_stands_for_something_else_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, where a cell that makes a model is run again, and the one that compiles is not."""
    weight, limits = Tensor([1.0, 2.0]), SimpleNamespace(low=0.0, inner=SimpleNamespace(high=3.0))
    monkeypatch.setitem(globals(), "rate", 2.0)

    def step(x: Any) -> Any:
        clipped = [autograd.minimum(autograd.maximum(v, limits.low), limits.inner.high) for v in (x, 2 * x)]
        return (weight * scaled(clipped[0] + clipped[1])).sum()

    compiled, program = autograd.compile(step), record(step)(1.0)
    for change in (
        lambda: None,
        lambda: None,
        lambda: monkeypatch.setitem(globals(), "rate", 5.0),
        lambda: setattr(limits, "low", 2.0),
        lambda: setattr(limits.inner, "high", 2.5),
        lambda: setattr(limits, "inner", SimpleNamespace(high=4.0)),
    ):
        change()
        for x in (1.0, 3.0):
            assert compiled(x).item() == step(x).item()
    weight = Tensor([5.0, 5.0])
    for x in (1.0, 3.0, 4.0):
        assert compiled(x).item() == step(x).item()
    with pytest.raises(RecordError, match="weight is something else than before; record it again"):
        program(1.0)


def test_a_function_that_is_written_anew_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "rate", 2.0)
    compiled = autograd.compile(lambda x: scaled(x) + 1)
    for _ in range(4):
        assert compiled(3.0) == 7
    monkeypatch.setitem(globals(), "scaled", lambda x: x)
    assert compiled(3.0) == 4


def test_attributes_of_an_object_are_seen_but_for_those_that_the_function_sets() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.rate, self.loss = 0.5, None

        def step(self, x: Any) -> Any:
            self.loss = x.data * self.rate
            return x.data * self.rate

    trainer, other = Trainer(), Trainer()
    for compiled, own in ((autograd.compile(trainer.step), ()), (autograd.compile(Trainer.step), (trainer,))):
        for k in range(12):
            trainer.rate = other.rate = 0.5 + (k > 6)
            x = Tensor([k, 1.0])
            np.testing.assert_array_equal(compiled(*own, x), other.step(x))
        (programs,) = compiled.programs.values()
        assert len(programs) == 2


class Called:
    rate = 0.5

    def __init__(self) -> None:
        self.shift = 1.0

    @property
    def doubled(self) -> float:
        return self.shift * 2

    def __call__(self, x: Any) -> Any:
        return x * self.rate + self.doubled


@dataclass(slots=True)
class Slotted:
    rate: float = 2.0


SETTINGS = SimpleNamespace(called=Called(), slotted=Slotted())


def of_settings(x: Any) -> Any:
    return SETTINGS.called(x) * SETTINGS.slotted.rate + x * Called.rate


def test_attributes_are_seen_wherever_they_stand() -> None:
    """Of an object that is called, of its class, behind a property, in slots."""
    called = SETTINGS.called
    compiled, own = autograd.compile(of_settings), autograd.compile(called)
    with pytest.MonkeyPatch.context() as patch:
        for change in (
            lambda: None,
            lambda: None,
            lambda: None,
            lambda: patch.setattr(called, "shift", 3.0),
            lambda: patch.setattr(Called, "rate", 0.25),
            lambda: patch.setattr(called, "rate", 4.0, raising=False),
            lambda: patch.setattr(SETTINGS.slotted, "rate", 7.0),
        ):
            change()
            assert compiled(2.0) == of_settings(2.0) and own(2.0) == called(2.0)
    assert len(next(iter(compiled.programs.values()))) == 5


def test_numbers_that_are_called_like_a_method_are_no_settings() -> None:
    class Meter:
        def __init__(self) -> None:
            self.sum = self.data = 0.0

    class Loop:
        def __init__(self) -> None:
            self.meter, self.weight = Meter(), Tensor([1.0, 2.0])

        def step(self, x: Any) -> Any:
            return (self.weight * x).sum()

    loop = Loop()
    compiled = autograd.compile(loop.step)
    for k in range(6):
        loop.meter.sum += compiled(1.0 + k).item()
    (programs,) = compiled.programs.values()
    assert len(programs) == 1 and loop.meter.sum == 63


def test_an_object_that_compiled_its_method_is_copied() -> None:
    class Scale:
        def __init__(self) -> None:
            self.rate, self.step = 2.0, autograd.compile(self.scaled)

        def scaled(self, x: Any) -> Any:
            return x * self.rate

    scale = Scale()
    for _ in range(4):
        assert scale.step(3.0) == 6
    other = copy.deepcopy(scale)
    other.rate = 5.0
    for _ in range(4):
        assert (other.step(3.0), scale.step(3.0)) == (15, 6)
