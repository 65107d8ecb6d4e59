"""Trainings elsewhere: the same losses on JAX and PyTorch, on several devices and in several processes."""

from __future__ import annotations

import doctest
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import NEEDED, needs_jax, needs_torch, on, set_up

import autograd
import nn
from autograd import RecordError, StaleGraphError, Tensor, Value, record
from chainrule.microgpt import Settings, TensorGPT, first_weights

DOCS = Path(__file__).resolve().parent.parent / "docs"
EXAMPLE = DOCS / "data_parallel.py"
FLOATS = np.array([0.5, -0.25, 0.75])

# -- whole trainings --------------------------------------------------------------------------

STEPS = 12


class LastState(nn.Module):
    """Classes from the last output of a recurrent layer (time, batch, width)."""

    def __init__(self) -> None:
        self.layer, self.head = nn.LSTM(4, 6, rng=0), nn.Linear(6, 3, rng=1)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x)[0][-1])


def mlp() -> Any:
    return nn.Sequential(
        nn.Linear(6, 8, bias=False, rng=0),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.3, rng=3),
        nn.Linear(8, 3, rng=1),
    )


def convolutional() -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=0), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3, rng=1)
    )


def microgpt() -> Any:
    return TensorGPT(
        Settings(width=8, heads=2, block=6), first_weights(Settings(width=8, heads=2, block=6), 1)
    )


def classes(model: Any, x: Any, y: Any) -> Any:
    return nn.cross_entropy(model(x), y)


def letters(model: Any, x: Any, y: Any) -> Any:
    return nn.cross_entropy(autograd.reshape(model(x), (-1, 27)), y)


def batches(*shape: int) -> list[Any]:
    random = np.random.default_rng(0)
    return [(random.normal(size=shape), random.integers(0, 3, 5)) for _ in range(STEPS)]


def names() -> list[Any]:
    random = np.random.default_rng(0)
    return [(random.integers(0, 27, (3, 6)), random.integers(0, 27, 18)) for _ in range(STEPS)]


TRAININGS: dict[str, tuple[Any, Any, Any, list[Any]]] = {
    "mlp, Adam": (mlp, lambda p: nn.Adam(p, lr=0.01, amsgrad=True), classes, batches(5, 6)),
    "mlp, SGD": (mlp, lambda p: nn.SGD(p, lr=0.1), classes, batches(5, 6)),
    "convolutional, momentum": (
        convolutional,
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
        classes,
        batches(5, 1, 8, 8),
    ),
    "lstm, RMSprop": (LastState, lambda p: nn.RMSprop(p, lr=0.01), classes, batches(6, 5, 4)),
    "microgpt, AdamW": (microgpt, lambda p: nn.AdamW(p, lr=0.01), letters, names()),
}


