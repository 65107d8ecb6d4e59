"""Programs elsewhere: the same numbers on JAX and PyTorch, on several devices and in several processes."""

from __future__ import annotations

import doctest
import importlib.util
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import COMPOSITION_CASES, ELEMENTWISE, ROW_CASES, points
from test_program import weighted

import autograd
import nn
from autograd import RecordError, ShapeError, Tensor, Value, custom_op, record, value_and_grad
from autograd.operation import TABLE, Operation
from autograd.program import standard
from autograd.program.functional import is_known
from chainrule.microgpt import Settings, TensorGPT, first_weights

NEEDED = {
    "jax": (["jax"], "pip install 'chainrule[jax]' runs these tests on JAX"),
    "torch": (["torch", "array_api_compat"], "pip install 'chainrule[torch]' runs these tests on PyTorch"),
}
DOCS = Path(__file__).resolve().parent.parent / "docs"
EXAMPLE = DOCS / "data_parallel.py"


def engine(name: str) -> Any:
    """A parameter that skips the test, and says what to install, where an engine is missing."""
    modules, advice = NEEDED[name]
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=f"no {missing}: {advice}"))


ENGINES = [engine("jax"), engine("torch")]
needs_jax = engine("jax").marks
needs_torch = engine("torch").marks


@contextmanager
def set_up(name: str, wide: bool = True) -> Iterator[None]:
    """JAX with 64 bits, or with 32; quick to compile and slow to run."""
    if name != "jax":
        yield
        return
    import jax

    wanted = {"jax_enable_x64": wide, "jax_disable_most_optimizations": True}
    before = {option: jax.config.read(option) for option in wanted}
    try:
        for option, value in wanted.items():
            jax.config.update(option, value)
        yield
    finally:
        for option, value in before.items():
            jax.config.update(option, value)


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an engine, which is set to 64 bits."""
    with set_up(request.param):
        yield request.param


@pytest.fixture
def jax() -> Iterator[Any]:
    """JAX with 64 bits."""
    with set_up("jax"):
        import jax

        yield jax


def on(program: Any, name: str) -> tuple[Any, Any]:
    """A program on an engine, and the same function as one calls it there: compiled, on JAX."""
    if name == "torch":
        pure = program.to_torch()
        return pure, pure
    import jax

    pure = program.to_jax()
    return pure, jax.jit(pure)


# -- every operation --------------------------------------------------------------------------


def with_gradient(function: Callable[..., Any], inputs: Any) -> Any:
    """The program of a function with its gradients."""
    return record(value_and_grad(weighted(function), argnums=tuple(range(len(inputs)))))(*inputs)


def columns(row: Operation) -> Any:
    """Points of the domain of an elementwise operation, as an array for each input."""
    return [np.reshape(column, (2, -1)) for column in zip(*points(row), strict=True)]


FUNCTIONS = {str(case): (case.call, case.inputs(0)) for case in ROW_CASES + COMPOSITION_CASES}
FUNCTIONS |= {row.name: (row, columns(row)) for row in ELEMENTWISE}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_operation_and_its_gradient(name: str, where: str) -> None:
    function, inputs = FUNCTIONS[name]
    program = with_gradient(function, inputs)
    value, gradients = on(program, where)[1](*inputs)
    expected_value, expected_gradients = program.result
    np.testing.assert_allclose(value, expected_value, rtol=1e-9)
    for found, expected in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, atol=1e-12)


WITHOUT_EQUIVALENT: set[str] = set()
"""Rows of the rule book that NumPy alone can compute."""


def test_every_row_is_in_the_tables_of_the_standard() -> None:
    cases = [(case.name, case.call, case.inputs(0)) for case in ROW_CASES]
    cases += [(row.name, row, columns(row)) for row in ELEMENTWISE]
    assert {name for name, *_ in cases} == TABLE.keys()
    unknown = {
        name
        for name, function, inputs in cases
        if not all(is_known(instruction.function) for instruction in with_gradient(function, inputs))
    }
    assert unknown == WITHOUT_EQUIVALENT


INTEGERS = ("invert", "bitwise_and", "bitwise_or")
FLOATS, COUNTS = np.array([0.5, -0.25, 0.75]), np.array([3, 1, 2])


def test_functions_of_elements_and_their_reductions(where: str) -> None:
    def function(x: Any, n: Any) -> Any:
        results = []
        for name in standard.ELEMENTWISE:
            ufunc = getattr(np, name)
            given = (n, n + 1) if name in INTEGERS else (x + 1.5 if name == "arccosh" else x, n * 0.5)
            results.append(ufunc(*given[: ufunc.nin]))
        return results + [getattr(np, name).reduce(x * 2) for name in standard.REDUCTIONS]

    with np.errstate(all="ignore"):
        program = record(function)(FLOATS, COUNTS)
    names = [*standard.ELEMENTWISE, *standard.REDUCTIONS]
    for name, found, expected in zip(
        names, on(program, where)[1](FLOATS, COUNTS), program.result, strict=True
    ):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, err_msg=name)


MIXED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "an integer times a number": lambda x, n, w: n * 0.5,
    "float32 beside float64": lambda x, n, w: x * w + n,
    "a product of integers and floats": lambda x, n, w: np.dot(n, w) + np.matmul(x, n),
    "booleans counted": lambda x, n, w: np.add.reduce(n > 1) + (x > 0) * w,
    "a mean of integers": lambda x, n, w: n.mean() + np.mean(n, axis=0) + np.var(n) + np.std(n, ddof=1),
    "numbers chosen": lambda x, n, w: np.where(x > 0, x, 0) + np.where(n > 1, 1.5, w) + np.clip(w, 0, 0.5),
    "joined": lambda x, n, w: np.concatenate([x, n, w])[::-2] + np.stack([n, w], axis=1).sum(),
    "sums": lambda x, n, w: np.sum(n[None] * w[:, None], 1) + np.cumsum(n) + np.prod(n) + np.max(w, 0),
    "moved": lambda x, n, w: np.moveaxis(np.expand_dims(w, 0), 0, 1).squeeze(1) + np.flip(n) + np.roll(x, 1),
    "repeated": lambda x, n, w: np.tile(w, 2) + np.broadcast_to(x[0], (6,)),
    "triangles": lambda x, n, w: np.tril(np.outer(w, w)) + np.triu(np.multiply.outer(n, n), 1),
    "questions": lambda x, n, w: np.any(x > 0) | np.all(n > 5) | (np.argmax(w) == 2) | (np.argmin(w) == 1),
    "written through views": lambda x, n, w: written_through_views(x, w),
    "added up in float64": lambda x, n, w: np.add.reduce(
        np.concatenate([x[:1] * 2e8, x[1:2] * 4, x[:1] * -2e8]), dtype=np.float64
    ),
    "written where": lambda x, n, w: np.divide(w, n, out=x.copy(), where=w > 0),
    "masks": lambda x, n, w: masked(w),
}


def written_through_views(x: Any, w: Any) -> Any:
    y = np.zeros((2, 3)) + w
    y[0] += 1
    y.T[1] = w[:2]
    y.reshape(-1)[-1:] *= 3
    y[:, ::-1][1, 0] = x[0]
    y.swapaxes(0, 1)[0] -= 1
    y[::-1, 0] = 2
    y[:, ::-1] += w
    y[..., [0, 2]] -= y[[1, 0]][:, :2]
    z = np.zeros((2, 1, 3)) + w
    z.transpose(1, 2, 0)[0, 1] = w[1:]
    y += z[:, 0]
    np.add.at(y, (np.array([0, 0]), np.array([1, 1])), w[:2])
    return y


def masked(w: Any) -> Any:
    y = w * 1.0
    y[w > 0.5] = 7
    y[np.array([True, False, True])] += w[np.array([False, True, True])]
    return y


@pytest.mark.parametrize("name", MIXED)
def test_dtypes_and_memory_are_as_in_numpy(name: str, where: str) -> None:
    inputs = FLOATS.astype(np.float32), COUNTS, FLOATS
    program = record(MIXED[name])(*inputs)
    np.testing.assert_array_equal(program(*inputs), MIXED[name](*inputs))
    pure, function = on(program, where)
    found = function(*inputs)
    assert pure.engine.plain(found).dtype == program.result.dtype
    np.testing.assert_allclose(np.asarray(found), program.result, rtol=1e-6 if "32" in name else 1e-12)


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


@needs_jax[0]
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
    with pytest.raises(autograd.StaleGraphError):
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
    with pytest.raises(autograd.StaleGraphError):
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


@needs_jax[0]
def test_what_is_looked_at_twice_is_computed_once(jax: Any) -> None:
    pure = record(lambda x: x.T[0] * x.T[0] + x.T[1])(np.ones((2, 3))).to_jax()
    assert str(jax.make_jaxpr(pure)(np.ones((2, 3)))).count("transpose[") == 1


# -- what JAX adds ----------------------------------------------------------------------------


@needs_jax[0]
def test_a_scalar_program_over_a_batch(jax: Any) -> None:
    model = nn.MLP(2, [4, 1], "tanh", rng=0)
    program = record(lambda a, b: model([a, b]))(0.5, -0.5)
    points = np.random.default_rng(0).normal(size=(7, 2))
    expected = [model(list(point)).data for point in points.tolist()]
    pure = program.to_jax()
    np.testing.assert_allclose(jax.jit(jax.vmap(pure))(*points.T), expected, rtol=1e-12)
    by_state = jax.vmap(pure, in_axes=(None, 0, 0))(pure.state(), *points.T)
    np.testing.assert_allclose(by_state, expected, rtol=1e-12)


@needs_jax[0]
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
    rows = [line.split(":") for line in text.splitlines() if ":" in line]
    return {name: [float(x) for x in numbers.split()] for name, numbers in rows if name.startswith("losses")}


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


@needs_jax[0]
def test_data_parallel_training_on_eight_devices() -> None:
    text, _ = started().communicate(timeout=120)
    check_data_parallel(text, 8)


@needs_jax[0]
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


@needs_torch[0]
def test_nothing_is_computed_on_another_device() -> None:
    """PyTorch's device without memory refuses what is elsewhere, as a GPU does."""
    trained_on("meta")
    import torch

    layer = nn.Linear(6, 2, rng=0)
    function = record(lambda x: layer(x))(np.ones((5, 6), np.float32)).to_torch()
    assert function(torch.ones((5, 6), device="meta")).device.type == "meta"


