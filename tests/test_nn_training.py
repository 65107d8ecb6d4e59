"""``fit`` and what goes with it: reproducible, interruptible, with the best weights at the end."""

import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

import nn
from autograd import ShapeError
from nn.data import Batches, Normalizer, circles, moons, piecewise_linear, spirals, split, xor

Training = nn.Training


def points() -> tuple[Any, Any]:
    x, labels = moons(64, noise=0.1, seed=0)
    return x.astype(np.float32), (labels > 0).astype(np.int64)


def network(rng: int = 0) -> nn.Sequential:
    draw = np.random.default_rng(rng)
    return nn.Sequential(
        nn.Linear(2, 16, rng=draw), nn.ReLU(), nn.Dropout(0.1, rng=draw), nn.Linear(16, 2, rng=draw)
    )


def run(**options: Any) -> tuple[nn.Sequential, nn.History]:
    model = network()
    options = {"epochs": 5, "batch_size": 16, "rng": 0} | options
    history = nn.fit(model, points(), nn.cross_entropy, nn.Adam(model.parameters(), lr=0.02), **options)
    return model, history


def test_training_learns_and_reports_every_epoch() -> None:
    _, history = run(epochs=30, metrics=[nn.accuracy], validation=0.25)
    assert sorted(history) == ["accuracy", "loss", "lr", "validation_accuracy", "validation_loss"]
    assert all(len(numbers) == 30 == history.epochs for numbers in history.values())
    assert history["loss"][-1] < 0.5 * history["loss"][0] and history["accuracy"][-1] > 0.85
    assert history.stopped == ""


def test_one_seed_reproduces_a_run_bit_for_bit() -> None:
    first, history = run(validation=0.25)
    second, again = run(validation=0.25)
    other, _ = run(validation=0.25, rng=1)
    a, b, c = (model.state_dict() for model in (first, second, other))
    assert history == again and all(np.array_equal(a[name], b[name]) for name in a)
    assert not all(np.array_equal(a[name], c[name]) for name in a)


def test_a_network_of_values_is_trained_by_the_same_function() -> None:
    x, labels = moons(40, seed=1)
    model = nn.MLP(2, [8, 1], rng=1)
    history = nn.fit(
        model, (x, labels), nn.hinge_loss, nn.SGD(model.parameters(), lr=0.2), epochs=20, rng=0,
        metrics={"right": nn.accuracy},
    )  # fmt: skip
    assert history["right"][-1] > 0.8


def test_early_stopping_gives_the_best_weights_back() -> None:
    seen = []

    def spoil(training: Training) -> None:
        seen.append(training.model.state_dict())
        if training.epoch == 2:  # from here on it can only be worse
            training.optimizer.lr = 30.0

    stopping = nn.EarlyStopping(patience=1)
    model, history = run(epochs=50, validation=0.25, callbacks=[spoil, stopping])
    best = history.best()
    assert history.epochs < 50 and history.stopped == f"validation_loss was best in epoch {best + 1}"
    assert stopping.best_epoch == best and history.epochs == best + 3
    state = model.state_dict()
    assert all(np.array_equal(state[name], seen[best][name]) for name in state)


def test_early_stopping_watches_what_it_is_told() -> None:
    _, history = run(
        epochs=9,
        metrics={"constant": lambda output, target: 1.0},
        callbacks=[nn.EarlyStopping(patience=2, monitor="constant", mode="max")],
    )
    assert history.epochs == 4
    with pytest.raises(KeyError, match="watches 'nothing'"):
        run(callbacks=[nn.EarlyStopping(monitor="nothing")])


def test_interrupting_keeps_everything_and_leaves_the_handler_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)

    class Press(nn.Callback):
        def on_batch_end(self, training: Training) -> None:
            if training.step == 9:  # in the third of four batches an epoch
                os.kill(os.getpid(), signal.SIGINT)

    stopping = nn.EarlyStopping(patience=10)
    model, history = run(epochs=50, callbacks=[Press(), stopping])
    assert history.stopped == "interrupted" and history.epochs == 2
    assert signal.getsignal(signal.SIGINT) is before
    state = model.state_dict()
    assert all(np.array_equal(state[name], stopping.weights[name]) for name in state)
    assert all(module.training for module in model.modules())


def test_a_second_interrupt_and_one_from_a_callback_end_it_too() -> None:
    class Press(nn.Callback):
        def on_batch_end(self, training: Training) -> None:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                signal.getsignal(signal.SIGINT)  # a line in between, where Python runs the handler

    assert run(callbacks=[Press()])[1].stopped == "interrupted"

    def interrupt(training: Training) -> None:
        raise KeyboardInterrupt

    assert run(callbacks=[interrupt])[1].epochs == 1


