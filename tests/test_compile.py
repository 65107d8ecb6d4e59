"""Programs of whole steps of training: the same numbers as without them, and what must not go unnoticed."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from training_step import step_of

import autograd
import nn
from autograd import CutGraphError, GraphError, RecordError, ShapeError, Tensor, Value, no_grad, record
from autograd.program.slot import Layout
from chainrule.datasets import moons

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


CLASSES = RANDOM.integers(0, 3, 5)


class Pooled(nn.Module):
    """What a layer makes of a sequence (batch, time, width), and classes from the mean over time."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.head = layer, nn.Linear(8, 3, rng=1)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x).mean(axis=1))


class LastState(nn.Module):
    """Classes from the last output of a recurrent layer (time, batch, width)."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.head = layer, nn.Linear(6, 3, rng=1)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x)[0][-1])


def dense(*middle: Any, units: int = 8) -> Any:
    return nn.Sequential(nn.Linear(6, 8, rng=0), *middle, nn.Linear(units, 3, rng=1))


def images(*middle: Any, units: int) -> Any:
    return nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), *middle, nn.Flatten(), nn.Linear(units, 3, rng=1))


FLAT, IMAGES, SEQUENCE, TIMES = numbers(5, 6), numbers(5, 1, 8, 8), numbers(5, 4, 8), numbers(6, 5, 4)
MODELS: dict[str, tuple[Callable[[], Any], Any]] = {
    "tanh": (lambda: dense(nn.Tanh()), FLAT),
    "batch norm": (lambda: dense(nn.BatchNorm1d(8), nn.ReLU()), FLAT),
    "batch norm, mean of all": (lambda: dense(nn.BatchNorm1d(8, momentum=None), nn.ReLU()), FLAT),
    "layer norm": (lambda: dense(nn.LayerNorm(8), nn.GELU()), FLAT),
    "rms norm": (lambda: dense(nn.RMSNorm(8), nn.SiLU()), FLAT),
    "dropout": (lambda: dense(nn.ReLU(), nn.Dropout(0.5, rng=3)), FLAT),
    "embedding": (
        lambda: nn.Sequential(nn.Embedding(10, 6, rng=0), nn.Flatten(), nn.Linear(24, 3, rng=1)),
        RANDOM.integers(0, 10, (5, 4)),
    ),
    "group norm": (lambda: images(nn.GroupNorm(2, 4), nn.Mish(), units=144), IMAGES),
    "max pooling": (lambda: images(nn.BatchNorm2d(4), nn.ELU(), nn.MaxPool2d(2), units=36), IMAGES),
    "mean pooling": (lambda: images(nn.LeakyReLU(), nn.AvgPool2d(2), units=36), IMAGES),
    "instance norm": (
        lambda: images(nn.InstanceNorm2d(4, affine=True, track_running_stats=True), nn.Softplus(), units=144),
        IMAGES,
    ),
    "transposed convolution": (
        lambda: nn.Sequential(
            nn.ConvTranspose2d(1, 2, 3, stride=2, rng=0), nn.SELU(), nn.Flatten(), nn.Linear(578, 3, rng=1)
        ),
        IMAGES,
    ),
    "attention": (lambda: Pooled(nn.Attention(8, 2, rng=0)), SEQUENCE),
    "transformer": (lambda: Pooled(nn.TransformerBlock(8, 2, rng=0)), SEQUENCE),
    "rnn": (lambda: LastState(nn.RNN(4, 6, rng=0)), TIMES),
    "lstm": (lambda: LastState(nn.LSTM(4, 6, rng=0)), TIMES),
    "gru": (lambda: LastState(nn.GRU(4, 6, rng=0)), TIMES),
}

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "Nesterov": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.Adam(p, lr=0.01, amsgrad=True, weight_decay=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda p: nn.Adagrad(p, lr=0.1),
    "Adadelta": nn.Adadelta,
    "NAdam": nn.NAdam,
    "RAdam": nn.RAdam,
    "Adamax": nn.Adamax,
}


def both(make: Callable[[], Any], optimizer: Callable[[Any], Any], loss: Any = nn.cross_entropy) -> list[Any]:
    """Two equal models, each with its step; the second's is compiled."""
    models = [make(), make()]
    optimizers = [optimizer(model.parameters()) for model in models]
    steps = [step_of(model, o, loss) for model, o in zip(models, optimizers, strict=True)]
    return [models, optimizers, steps[0], autograd.compile(steps[1])]


