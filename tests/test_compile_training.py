"""Programs of whole steps of training: every model, optimiser and loss to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from step_pairs import CLASSES, FLAT, both, dense, numbers, same_state, twice

import autograd
import nn
from autograd import Tensor, record

RANDOM = np.random.default_rng(0)


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


def images(*middle: Any, units: int) -> Any:
    return nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), *middle, nn.Flatten(), nn.Linear(units, 3, rng=1))


IMAGES, SEQUENCE, TIMES = numbers(5, 1, 8, 8), numbers(5, 4, 8), numbers(6, 5, 4)


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


def test_two_updates_in_one_step() -> None:
    """The optimiser writes into its flat array, and so into the parameter that is read again."""

    def stepping() -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)
        optimizer = nn.SGD([w], lr=0.1)

        def step(x: Any) -> Any:
            losses = []
            for _ in range(2):
                optimizer.zero_grad()
                loss = (w * w * x).sum()
                loss.backward()
                optimizer.step()
                losses.append(loss)
            return [*losses, (w * w * x).sum()]

        return w, step

    one, two, eager, compiled = twice(stepping)
    x = np.arange(3.0)
    for _ in range(5):
        assert [loss.item() for loss in compiled(x)] == [loss.item() for loss in eager(x)]
        np.testing.assert_array_equal(two.data, one.data)
    program, _ = record(compiled.function)(x), eager(x)
    assert [loss.item() for loss in program(x)] == [loss.item() for loss in eager(x)]