def test_it_runs_in_a_thread_where_no_handler_can_be_set() -> None:
    results: list[nn.History] = []
    thread = threading.Thread(target=lambda: results.append(run(epochs=1)[1]))
    thread.start()
    thread.join()
    assert results[0].epochs == 1


def test_callbacks_are_told_in_order() -> None:
    told = []

    class Listener(nn.Callback):
        def on_start(self, training: Training) -> None:
            told.append("start")

        def on_batch_end(self, training: Training) -> None:
            told.append(f"batch {training.step}")

        def on_epoch_end(self, training: Training) -> None:
            told.append(f"epoch {training.epoch} {len(training.history['loss'])}")

        def on_end(self, training: Training) -> None:
            told.append("end")

    run(epochs=2, batch_size=32, callbacks=[Listener()])
    assert told == ["start", "batch 1", "batch 2", "epoch 0 1", "batch 3", "batch 4", "epoch 1 2", "end"]


def test_schedules_go_on_by_epoch_or_by_batch() -> None:
    for every, expected in (("epoch", 0.5**3), ("batch", 0.5**12)):
        model = network()
        optimizer = nn.SGD(model.parameters(), lr=1.0)
        schedule = nn.ExponentialLR(optimizer, 0.5)
        nn.fit(
            model, points(), nn.cross_entropy, optimizer, epochs=3, batch_size=16, rng=0,
            schedule=schedule, schedule_every=every,
        )  # fmt: skip
        assert optimizer.lr == expected
    model = network()
    optimizer = nn.SGD(model.parameters(), lr=0.0)
    plateau = nn.ReduceLROnPlateau(optimizer, patience=0)
    nn.fit(model.eval(), points(), nn.cross_entropy, optimizer, epochs=2, rng=0, schedule=plateau)
    assert plateau.last_epoch == 2 and not model.training


def test_gradients_are_clipped_on_demand() -> None:
    model = nn.Linear(2, 2, rng=0)
    before = model.state_dict()
    nn.fit(
        model, points(), nn.cross_entropy, nn.SGD(model.parameters(), lr=1.0),
        epochs=1, batch_size=64, rng=0, max_norm=1e-3,
    )  # fmt: skip
    moved = [model.state_dict()[name] - before[name] for name in before]
    assert sum((m**2).sum() for m in moved) <= 1.01e-6


def test_data_may_be_batches_and_must_not_be_used_up() -> None:
    x, y = points()
    model = network()
    optimizer = nn.SGD(model.parameters())
    history = nn.fit(model, [(x[:8], y[:8]), (x[8:], y[8:])], nn.cross_entropy, optimizer, epochs=2)
    assert history.epochs == 2
    with pytest.raises(ValueError, match="an iterator runs only once"):
        nn.fit(model, iter([(x, y)]), nn.cross_entropy, optimizer, epochs=2)


def test_means_are_over_items_not_over_batches() -> None:
    x = np.array([[0.0], [0.0], [3.0]])
    found = nn.evaluate(lambda x: x, (x, np.zeros((3, 1))), nn.mse_loss, batch_size=2)
    assert found == {"loss": 3.0}


def test_evaluation_records_nothing_and_puts_the_mode_back() -> None:
    model = network()
    assert nn.evaluate(model, points(), nn.cross_entropy) == nn.evaluate(model, points(), nn.cross_entropy)
    assert model.training and nn.predict(model, points()[0], batch_size=10).shape == (64, 2)


def test_the_progress_bar_can_be_forced_and_is_silent_in_tests(capsys: pytest.CaptureFixture[str]) -> None:
    run(epochs=1)
    assert capsys.readouterr().err == ""
    run(epochs=2, progress=True)
    assert "epoch 2/2" in capsys.readouterr().err


def test_the_rate_finder_leaves_everything_as_it_was() -> None:
    model = network()
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    nn.fit(model, points(), nn.cross_entropy, optimizer, epochs=1, rng=0)
    weights, state = model.state_dict(), optimizer.state_dict()
    found = nn.find_learning_rate(model, points(), nn.cross_entropy, optimizer, steps=40, rng=0)
    assert len(found.rates) == len(found.losses) > 10 and found.rates[0] == 1e-6
    assert 1e-4 < found.suggestion < 1
    after = optimizer.state_dict()
    assert optimizer.lr == 0.02 and all(np.array_equal(model.state_dict()[k], weights[k]) for k in weights)
    for place, own in state["state"].items():
        assert all(np.array_equal(after["state"][place][k], own[k]) for k in own)