def same_state(models: list[Any]) -> None:
    one, two = (model.state_dict() for model in models)
    for name in one:
        np.testing.assert_array_equal(two[name], one[name], err_msg=name)
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        np.testing.assert_array_equal(q.grad, p.grad, err_msg=p.label)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_trained_to_the_bit(name: str) -> None:
    make, x = MODELS[name]
    models, _, eager, compiled = both(make, OPTIMIZERS["Adam"])
    for _ in range(7):
        assert compiled(x, CLASSES).item() == eager(x, CLASSES).item()
    same_state(models)
    ((program, *others),) = compiled.programs.values()
    assert not others and len(program) > 20


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_steps_to_the_bit(name: str) -> None:
    models, optimizers, eager, compiled = both(MODELS["tanh"][0], OPTIMIZERS[name])
    for k in range(12):
        if k == 7:  # a schedule, say
            for optimizer in optimizers:
                optimizer.lr /= 2
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    same_state(models)
    for one, two in zip(*(o.state_dict()["state"].values() for o in optimizers), strict=True):
        for key in one:  # NumPy has another ``power`` for a single number than for arrays
            np.testing.assert_allclose(two[key], one[key], rtol=1e-15 if np.ndim(one[key]) else 1e-14)
    ((_, *others),) = compiled.programs.values()  # another rate is no other program
    assert len(others) == (name == "RAdam")  # whose first steps are not rectified


LOSSES: dict[str, tuple[Callable[..., Any], Any]] = {
    "cross_entropy, weighted": (
        lambda x, y: nn.cross_entropy(x, y, weight=np.array([1, 2, 3], np.float32), label_smoothing=0.1),
        CLASSES,
    ),
    "cross_entropy, probabilities": (nn.cross_entropy, np.full((5, 3), 1 / 3, np.float32)),
    "nll_loss": (lambda x, y: nn.nll_loss(autograd.log_softmax(x), y, ignore_index=1), CLASSES),
    "mse_loss": (nn.mse_loss, numbers(5, 3)),
    "l1_loss": (nn.l1_loss, numbers(5, 3)),
    "huber_loss": (nn.huber_loss, numbers(5, 3)),
    "smooth_l1_loss": (nn.smooth_l1_loss, numbers(5, 3)),
    "hinge_loss": (nn.hinge_loss, np.sign(numbers(5, 3))),
    "binary_cross_entropy": (
        lambda x, y: nn.binary_cross_entropy(autograd.sigmoid(x), y),
        numbers(5, 3) ** 0,
    ),
    "binary_cross_entropy_with_logits": (nn.binary_cross_entropy_with_logits, numbers(5, 3) ** 0),
    "kl_div": (lambda x, y: nn.kl_div(autograd.log_softmax(x), y), np.full((5, 3), 1 / 3, np.float32)),
    "cosine_similarity": (lambda x, y: -nn.cosine_similarity(x, y).mean(), numbers(5, 3)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_replayed_to_the_bit(name: str) -> None:
    loss, target = LOSSES[name]
    models, _, eager, compiled = both(MODELS["tanh"][0], OPTIMIZERS["SGD"], loss)
    for _ in range(6):
        assert compiled(FLAT, target).item() == eager(FLAT, target).item()
    same_state(models)


def test_fit_replays_the_whole_training() -> None:
    def history(compile: bool) -> tuple[Any, Any]:
        model = dense(nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2, rng=1))
        optimizer = nn.Adam(model.parameters(), lr=0.02)
        x = np.random.default_rng(5).normal(size=(50, 6)).astype(np.float32)
        y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
        found = nn.fit(
            model,
            (x, y),
            nn.cross_entropy,
            optimizer,
            epochs=6,
            batch_size=16,
            validation=0.2,
            metrics=[nn.accuracy],
            schedule=nn.StepLR(optimizer, 2),
            max_norm=0.5,
            rng=0,
            progress=False,
            compile=compile,
        )
        return found, model

    (eager, one), (replayed, two) = history(False), history(True)
    assert {name: list(replayed[name]) for name in ("loss", "accuracy", "validation_loss", "lr")} == {
        name: list(eager[name]) for name in ("loss", "accuracy", "validation_loss", "lr")
    }
    same_state([one, two])


# -- what changes between calls ---------------------------------------------------------------


def trained(calls: int = 4) -> tuple[list[Any], list[Any], Any, Any]:
    models, optimizers, eager, compiled = both(MODELS["dropout"][0], OPTIMIZERS["SGD"])
    for _ in range(calls):
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    return models, optimizers, eager, compiled


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
    models, _, eager, compiled = both(MODELS["batch norm"][0], OPTIMIZERS["SGD"])
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


def test_a_graph_from_before_a_replay_is_stale() -> None:
    models, _, _, compiled = trained(5)
    loss = models[1](FLAT).sum()
    compiled(FLAT, CLASSES)
    with pytest.raises(autograd.StaleGraphError):
        loss.backward()


def test_gradients_that_are_added_to_what_was_there() -> None:
    def make(compiled: bool) -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)

        def add(x: Any) -> Any:
            loss = (w * x).sum()
            loss.backward()
            return loss

        return w, autograd.compile(add) if compiled else add

    (one, eager), (two, replayed) = make(False), make(True)
    for k in range(6):
        eager(np.full(3, float(k))), replayed(np.full(3, float(k)))
        np.testing.assert_array_equal(two.grad, one.grad)
    one.zero_grad(), two.zero_grad()  # another branch: the first gradient is not added to anything
    for k in range(4):
        eager(np.full(3, float(k))), replayed(np.full(3, float(k)))
        np.testing.assert_array_equal(two.grad, one.grad)