@needs_torch[0]
def test_training_on_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    training = Training("mlp, Adam", np.float32)
    np.testing.assert_allclose(trained_on("cuda"), training.eager(training.data), rtol=1e-4)


# -- what must not go unnoticed ----------------------------------------------------------------


def test_what_has_no_equivalent_is_named(where: str) -> None:
    cube = custom_op(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x, name="cube")
    for function, words in (
        (lambda x: cube(x), "cube has no equivalent in the array API standard"),
        (lambda x: np.interp(x, FLOATS, FLOATS), "interp has no equivalent"),
        (lambda x: x[x > 0], "mask"),
    ):
        with pytest.raises(RecordError, match=f"cannot run on (JAX|PyTorch): .*{words}"):
            on(record(function)(FLOATS), where)


def test_an_argument_that_is_changed_is_refused(where: str) -> None:
    def step(w: Any) -> Any:
        w.data -= 0.1
        return w

    with pytest.raises(RecordError, match=r"changes argument 0 .* return"):
        on(record(step)(Tensor(FLOATS, requires_grad=True)), where)


def test_calls_that_do_not_fit_say_so(where: str) -> None:
    training = Training("mlp, SGD", np.float64)
    program, _ = training.recorded()
    pure, _ = on(program, where)
    state, (x, y) = pure.state(), training.data[0]
    random = pure.random()
    for arguments, numbers, error, words in (
        ((x, y), random, TypeError, "changes memory"),
        (({"other": 1}, x, y), random, TypeError, "changes memory.*0.weight"),
        ((state, x, y), (), TypeError, r"draws random numbers 1 times, and was given 0"),
        ((state, x), random, TypeError, "another structure"),
        ((state, x[:3], y), random, ShapeError, r"input 0 was recorded with shape \(5, 6\).*\(3, 6\)"),
        ((state, x.astype(np.float32), y), random, ShapeError, "float64, and is .* float32"),
        (
            ({name: a[None] for name, a in state.items()}, x, y),
            random,
            ShapeError,
            "of the state was recorded",
        ),
    ):
        with pytest.raises(error, match=words):
            pure(*arguments, random=numbers)
    with pytest.raises(TypeError, match="takes a state of"):
        pure.load({"other": 1})
    with pytest.raises(ShapeError, match="shape"):
        pure.load({name: pure.engine.constant(np.zeros((1, 2, 3)), None) for name in state})
    training.model[0].weight.data = np.zeros((8, 6))
    for use in (pure.state, lambda: pure.load(state)):
        with pytest.raises(RecordError, match=r"weight.* was replaced"):
            use()


