"""What is changed between compiled steps takes effect: weights, modes, states and settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from step_pairs import CLASSES, FLAT, both, dense, numbers, same_state, trained
from training_step import step_of

import autograd
import nn
from autograd import RecordError, Tensor, record


def test_loaded_weights_training_and_evaluation_and_frozen_parameters_take_effect() -> None:
    models, _, eager, compiled = trained()

    def go_on() -> None:
        for _ in range(4):
            assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
        same_state(models)

    state = {name: array * 0.5 for name, array in models[0].state_dict().items()}
    for change in (
        lambda model: model.load_state_dict(state),
        lambda model: model.eval(),
        lambda model: model.train(),
        lambda model: model[0].weight.requires_grad_(False),
        lambda model: model[0].weight.requires_grad_(True),
        lambda model: setattr(model[0].bias, "data", np.zeros(8, np.float32)),
    ):
        for model in models:
            change(model)
        go_on()


def test_buffers_that_are_loaded_take_effect() -> None:
    models, _, eager, compiled = both(
        lambda: dense(nn.BatchNorm1d(8), nn.ReLU()), lambda p: nn.SGD(p, lr=0.1)
    )
    for _ in range(4):
        eager(FLAT, CLASSES), compiled(FLAT, CLASSES)
    state = {name: array * 2 for name, array in models[0].state_dict().items()}
    for model in models:
        model.load_state_dict(state)
    for _ in range(3):
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    same_state(models)


def test_state_gradients_and_eager_steps_in_between_are_usable() -> None:
    models, optimizers, eager, compiled = trained(5)
    same_state(models)
    assert optimizers[1].state_dict()["state"][0]["step"] == 5
    step_of(models[1], optimizers[1])(FLAT, CLASSES)  # without the program
    eager(FLAT, CLASSES)
    for _ in range(2):
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    same_state(models)


CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "weight decay": lambda model, optimizer: setattr(optimizer, "weight_decay", 0.5),
    "betas": lambda model, optimizer: setattr(optimizer, "betas", (0.5, 0.9)),
    "maximize": lambda model, optimizer: setattr(optimizer, "maximize", True),
    "state": lambda model, optimizer: optimizer.load_state_dict({"lr": 0.3, "state": {}}),
    "epsilon": lambda model, optimizer: setattr(model[1], "eps", 0.5),
    "momentum": lambda model, optimizer: (setattr(model[1], "momentum", 0.9), model.eval()),
    "statistics": lambda model, optimizer: (setattr(model[1], "running_mean", numbers(8) * 0), model.eval()),
    "dropout": lambda model, optimizer: setattr(model[3], "p", 0.2),
    "generator": lambda model, optimizer: setattr(model[3], "rng", np.random.default_rng(9)),
    "parameter": lambda model, optimizer: setattr(
        model[0], "weight", nn.Parameter(np.full((8, 6), 0.1, "f"))
    ),
    "layer": lambda model, optimizer: model.__setitem__(2, nn.ReLU()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_settings_that_are_changed_take_effect(name: str) -> None:
    def make() -> Any:
        return dense(nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.5, rng=3))

    models, optimizers, eager, compiled = both(make, lambda p: nn.AdamW(p, lr=0.01))
    for call in range(10):
        if call == 5:
            for model, optimizer in zip(models, optimizers, strict=True):
                CHANGES[name](model, optimizer)
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    same_state(models)
    ((*programs,),) = compiled.programs.values()
    assert len(programs) <= 3


def test_an_optimizer_whose_only_other_parameter_is_frozen_counts_on() -> None:
    """Its state is arranged anew in the recorded step; that is not a part of the step."""

    def stepping() -> tuple[Any, Any, Any]:
        a, b = (Tensor(np.ones(2), requires_grad=True, label=label) for label in "ab")
        optimizer = nn.Adam([a, b], lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = ((a + b) * x).sum()
            loss.backward()
            optimizer.step()
            return loss

        return a, b, step

    (a, b, eager), (c, d, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(10):
        if k in (4, 7):
            b.requires_grad_(k == 7)
            d.requires_grad_(k == 7)
        x = np.arange(2.0) + k
        assert compiled(x).item() == eager(x).item()
        np.testing.assert_array_equal(c.data, a.data)
        np.testing.assert_array_equal(d.data, b.data)


@pytest.mark.parametrize("how", ["read", "halved", "chosen", "assigned twice"])
def test_a_rate_that_is_read_or_assigned_in_a_step(how: str) -> None:
    def stepping() -> tuple[Any, Any, Any]:
        w = Tensor(np.ones(3, np.float32), requires_grad=True)
        optimizer = nn.SGD([w], lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (w * w * x).sum()
            loss.backward()
            if how == "read":
                w.add_(-optimizer.lr * w.grad)
                return loss
            if how == "chosen":
                optimizer.lr = 0.1 if loss > 1 else 0.05
            if how == "assigned twice":
                optimizer.lr = 0.3
            optimizer.step()
            if how == "halved":
                optimizer.lr = optimizer.lr * 0.5
            if how == "assigned twice":
                optimizer.lr = 0.2
            return loss

        return w, optimizer, step

    (one, first, eager), (two, second, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(8):
        if k == 4:
            first.lr = second.lr = 0.03
        x = np.full(3, 0.3 * k + 0.1, np.float32)
        assert compiled(x).item() == eager(x).item()
        np.testing.assert_array_equal(two.data, one.data)
        assert second.lr == first.lr


def test_a_schedule_in_a_step_is_refused() -> None:
    optimizer = nn.SGD([w := Tensor(np.ones(2), requires_grad=True)], lr=0.1)
    schedule = nn.StepLR(optimizer, 100)

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        schedule.step()
        return loss

    with pytest.raises(RecordError, match=r"StepLR.step\(\) counts .* call it after the compiled step"):
        record(step)(np.ones(2))