def test_arguments_may_have_names() -> None:
    step = autograd.compile(lambda x, *, scale: (x * scale).sum())
    for k in range(6):
        x = numbers(3)
        assert step(x, scale=float(k)) == pytest.approx((x * np.float32(k)).sum(), rel=1e-6)
    program = record(lambda x, y: x - y)(np.ones(2), y=2.0)
    np.testing.assert_array_equal(program(np.ones(2), y=5.0), np.full(2, -4.0))


def test_threads_take_turns_on_one_program() -> None:
    program = record(lambda x: autograd.tanh(x * 2).sum() * 3)(np.ones(2000))
    inputs = [np.full(2000, k / 50) for k in range(50)]
    expected = [program(x) for x in inputs]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(program, inputs * 10)) == expected * 10


def test_gradients_of_values_set_to_zero_in_a_step_as_micrograd_has_it() -> None:
    w = Value(3.0)

    def step(x: Any) -> Any:
        loss = w * x
        w.grad = 0.0
        loss.backward()
        return loss

    program = record(step)(2.0)
    for x in (3.0, 4.0):
        program(x)
        assert w.grad == x


# -- branches and what cannot be recorded -----------------------------------------------------


def test_a_branch_is_recorded_for_each_answer() -> None:
    calls = []

    @autograd.compile
    def step(x: Any) -> Any:
        calls.append(1)
        return autograd.sin(x).sum() if x.sum() > 0 else (x * x).sum()

    for sign in (1, 1, 1, 1, -1, -1, -1, 1, -1):
        x = np.full(3, float(sign)) * 0.3
        expected = np.sin(x).sum() if sign > 0 else (x * x).sum()
        assert step(x) == pytest.approx(expected, rel=1e-15)
    (programs,) = step.programs.values()
    assert len(programs) == 2 and len(calls) < 9


def test_a_branch_after_a_change_undoes_the_change() -> None:
    """The running sum must not be counted twice when the branch turns out to be another one."""
    total, generator = np.zeros(()), np.random.default_rng(0)

    def step(x: Any) -> Any:
        own = autograd.lend(total)
        own += x.sum()
        noise = autograd.random_numbers(generator, (2,)).sum()
        return (own * 2 if own > 5 else own * 3) + 0 * noise

    compiled = autograd.compile(step)
    results = [float(compiled(np.ones(2))) for _ in range(6)]
    assert results == [6, 12, 12, 16, 20, 24] and total == 12
    draws = np.random.default_rng(0)
    draws.random(12)
    assert generator.random() == draws.random()