def test_constants_are_part_of_the_program(where: str) -> None:
    pure, _ = on(record(lambda x, how: np.sum(x) if how == "sum" else np.max(x))(FLOATS, "sum"), where)
    assert float(pure(FLOATS, "sum")) == FLOATS.sum()
    with pytest.raises(TypeError, match="recorded for 'sum' as argument 1, and is given 'max'"):
        pure(FLOATS, "max")


@needs_jax[0]
def test_float64_on_32_bits_is_refused() -> None:
    layer, memory = nn.Linear(3, 2, rng=0).to(np.float64), np.ones(3)
    for program in (
        record(lambda x: autograd.lend(memory).astype(np.float32) * x)(FLOATS.astype(np.float32)),
        record(lambda x: layer(x))(FLOATS),
        record(lambda a: a * 2)(1.5),
        record(lambda x: x.astype(float).sum().astype(np.float32))(FLOATS.astype(np.float32)),
    ):
        with set_up("jax", wide=False):
            pure = program.to_jax()
            for use in (pure.state, lambda pure=pure: pure(FLOATS)):
                with pytest.raises(RecordError, match="jax_enable_x64"):
                    use()
    chosen = record(lambda x, i: x[i])(FLOATS.astype(np.float32), COUNTS - 1)
    with set_up("jax", wide=False), pytest.raises(RecordError, match="jax_enable_x64"):
        chosen.to_jax()(FLOATS.astype(np.float32), COUNTS + 2**40)