class Training:
    """A model of a dtype, its optimiser, a step, and its data."""

    def __init__(self, name: str, dtype: Any) -> None:
        make, optimizer, loss, data = TRAININGS[name]
        self.model = make().to(dtype)
        self.optimizer = optimizer(self.model.parameters())
        self.loss = loss
        self.data = [(x.astype(dtype) if x.dtype == float else x, y) for x, y in data]

    def step(self, x: Any, y: Any) -> Any:
        """One step of training."""
        self.optimizer.zero_grad()
        loss = self.loss(self.model, x, y)
        loss.backward()
        self.optimizer.step()
        return loss

    def eager(self, data: list[Any]) -> list[float]:
        """The losses of steps on NumPy, without a program."""
        return [self.step(x, y).item() for x, y in data]

    def recorded(self) -> Any:
        """The program of the second step, and the losses of the first and the second."""
        first = self.eager(self.data[:1])
        program = record(self.step)(*self.data[1])
        return program, [*first, program.result.item()]

    def elsewhere(self, where: str) -> list[float]:
        """The losses of steps on another engine; the last two on NumPy again."""
        program, losses = self.recorded()
        pure, function = on(program, where)
        state = pure.state()
        for x, y in self.data[2:-2]:
            state, loss = function(state, x, y, random=pure.random())
            losses.append(float(loss))
        pure.load(state)
        return losses + self.eager(self.data[-2:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("name", TRAININGS)
def test_the_same_losses_everywhere(name: str, dtype: Any, where: str) -> None:
    one, two, three = (Training(name, dtype) for _ in range(3))
    expected = one.eager(one.data)
    program, losses = two.recorded()
    replayed = losses + [program(x, y).item() for x, y in two.data[2:]]
    np.testing.assert_allclose(replayed, expected, rtol=1e-6 if dtype is np.float32 else 1e-12)
    tolerance = 1e-4 if dtype is np.float32 else 1e-9
    np.testing.assert_allclose(three.elsewhere(where), expected, rtol=tolerance)
    assert len({round(loss, 3) for loss in expected}) > 8
    for p, q in zip(one.model.parameters(), three.model.parameters(), strict=True):
        assert q.dtype == dtype
        np.testing.assert_allclose(q.data, p.data, rtol=0, atol=tolerance)


@needs_jax
def test_float32_on_jax_as_it_is_set_from_the_start() -> None:
    one, two = Training("mlp, Adam", np.float32), Training("mlp, Adam", np.float32)
    with set_up("jax", wide=False):
        np.testing.assert_allclose(two.elsewhere("jax"), one.eager(one.data), rtol=1e-4)


def values() -> tuple[list[Value], Callable[..., Any]]:
    model = nn.MLP(2, [3, 1], "tanh", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)

    def step(a: float, b: float, target: float) -> Any:
        optimizer.zero_grad()
        loss = (model([a, b]) - target) ** 2
        loss.backward()
        optimizer.step()
        return loss

    return model.parameters(), step


def test_values_are_trained_elsewhere_too(where: str) -> None:
    (one, eager), (two, step) = values(), values()
    points = np.random.default_rng(0).normal(size=(12, 3)).tolist()
    expected = [eager(*point).data for point in points]
    found = [step(*points[0]).data]
    program = record(step)(*points[1])
    pure, function = on(program, where)
    found.append(program.result.data)
    state, graph = pure.state(), two[0] * 2
    for point in points[2:10]:
        state, loss = function(state, *point)
        found.append(float(loss))
    pure.load(state)
    with pytest.raises(StaleGraphError):
        graph.backward()
    found += [step(*point).data for point in points[10:]]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose([v.data for v in two], [v.data for v in one], rtol=1e-9)


def test_gradients_that_are_added_to_are_state(where: str) -> None:
    w = Tensor(np.ones(3), requires_grad=True, label="w")

    def add(x: Any) -> Any:
        loss = (w * x).sum()
        loss.backward()
        return loss

    add(FLOATS)
    pure, function = on(record(add)(FLOATS), where)
    state, graph = pure.state(), (w * 2).sum()
    for _ in range(3):
        state, _ = function(state, FLOATS)
    np.testing.assert_allclose(np.asarray(state["gradient of w"]), 5 * FLOATS)
    pure.load(state)
    with pytest.raises(StaleGraphError):
        graph.backward()
    add(FLOATS)
    np.testing.assert_allclose(w.grad, 6 * FLOATS)
    w.zero_grad()
    with pytest.raises(RecordError, match=r"gradient of .*w.*none now"):
        pure.state()


def test_the_examples_of_the_page_run(where: str) -> None:
    """All of docs/programs.md but the sections on the other engine."""
    sections = (DOCS / "programs.md").read_text().split("\n## ")
    other = re.compile(rf"^>>> (import|from) ({'|'.join(NEEDED.keys() - {where})})\b", re.MULTILINE)
    text = "\n".join(section for section in sections if not other.search(section))
    test = doctest.DocTestParser().get_doctest(text, {}, "programs.md", None, 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted > 15 and not result.failed


# -- what JAX adds ----------------------------------------------------------------------------


@needs_jax
def test_a_scalar_program_over_a_batch(jax: Any) -> None:
    model = nn.MLP(2, [4, 1], "tanh", rng=0)
    program = record(lambda a, b: model([a, b]))(0.5, -0.5)
    points = np.random.default_rng(0).normal(size=(7, 2))
    expected = [model(list(point)).data for point in points.tolist()]
    pure = program.to_jax()
    np.testing.assert_allclose(jax.jit(jax.vmap(pure))(*points.T), expected, rtol=1e-12)
    by_state = jax.vmap(pure, in_axes=(None, 0, 0))(pure.state(), *points.T)
    np.testing.assert_allclose(by_state, expected, rtol=1e-12)


@needs_jax
def test_a_compiled_program_takes_its_parameters_as_state(jax: Any) -> None:
    layer = nn.Linear(3, 2, rng=0).to(np.float64)
    pure = record(lambda x: layer(x))(FLOATS).to_jax()
    function = jax.jit(pure)
    before = function(pure.state(), FLOATS)
    layer.weight.data[...] = 0
    assert not np.allclose(before, layer.bias.data)
    np.testing.assert_array_equal(function(pure.state(), FLOATS), layer.bias.data)
    np.testing.assert_array_equal(pure(FLOATS), layer.bias.data)
    gradient = jax.grad(lambda state: pure(state, FLOATS).sum())(pure.state())  # JAX's own derivative
    np.testing.assert_allclose(gradient["weight"], [FLOATS, FLOATS])


def losses_printed(text: str) -> dict[str, list[float]]:
    rows = [line.split(":") for line in text.splitlines() if line.startswith("losses")]
    return {name: [float(x) for x in numbers.split()] for name, numbers in rows}


def check_data_parallel(text: str, devices: int) -> None:
    found = losses_printed(text)
    assert len(found["losses, eager"]) >= 10 and f"{devices} devices" in text
    np.testing.assert_allclose(found["losses, sharded"], found["losses, eager"], rtol=1e-9)


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(EXAMPLE), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@needs_jax
def test_data_parallel_training_on_eight_devices() -> None:
    text, _ = started().communicate(timeout=120)
    check_data_parallel(text, 8)


@needs_jax
def test_data_parallel_training_in_two_processes() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [started(str(i), "2", f"127.0.0.1:{port}") for i in range(2)]
    try:
        texts = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for text in texts:
        check_data_parallel(text, 2)


# -- devices of PyTorch -----------------------------------------------------------------------


def trained_on(device: str) -> list[float]:
    training = Training("mlp, Adam", np.float32)
    program, losses = training.recorded()
    pure = program.to_torch()
    state = {name: array.to(device) for name, array in pure.state().items()}
    for x, y in training.data[2:-2]:
        numbers = [array.to(device) for array in pure.random()]
        state, loss = pure(state, x, y, random=numbers)
        assert loss.device.type == device and {a.device.type for a in state.values()} == {device}
        losses.append(float("nan") if device == "meta" else float(loss))
    if device == "meta":
        return losses
    pure.load(state)
    return losses + training.eager(training.data[-2:])


@needs_torch
def test_nothing_is_computed_on_another_device() -> None:
    """PyTorch's device without memory refuses what is elsewhere, as a GPU does."""
    trained_on("meta")
    import torch

    layer = nn.Linear(6, 2, rng=0)
    function = record(lambda x: layer(x))(np.ones((5, 6), np.float32)).to_torch()
    assert function(torch.ones((5, 6), device="meta")).device.type == "meta"


@needs_torch
def test_training_on_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    training = Training("mlp, Adam", np.float32)
    np.testing.assert_allclose(trained_on("cuda"), training.eager(training.data), rtol=1e-4)