def test_random_numbers_before_a_branch_are_drawn_once() -> None:
    def make() -> Any:
        generator = np.random.default_rng(0)
        return lambda x: x * 2 if autograd.random_numbers(generator, ()) > x else x * 3

    eager, compiled = make(), autograd.compile(make())
    for _ in range(30):
        assert compiled(0.5) == eager(0.5)


def test_nan_in_a_gradient_is_what_it_is_without_a_program() -> None:
    def make() -> tuple[Any, Any]:
        w = Tensor([1.0, 2.0], requires_grad=True)

        def step(x: Any) -> Any:
            w.zero_grad()
            loss = autograd.where(x > 0, autograd.sqrt(x * w), x).sum()
            loss.backward()
            return loss

        return w, step

    (one, eager), (two, step) = make(), make()
    compiled = autograd.compile(step)
    for x in ([1.0, 4.0], [1.0, 4.0], [1.0, 4.0], [2.0, 5.0], [0.0, 5.0], [-1.0, 0.0], [3.0, 1.0]):
        assert compiled(np.array(x)).item() == eager(np.array(x)).item()
        np.testing.assert_array_equal(two.grad, one.grad)


def test_a_mask_that_chooses_another_number_of_elements_is_recorded_anew() -> None:
    def step(x: Any) -> Any:
        return x[x > 0] * 2

    compiled, program = autograd.compile(step), record(step)(np.ones(3))
    for x in np.array([[1.0, 1, 1], [1, 2, 3], [3, 1, 2], [1, -1, 2], [3, 0, 4], [1, -1, -1], [5, 6, 7]]):
        np.testing.assert_array_equal(compiled(x), step(x))
    with pytest.raises(RecordError, match="mask"):
        program(np.array([1.0, -1, -1]))


CUTS: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: float(x.sum()) * x,
    "item": lambda x: x.sum().item() * x,
    "asarray": lambda x: np.asarray(x) * 2,
    "int": lambda x: x[int(x[0])],
    "index": lambda x: [1, 2, 3][x[0]] * x,
    "tolist": lambda x: np.sum(x.tolist()),
    "float of a Tensor": lambda x: float(Tensor(x).sum()) * x,
}


@pytest.mark.parametrize("name", CUTS)
def test_a_number_that_would_be_frozen_is_refused(name: str) -> None:
    with pytest.raises(CutGraphError, match="freeze"):
        record(CUTS[name])(np.ones(3))