def test_another_branch_is_nan_and_never_another_number(where: str) -> None:
    _, function = on(record(lambda x: autograd.sin(x) if x.sum() > 0 else x * 2)(FLOATS), where)
    np.testing.assert_allclose(np.asarray(function(FLOATS)), np.sin(FLOATS))
    assert np.isnan(np.asarray(function(-FLOATS))).all()


@needs_jax[0]
def test_an_index_outside_is_nan_on_jax(jax: Any) -> None:
    function = jax.jit(record(lambda x, i: (x[i], x[0] + i))(FLOATS, COUNTS - 1).to_jax())
    np.testing.assert_array_equal(function(FLOATS, COUNTS - 3)[0], FLOATS[COUNTS - 3])
    for outside in (COUNTS, COUNTS - 7):
        assert all(np.isnan(result).all() for result in function(FLOATS, outside))
    training = Training("mlp, SGD", np.float64)
    pure = training.recorded()[0].to_jax()
    function = jax.jit(pure)
    x, y = training.data[0]
    one = y.copy()
    one[np.argmin(y)] = -1  # which NumPy, in an index, takes for the last
    for labels in (y + 3, y - 3, one):
        state, loss = function(pure.state(), x, labels, random=pure.random())
        assert np.isnan(loss) and np.isnan(state["0.weight … 4.bias"]).all()


@pytest.mark.parametrize("parts", [(slice(6), slice(None, None, 2)), (slice(4), slice(2, 6))], ids=str)
def test_memory_shared_in_another_way_is_refused(parts: tuple[slice, slice], where: str) -> None:
    memory = np.arange(6.0)

    def step(x: Any) -> Any:
        one, two = (autograd.lend(memory[part]) for part in parts)
        one += x
        two *= 2
        return one.sum()

    program = record(step)(1.0)
    with pytest.raises(RecordError, match="share memory"):
        on(program, where)