# -- data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [moons, circles, spirals, xor])
def test_points_follow_their_seed_for_any_number(draw: Any) -> None:
    for samples in (0, 1, 7, 100):
        x, labels = draw(samples=samples, seed=1)
        assert x.shape == (samples, 2) and x.dtype == np.float64
        assert labels.shape == (samples,) and labels.dtype == np.int64
    again, same = draw(samples=100, seed=1)
    assert np.array_equal(x, again) and np.array_equal(labels, same)
    assert not np.array_equal(x, draw(samples=100, seed=2)[0])
    assert len(set(labels[:20].tolist())) == 2
    with pytest.raises(ValueError, match=r"samples=-1"):
        draw(samples=-1)


def test_points_without_noise_lie_where_they_should() -> None:
    x, labels = circles(50, noise=0.0, factor=0.3)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(labels < 0, 1.0, 0.3))
    x, labels = xor(40, noise=0.0)
    assert np.array_equal(np.abs(x), np.ones((40, 2))) and ((x.prod(1) < 0) == (labels > 0)).all()
    x, labels = spirals(60, noise=0.0, arms=3)
    radius = np.hypot(*x.T)
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * (radius + labels / 3)
    np.testing.assert_allclose(np.cos(angle), 1.0, atol=1e-12)
    x, y = piecewise_linear(201)
    assert x.shape == y.shape == (201, 1) and (np.abs(np.diff(y[:, 0], 2)) > 1e-9).sum() <= 2 * 3


def test_batches_hold_every_item_once() -> None:
    batches = Batches(np.arange(10), np.arange(10) * 2, batch_size=4, rng=0)
    first, second = ([pair for pair in batches] for _ in range(2))
    assert [len(x) for x, _ in first] == [4, 4, 2] and len(batches) == 3
    assert sorted(np.concatenate([x for x, _ in first])) == list(range(10))
    assert all(np.array_equal(2 * x, y) for x, y in first + second)
    assert not np.array_equal(first[0][0], second[0][0])
    assert [len(x) for (x,) in Batches(np.arange(10), batch_size=4, drop_last=True)] == [4, 4]
    with pytest.raises(ValueError, match="one length"):
        Batches(np.arange(3), np.arange(4))
    with pytest.raises(ValueError, match="one item or more"):
        Batches(np.arange(3), batch_size=0)


def test_a_split_is_a_partition_that_keeps_pairs_together() -> None:
    training, validation = split(np.arange(10), np.arange(10) * 2, fraction=0.3, rng=0)
    assert len(training[0]) == 7 and sorted([*training[0], *validation[0]]) == list(range(10))
    assert np.array_equal(2 * validation[0], validation[1])


def test_normalisation_is_that_of_the_training_data() -> None:
    data = np.random.default_rng(0).normal(3, 5, (50, 4))
    data[:, 2] = 7
    scale = Normalizer(data)
    scaled = scale(data)
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), [1, 1, 0, 1])
    np.testing.assert_allclose(scale.inverse(scaled), data)