def test_a_recorded_array_has_the_methods_of_an_array() -> None:
    def function(x: Any) -> Any:
        return [x.argmax(axis=1), x.cumsum(0), x.std(), x.clip(0, 1), x.prod(axis=0), x.repeat(2), x.T.any()]

    x = RANDOM.normal(size=(3, 4))
    program = record(function)(np.ones((3, 4)))
    for found, expected in zip(program(x), function(x), strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(AttributeError, match="recorded array has no frobnicate"):
        record(lambda x: x.frobnicate)(x)


@pytest.mark.parametrize("function", [np.add, np.maximum])
def test_a_function_is_written_where_a_mask_is_true(function: Any) -> None:
    def written(x: Any, mask: Any) -> Any:
        out = np.zeros_like(x)
        function(x, 1.0, out=out, where=mask)
        return out

    x, mask = numbers(4), np.array([True, False, True, False])
    program = record(written)(x, mask)
    np.testing.assert_array_equal(program(x, ~mask), written(x, ~mask))


def test_memory_from_outside_is_written_into_by_name_only() -> None:
    outside = np.zeros(3)

    def careless(x: Any) -> Any:
        nonlocal outside
        outside += x
        return x

    with pytest.raises(RecordError, match="lend"):
        record(careless)(np.ones(3))


def test_a_failure_leaves_everything_as_it_was() -> None:
    w = Tensor(np.ones(3), requires_grad=True, label="w")
    v = Value(2.0)
    w.grad = np.full(3, 7.0)

    def fails(x: Any) -> Any:
        (v * 2).backward()
        loss = (w * x).sum()
        return float(loss)

    with pytest.raises(CutGraphError):
        record(fails)(np.ones(3))
    assert type(w.plain) is np.ndarray and type(v.plain) is float
    np.testing.assert_array_equal(w.grad, np.full(3, 7.0))
    assert (w * 2).sum().item() == 6


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


def test_the_result_of_an_older_graph_is_no_argument() -> None:
    with pytest.raises(RecordError, match="detach"):
        record(lambda x: x * 2)(Value(1.0) * 3)


# -- kinds, structures, text ------------------------------------------------------------------


def test_results_are_in_kind_and_in_the_structure_of_the_function() -> None:
    def function(a: Any, pair: Any) -> Any:
        return {"sum": a + pair["t"], "rest": [pair["v"] * 2, autograd.exp(a), 5, "text"]}

    arguments = (np.ones(2), {"t": Tensor([1.0, 2.0]), "v": Value(3.0)})
    program = record(function)(*arguments)
    found = program(np.zeros(2), {"t": Tensor([5.0, 6.0]), "v": Value(4.0)})
    assert isinstance(found["sum"], Tensor) and found["sum"].data.tolist() == [5, 6]
    value, array, number, text = found["rest"]
    assert isinstance(value, Value) and value.data == 8
    with pytest.raises(GraphError, match="keeps no graph"):
        value.backward()
    assert type(array) is np.ndarray and array.tolist() == [1, 1] and (number, text) == (5, "text")
    first = program(np.zeros(2), arguments[1])["rest"][1]
    program(np.ones(2), arguments[1])
    assert first.tolist() == [1, 1]  # a result is a copy, which the next run does not write into


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


def test_no_grad_and_detach_are_recorded_as_what_they_are() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        w.zero_grad()
        with no_grad():
            scale = (w * w).sum()
        loss = (w * x).sum() * scale.detach()
        loss.backward()
        return loss

    program = record(step)(np.ones(2))
    w.add_(np.ones(2))
    found = program(np.ones(2)).item(), w.grad.copy()
    expected = step(np.ones(2)).item()
    assert found[0] == expected and np.array_equal(found[1], w.grad)


# -- graphs of numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_scalar_networks_are_trained_in_groups(activation: str) -> None:
    points, labels = moons(12, seed=0)

    def make() -> tuple[Any, Any]:
        model = nn.MLP(2, [4, 3, 1], activation, rng=0)
        parameters = model.parameters()

        def step(x: Any, y: Any) -> Any:
            for p in parameters:
                p.grad = None
            losses = [(1 - t * model([Value(a), Value(b)])).relu() for (a, b), t in zip(x, y, strict=True)]
            loss = sum(losses, Value(0.0)) / len(losses) + 1e-3 * sum((p * p for p in parameters), Value(0.0))
            loss.backward()
            for p in parameters:
                p.data -= 0.1 * p.grad
            return loss

        return parameters, step

    (one, eager), (two, step) = make(), make()
    compiled = autograd.compile(step)
    y = labels.astype(float)
    for _ in range(8):
        assert compiled(points, y).data == pytest.approx(eager(points, y).data, rel=1e-12)
    assert [p.data for p in two] == pytest.approx([p.data for p in one], rel=1e-12)
    assert [p.grad for p in two] == pytest.approx([p.grad for p in one], rel=1e-9, abs=1e-15)
    ((program,),) = compiled.programs.values()
    assert len(program) > 1000 and len(program.plan.calls) < len(program) / 10
    two[0].data = 3.0  # from outside, between steps
    one[0].data = 3.0
    assert compiled(points, y).data == pytest.approx(eager(points, y).data, rel=1e-12)


def test_an_optimizer_of_values_is_part_of_the_program() -> None:
    def make() -> tuple[Any, Any]:
        parameters = [Value(float(x)) for x in np.linspace(-1, 1, 40)]
        optimizer = nn.Adam(parameters, lr=0.05)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = sum(((p - a) * (p - a) for p, a in zip(parameters, x, strict=True)), Value(0.0))
            loss.backward()
            optimizer.step()
            return loss

        return parameters, step

    (one, eager), (two, step) = make(), make()
    compiled = autograd.compile(step)
    for k in range(7):
        x = np.linspace(0, 1, 40) + 0.01 * k
        assert compiled(x).data == pytest.approx(eager(x).data, rel=1e-12)
    assert [p.data for p in two] == pytest.approx([p.data for p in one], rel=1e-12)


def test_programs_do_not_keep_what_they_recorded() -> None:
    program = record(lambda x: [x * k for k in range(50)][-1])(np.ones(10_000))
    program(np.ones(10_000))
    assert {type(instruction.output.value) for instruction in program} == {Layout}
    buffers = {id(a.base if a.base is not None else a) for a in program.plan.arrays.values()}
    assert len(buffers) <= 4


def test_a_batch_of_inputs_runs_a_scalar_program_at_once() -> None:
    model = nn.MLP(2, [4, 3, 1], "tanh", rng=0)

    def score_and_slope(x: Any, y: Any) -> Any:
        a = Value(x)
        score = model([a, Value(y)])
        score.backward()
        return score, a.grad

    program = record(score_and_slope)(0.3, -0.2)
    points = RANDOM.uniform(-1, 1, (20, 2))
    scores, slopes = program.batch(points[:, 0], points[:, 1])
    for point, score, slope in zip(points, scores, slopes, strict=True):
        expected, expected_slope = score_and_slope(*map(float, point))
        assert score == pytest.approx(expected.data, rel=1e-12)
        assert slope == pytest.approx(expected_slope, rel=1e-12)


def test_what_a_batch_cannot_do_is_an_error() -> None:
    with pytest.raises(RecordError, match="item 2"):
        record(lambda x: x * 2 if x > 0 else x)(1.0).batch(np.array([1.0, 2.0, -1.0]))
    with pytest.raises(RecordError, match="array"):
        record(lambda x, y: x * y.sum())(1.0, np.ones(2)).batch(np.ones(3), np.ones((3, 2)))
    with pytest.raises(ShapeError, match="one length"):
        record(lambda x, y: x * y)(1.0, 2.0).batch(np.ones(3), np.ones(2))


def test_gradients_of_which_some_are_constants_are_joined() -> None:
    """The gradient of a sum is ones whatever the input: no slot, but a number of the program."""
    a, b = nn.Parameter(np.ones(3)), nn.Parameter(np.ones(2))
    optimizer = nn.SGD([a, b], lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = a.sum() + (b * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(5):
        compiled(np.full(2, 2.0))
    np.testing.assert_allclose(np.concatenate([a.data, b.data]), [0.5, 0.5, 0.5, 0, 0], atol=1e-15)


# -- what a plan saves ------------------------------------------------------------------------


def test_what_is_computed_twice_is_computed_once_unless_it_is_written_into() -> None:
    def twice(x: Any) -> Any:
        return np.exp(x).sum() + np.exp(x).max()

    def changed(x: Any) -> Any:
        y = np.exp(x)
        y += 1
        return y.sum() + np.exp(x).max()

    for function, count in ((twice, 1), (changed, 2)):
        program = record(function)(np.ones(4))
        assert sum(instruction.function is np.exp for instruction in program) == count
        x = RANDOM.normal(size=4)
        assert program(x) == function(x)


def test_memory_is_used_again() -> None:
    program = record(lambda x: [x := np.tanh(x + k) * x for k in range(20)][-1])(np.ones(1000))
    blocks = {id(block) for block in program.plan._blocks.values()}
    assert len(program) == 60 and len(blocks) <= 4
    x = RANDOM.normal(size=1000)
    expected = x
    for k in range(20):
        expected = np.tanh(expected + k) * expected
    np.testing.assert_array_equal(program(x), expected)


# -- what would be another step to NumPy ------------------------------------------------------


def test_a_dict_is_no_arguments_by_name() -> None:
    def step(x: Any, more: Any = None, y: float = 0.0) -> Any:
        return x * 2 if more is None else x * more["y"] + y

    compiled = autograd.compile(step)
    for _ in range(4):
        assert compiled(np.ones(1), y=5.0) == 2
        assert compiled(np.ones(1), {"y": 5.0}) == 5


def test_a_step_without_recording_is_not_the_one_with_it() -> None:
    w = Tensor([1.0], requires_grad=True)
    compiled = autograd.compile(lambda: (w * 2).sum().backward())
    for _ in range(4):
        compiled()
    with no_grad(), pytest.raises(GraphError, match="no_grad"):
        compiled()
    assert w.grad == 8


def test_an_argument_that_is_refused_leaves_the_others_as_they_were() -> None:
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(RecordError, match="detach"):
        record(lambda a, b: a * b)(w, w * 2)
    assert type(w.plain) is np.ndarray


def test_numbers_of_numpy_widen_arrays_and_those_of_python_do_not() -> None:
    w = Tensor(np.ones(2, np.float32), requires_grad=True)
    compiled = autograd.compile(lambda s: w * s)
    for number in (0.5, 0.5, 0.5, np.float64(1 / 3), np.float64(1 / 3), np.float64(1 / 7), 1 / 3):
        expected, found = w * number, compiled(number)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.data, expected.data)
    v = Value(2.0)
    assert autograd.record(lambda s: v * s + s)(np.float64(3.0))(np.float64(4.0)).data == 12


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


def test_a_gradient_that_is_part_of_an_argument_follows_the_argument() -> None:
    w = Tensor(np.ones(2), requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = x[:2]
        return x[0] * 2

    compiled = autograd.compile(step)
    large = RANDOM.normal(size=(3, 50_000))
    for x in (large[0], large[0], large[1], large[1], large[2], large[0]):
        assert compiled(x) == x[0] * 2
        np.testing.assert_array_equal(w.grad, x[:2])


def test_gradients_that_are_assigned_and_not_used_are_assigned_at_every_call() -> None:
    w, u, v = Tensor(np.ones(2), requires_grad=True), Tensor(np.ones(2), requires_grad=True), Value(1.0)

    def step(x: Any) -> Any:
        w.grad, u.grad, v.grad = None, np.zeros(2), 0.0
        return x * 2

    compiled = autograd.compile(step)
    for _ in range(5):
        w.grad, u.grad, v.grad = np.ones(2), np.ones(2), 3.0
        compiled(np.ones(2))
        assert w.grad is None and v.grad == 0.0 and type(v.grad) is float
        np.testing.assert_array_equal(u.grad, np.zeros(2))
        u.grad += 1  # in memory of its own


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

    models, optimizers, eager, compiled = both(make, OPTIMIZERS["AdamW"])
    for call in range(10):
        if call == 5:
            for model, optimizer in zip(models, optimizers, strict=True):
                CHANGES[name](model, optimizer)
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    same_state(models)
    ((*programs,),) = compiled.programs.values()
    assert len(programs) <= 3


def test_parameters_that_were_written_into_before_a_recording_are_no_constants() -> None:
    def make() -> tuple[Tensor, Callable[[Any], Any]]:
        w = Tensor(np.ones(2), requires_grad=True)

        def step(x: Any) -> Any:
            loss = (w * w * x).sum()
            loss.backward()
            w.data[...] = w.data * 0.9 - 0.01 * w.grad
            return loss

        return w, step

    (one, eager), (two, step) = make(), make()
    compiled = autograd.compile(step)
    for _ in range(6):
        for w in (one, two):
            w.data[0] += 1
        assert compiled(np.ones(2)).item() == eager(np.ones(2)).item()
        np.testing.assert_array_equal(two.data, one.data)
        np.testing.assert_array_equal(two.grad, one.grad)


def test_gradients_that_are_added_to_are_whole_when_a_branch_diverges() -> None:
    """Whether the branch comes before the gradient is computed or after it."""

    def make(early: bool) -> tuple[Any, Any]:
        w = Tensor(np.random.default_rng(0).normal(size=(4, 3)), requires_grad=True)
        v = Tensor(np.random.default_rng(1).normal(size=3), requires_grad=True)

        def move(x: Any) -> None:
            if (x * x - 1.0 * x).sum() > 6:
                w.add_(0.1 * x)
            else:
                w.add_(-0.1)

        def step(x: Any) -> None:
            if early:
                move(x)
            (w * v).sum().backward()
            if not early:
                move(x)

        return w, step

    for early in (True, False):
        (one, eager), (two, step) = make(early), make(early)
        compiled = autograd.compile(step)
        for k in range(14):
            x = np.random.default_rng(k).normal(size=(4, 3))
            eager(x), compiled(x)
            np.testing.assert_array_equal(two.grad, one.grad)
            np.testing.assert_array_equal(two.data, one.data)
        assert len(next(iter(compiled.programs.values()))) > 1
