"""A recording alone changes nothing: what a function does while it is written down is undone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from training_step import step_of

import autograd
import nn
from autograd import CutGraphError, RecordError, Tensor, Value, record

RANDOM = np.random.default_rng(0)


def everything(model: Any, optimizer: Any) -> Any:
    """What a step of training may change."""
    draws = [layer.rng.bit_generator.state for layer in model.modules() if isinstance(layer, nn.Dropout)]
    gradients = [parameter.grad for parameter in model.parameters()]
    return copy.deepcopy([model.state_dict(), optimizer.state_dict(), gradients, draws])


def trained() -> tuple[Any, Any, Callable[[Any, Any], Any]]:
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(rng=1), nn.Linear(4, 3, rng=2)
    )
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    return model, optimizer, step_of(model, optimizer)


X, Y = RANDOM.normal(size=(6, 3)), RANDOM.integers(0, 3, 6)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_recording_that_fails_leaves_everything_as_it_was(steps: int) -> None:
    """So that the next step is the one that would have come without it."""
    (*one, step), (*two, other_step) = trained(), trained()
    number, w, x = Value(2.0), Tensor(np.ones(2), requires_grad=True), X.copy()
    for _ in range(steps):
        step(X, Y), other_step(X, Y)

    def failing(x: Any, y: Any) -> Any:
        x += 1.0
        number.data = 3.0
        number.backward()
        w.data = w.data * 2.0
        w.sum().backward()
        first.add_(1.0)  # before the optimiser moves it, in its first step, and changes it with all others
        step(x, y)
        return float(step(x, y))

    first, *_ = parameters = list(one[0].parameters())
    gradients = [p.grad for p in parameters]
    with pytest.raises(CutGraphError, match=r"float\(\)"):
        record(failing)(x, Y)
    np.testing.assert_array_equal(x, X)
    assert (number.data, number.grad, w.grad) == (2.0, None, None) and w.data.tolist() == [1.0, 1.0]
    assert type(number.plain) is float and type(w.plain) is np.ndarray
    assert all(p.grad is gradient for p, gradient in zip(parameters, gradients, strict=True))
    assert step(X, Y).item() == other_step(X, Y).item()
    np.testing.assert_equal(everything(*one), everything(*two))


@pytest.mark.parametrize("steps", [0, 1])
def test_a_recording_makes_one_step(steps: int) -> None:
    """It runs the function twice, from one state; what stays is what the function does once."""
    (*one, step), (*two, other_step) = trained(), trained()
    for _ in range(steps):
        step(X, Y), other_step(X, Y)
    assert record(step)(X, Y).result.item() == other_step(X, Y).item()
    np.testing.assert_equal(everything(*one), everything(*two))


def test_a_recording_that_fails_leaves_settings_and_older_graphs_as_they_were() -> None:
    model, w = trained()[0], Tensor(np.array([2.0, 3.0]), requires_grad=True)
    graph, number = (w * w).sum(), model[0].in_features

    def failing(x: Any) -> float:
        model.eval()
        model[0].register_forward_hook(lambda *arguments: None)
        model[0].in_features = 7
        model[1].running_mean = model[1].running_mean * x
        del model[2].p
        w.requires_grad_(False)
        w.add_(x)
        return float(w.sum())

    before = copy.deepcopy(model.state_dict())
    with pytest.raises(CutGraphError, match=r"float\(\)"):
        record(failing)(1.0)
    assert all(module.training for module in model.modules())
    assert (model[0]._hooks, model[0].in_features, model[2].p) == (None, number, 0.5)
    np.testing.assert_equal(model.state_dict(), before)
    graph.backward()
    np.testing.assert_array_equal(w.grad, [4.0, 6.0])


# -- what a function sets ---------------------------------------------------------------------


class Setting(nn.Module):
    """Each way of computing sets something that the next one takes."""

    def __init__(self) -> None:
        self.scale, self.last, self.weight = 1.0, Tensor(np.ones(3)), nn.Parameter(np.ones(3))
        self.register_buffer("mean", np.zeros(3))
        self.drop = nn.Dropout(rng=0)

    def counted(self, x: Any) -> Any:
        self.scale += 1
        return self.weight * x * self.scale

    def halved(self, x: Any) -> Any:
        self.scale *= 0.5
        return self.weight * x * self.scale

    def averaged(self, x: Any) -> Any:
        self.mean = self.mean * 0.9 + x
        return self.weight * self.mean

    def recurrent(self, x: Any) -> Any:
        self.last = (self.last * 0.5 + x).detach()
        return self.weight * self.last

    def hooked(self, x: Any) -> Any:
        self.drop.register_forward_hook(lambda module, inputs, output: output * 2)
        return self.drop(self.weight * x)

    def switched(self, x: Any) -> Any:
        y = self.train().drop(self.weight * x)
        return y + self.eval().drop(x)


WAYS = ["counted", "halved", "averaged", "recurrent", "hooked", "switched"]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_function_sets_takes_effect_as_often_as_it_is_called(way: str) -> None:
    one, two = Setting(), Setting()
    compiled = autograd.compile(lambda x: getattr(two, way)(x))
    for k in range(6):
        x = np.arange(3.0) + k
        np.testing.assert_allclose(compiled(x).data, getattr(one, way)(x).data, rtol=1e-12)
        assert (two.training, two.scale) == (one.training, one.scale)
        np.testing.assert_allclose(two.mean, one.mean, rtol=1e-12)
        if k == 3:
            one.train(), two.train()
    assert way != "switched" or len(next(iter(compiled.programs.values()))) == 2  # for each mode to start in


@pytest.mark.parametrize("way", WAYS)
def test_a_program_says_that_its_function_sets_something(way: str) -> None:
    program = record(getattr(Setting(), way))(np.ones(3))
    with pytest.raises(RecordError, match=r"setting of a .* was changed|between training and evaluation"):
        program(np.ones(3))


def test_a_setting_of_an_optimizer_that_is_set_inside_is_found() -> None:
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = nn.SGD([w], lr=0.1, momentum=0.9)

    def step(x: Any) -> None:
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()
        optimizer.momentum = 0.5

    program = record(step)(np.ones(3))
    np.testing.assert_allclose(w.data, 0.9)
    with pytest.raises(RecordError, match="a setting of a SGD was changed"):
        program(np.ones(3))


# -- parameters that move ---------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "optimizers"), [(Tensor, 1), (Tensor, 2), (Value, 1)])
def test_parameters_that_are_arranged_in_two_ways_by_one_function_are_refused(
    kind: type, optimizers: int
) -> None:
    """By two optimisers, or by one that finds other gradients at its second step."""
    a, b = (kind(1.0) for _ in range(2))
    for w in (a, b):
        w.requires_grad_() if kind is Tensor else None
    first, last = (nn.Adam([a, b], lr=0.1) for _ in range(2))
    last = (first, last)[optimizers - 1]

    def step(x: Any) -> None:
        first.zero_grad()
        (a * b * x).backward()
        first.step()
        if first is last:
            first.zero_grad()
            (a * x).backward()
        last.step()

    with pytest.raises(RecordError, match="record these steps as two functions"):
        record(step)(2.0)
    assert (a.data, b.data, a.grad, b.grad) == (1.0, 1.0, None, None)
    assert all(not own["step"] for own in first.state_dict()["state"].values())


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("late", [False, True])
def test_data_assigned_before_the_optimizer_moves_it(steps: int, late: bool) -> None:
    (*one, step), (*two, other_step) = trained(), trained()

    def decaying(model: Any, step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def decayed(x: Any, y: Any) -> Any:
            if late:
                step(x, y)
            for parameter in model.parameters():
                parameter.data = parameter.data * 0.9
            return step(x, y)

        return decayed

    eager, recorded = decaying(one[0], step), decaying(two[0], other_step)
    for _ in range(steps):
        eager(X, Y), recorded(X, Y)
    program = record(recorded)(X, Y)
    assert program.result.item() == eager(X, Y).item()
    for _ in range(3):
        assert program(X, Y).item() == pytest.approx(eager(X, Y).item(), rel=1e-6)
    np.testing.assert_allclose(two[0][0].weight.data, one[0][0].weight.data, rtol=1e-5)