def test_metrics_count() -> None:
    assert nn.accuracy(np.array([[0.2], [-0.1]]), np.array([1, 0])) == 1
    assert nn.accuracy(np.array([-0.2, 0.1]), np.array([[1], [1]])) == 0.5
    scores = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert nn.confusion_matrix(scores, np.array([1, 1, 0]), classes=3).tolist() == [
        [0, 1, 0],
        [1, 1, 0],
        [0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("output", "target", "matrix"),
    [
        (np.array([-1, 1, 1]), np.array([-1, 1, -1]), [[1, 1], [0, 1]]),
        (np.array([-0.3, 0.2, 0.1]), np.array([-1.0, 1.0, -1.0]), [[1, 1], [0, 1]]),
        (np.array([[-0.3], [0.2], [0.1]]), np.array([[0], [1], [0]]), [[1, 1], [0, 1]]),
        (np.array([False, True, True]), np.array([0, 1, 0]), [[1, 1], [0, 1]]),
        (np.array([0, 1, 1]), np.array([-1, 1, -1]), [[1, 1], [0, 1]]),
        (np.array([2, 0, 2]), np.array([2, 1, 2]), [[0, 0, 0], [1, 0, 0], [0, 0, 2]]),
        (np.array([0.5]), np.array([1]), [[0, 0], [0, 1]]),
    ],
)
def test_answers_of_every_kind_are_counted(output: Any, target: Any, matrix: Any) -> None:
    found = nn.confusion_matrix(output, target)
    assert found.tolist() == matrix
    assert nn.accuracy(output, target) == np.trace(found) / found.sum()


# -- what goes wrong ----------------------------------------------------------------------------


def fit(data: Any = None, loss: Any = nn.cross_entropy, **options: Any) -> nn.History:
    model = network()
    optimizer = nn.SGD(model.parameters())
    return nn.fit(model, points() if data is None else data, loss, optimizer, rng=0, **options)


INPUTS, TARGETS = np.ones((4, 2)), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit([INPUTS, TARGETS]), TypeError, "a batch is a tuple .* this is a ndarray"),
        (lambda: fit(INPUTS), TypeError, "one tuple of all inputs and all targets"),
        (lambda: fit((INPUTS, TARGETS, TARGETS)), ValueError, "a tuple of 3"),
        (lambda: nn.evaluate(network(), (INPUTS,), nn.cross_entropy), ValueError, "a tuple of 1"),
        (lambda: fit(Batches(INPUTS, TARGETS), validation=0.5), ValueError, "batches cannot be cut"),
        (lambda: fit((INPUTS, TARGETS), validation=0.1), ValueError, "4 to train on and 0 for validation"),
        (lambda: fit((INPUTS, TARGETS), validation=1), ValueError, "0 to train on and 4 for validation"),
        (lambda: fit(epochs=-1), ValueError, "-1 times"),
        (lambda: fit(loss=lambda output, target: 1.0), TypeError, "the loss is a float"),
        (lambda: fit(metrics=[lambda o, t: 0.0, lambda o, t: 1.0]), ValueError, "called '<lambda>'"),
        (lambda: fit(metrics={"loss": nn.accuracy}), ValueError, "called 'loss'"),
        (lambda: fit(metrics=["accuracy"]), TypeError, "a function, such as nn.accuracy, not 'accuracy'"),
        (
            lambda: nn.fit(network(), points(), nn.cross_entropy, "adam"),  # type: ignore[arg-type]
            TypeError,
            r"nn.Adam\(model.parameters\(\)\), not 'adam'",
        ),
        (lambda: fit(callbacks=nn.EarlyStopping()), TypeError, "callbacks are a list"),
        (lambda: fit(callbacks=[nn.EarlyStopping]), TypeError, "not <class"),
        (lambda: fit(schedule_every="step"), ValueError, "not 'step'"),
        (
            lambda: nn.fit(network(), points(), nn.cross_entropy, nn.SGD(network().parameters())),
            ValueError,
            "no parameter of the optimizer",
        ),
        (
            lambda: nn.find_learning_rate(
                network(), points(), nn.cross_entropy, nn.SGD(network().parameters())
            ),
            ValueError,
            "no parameter of the optimizer",
        ),
        (lambda: Normalizer(INPUTS)(np.ones((3, 5))), ShapeError, r"\(3, 5\), .* \(any, 2\)"),
        (lambda: Normalizer(INPUTS[:, :1])(INPUTS), ShapeError, r"\(4, 2\), .* \(any, 1\)"),
        (lambda: Normalizer(INPUTS).inverse(INPUTS[0]), ShapeError, r"shape \(2,\)"),
        (lambda: spirals(9, arms=0), ValueError, "one arm or more, not 0"),
        (lambda: piecewise_linear(9, knots=(0, 2, 1), heights=(1, 2, 3)), ValueError, "greater than the one"),
        (lambda: piecewise_linear(9, knots=(0, 1), heights=(1,)), ValueError, "each with its height"),
        (lambda: split(INPUTS, TARGETS[:3]), ValueError, r"lengths \[4, 3\]"),
        (lambda: nn.accuracy(np.ones(3), TARGETS), ShapeError, r"\(3,\) and targets \(4,\)"),
        (lambda: nn.accuracy(np.ones((4, 2)), TARGETS - 1), ValueError, "0 to 1, .* target -1"),
        (lambda: nn.accuracy(np.ones(4), TARGETS + 1), ValueError, "0 to 1, .* target 2"),
        (lambda: nn.accuracy(TARGETS, TARGETS * 0.5), ValueError, "a target is a class, and there is 0.5"),
        (lambda: nn.confusion_matrix(TARGETS, TARGETS, classes=1), ValueError, "1 classes, .* of 1"),
        (lambda: nn.confusion_matrix(TARGETS - 2, TARGETS), ValueError, "target -2"),
    ],
)
def test_what_is_wrong_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
