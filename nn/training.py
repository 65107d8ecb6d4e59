"""``fit``: the training loop, written once. ``evaluate`` and ``predict`` go with it."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Node, no_grad
from autograd.array_ops import plain

from .callbacks import Callback, History
from .clipping import clip_grad_norm
from .data import Batches, as_batches, pairs, split
from .module import Module, Random, generator
from .optimizers import Optimizer
from .schedules import ReduceLROnPlateau

Loss = Callable[[Any, Any], Any]
Metrics = Mapping[str, Callable[[Any, Any], Any]] | Sequence[Callable[[Any, Any], Any]]


class Training:
    """A training under way, as callbacks see it.

    Attributes
    ----------
    model, optimizer: what is trained, and by what.
    epoch, step: the epoch, from 0, and how many steps were made in all.
    loss: the loss of the last batch.
    history: the numbers of all epochs so far.

    >>> from nn import SGD, Linear, mse_loss
    >>> x, model, seen = [[1.0], [2.0]], Linear(1, 1, rng=0), []
    >>> look = lambda training: seen.append((training.epoch, training.step))
    >>> _ = fit(model, (x, x), mse_loss, SGD(model.parameters()), epochs=2, callbacks=[look])
    >>> seen
    [(0, 1), (1, 2)]
    """

    def __init__(self, model: Any, optimizer: Optimizer, epochs: int) -> None:
        self.model, self.optimizer, self.epochs = model, optimizer, epochs
        self.epoch = self.step = 0
        self.loss = float("nan")
        self.history = History()
        self.stopping = False

    def stop(self, reason: str) -> None:
        """End the training after this step."""
        self.stopping = True
        self.history.stopped = self.history.stopped or reason


class _Function(Callback):
    """A plain function as a callback for the end of an epoch."""

    def __init__(self, function: Callable[[Training], Any]) -> None:
        self.function = function

    def on_epoch_end(self, training: Training) -> None:
        self.function(training)


def fit(
    model: Any,
    data: Any,
    loss: Loss,
    optimizer: Optimizer,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    validation: Any = None,
    metrics: Metrics = (),
    callbacks: Iterable[Callback | Callable[[Training], Any]] = (),
    schedule: Any = None,
    schedule_every: str = "epoch",
    max_norm: float | None = None,
    shuffle: bool = True,
    rng: Random = None,
    progress: bool | None = None,
    compile: bool = False,
) -> History:
    """Train a model, and return its history.

    Ctrl-C ends the training after the step under way, with everything kept: the weights, the history,
    and with early stopping the best weights. A second Ctrl-C interrupts at once.

    Parameters
    ----------
    model: a module, or anything that can be called with inputs and has ``parameters()``.
    data: (inputs, targets), or an iterable of batches of them, such as :class:`nn.data.Batches`.
    loss: a function of outputs and targets, such as ``nn.cross_entropy``.
    validation: data of the same kinds; or the share of ``data`` to keep for it.
    metrics: functions of outputs and targets, in a list or by name; averaged over items.
    callbacks: callbacks, or functions that are called at the end of an epoch.
    schedule: a schedule of the rate; its ``step()`` is called after every epoch.
    schedule_every: "batch" for schedules that go on with every batch.
    max_norm: clip the gradients to this norm.
    rng: a random generator or a seed, for the order of the batches; one seed, one result.
    progress: whether to show a progress bar; by default in terminals and notebooks.
    compile: record a step once for every shape of batch and replay it, see :func:`autograd.compile`: the
        same numbers in less time, where all of the step is computed with arrays.

    Raises
    ------
    ValueError: there is not one batch, or the arrays differ in length.

    >>> from nn import SGD, Linear, mse_loss
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> model = Linear(1, 1, rng=0)
    >>> history = fit(model, (x, 3 * x + 1), mse_loss, SGD(model.parameters(), lr=0.5), epochs=20, rng=0)
    >>> history["loss"][-1] < 1e-3
    True
    """
    if schedule_every not in ("epoch", "batch"):
        raise ValueError(f"schedule_every is 'epoch' or 'batch', not {schedule_every!r}")
    if isinstance(optimizer, (str, type)):
        raise TypeError(
            f"the optimizer is made with the parameters, as in nn.Adam(model.parameters()), not {optimizer!r}"
        )
    if epochs < 0:
        raise ValueError(f"fit cannot go through the data {epochs} times")
    draw = generator(rng)
    if isinstance(validation, (int, float)):
        data, validation = _held_out(data, validation, draw)
    batches = as_batches(data, batch_size=batch_size, shuffle=shuffle, rng=draw)
    training = Training(model, optimizer, epochs)
    told = _told(callbacks)
    by_name = _by_name(metrics)

    def step(inputs: Any, targets: Any) -> tuple[Any, Any]:
        output = model(inputs)
        value = loss(output, targets)
        backward(value, optimizer, first=training.step == 0)
        if max_norm is not None:
            clip_grad_norm(optimizer.parameters, max_norm)
        optimizer.step()
        return output, value

    if compile:
        step = autograd.compile(step)
    with _interruptible(training), _bar(epochs, batches, progress) as bar, in_mode(model, training=True):
        for callback in told:
            callback.on_start(training)
        try:
            for training.epoch in range(epochs):
                totals = _Totals()
                bar.set_description(f"epoch {training.epoch + 1}/{epochs}", refresh=False)
                for inputs, targets in pairs(batches):
                    output, value = step(inputs, targets)
                    training.step += 1
                    training.loss = float(value)
                    totals.add(len(targets), {"loss": training.loss} | _measured(by_name, output, targets))
                    if schedule is not None and schedule_every == "batch":
                        schedule.step()
                    bar.update()
                    for callback in told:
                        callback.on_batch_end(training)
                    if training.stopping:
                        break
                if training.stopping:  # an epoch that was not finished has no numbers
                    break
                numbers = totals.means() | {"lr": optimizer.lr}
                if validation is not None:
                    found = evaluate(model, validation, loss, metrics=by_name, batch_size=batch_size)
                    numbers |= {f"validation_{name}": number for name, number in found.items()}
                training.history.add(numbers)
                bar.set_postfix({k: f"{v:.4g}" for k, v in numbers.items() if k != "lr"}, refresh=False)
                if schedule is not None and schedule_every == "epoch":
                    _advance(schedule, numbers)
                for callback in told:
                    callback.on_epoch_end(training)
                if training.stopping:
                    break
        except KeyboardInterrupt:  # where no handler could be set, or from a callback
            training.stop("interrupted")
        finally:
            for callback in told:
                callback.on_end(training)
    return training.history


def evaluate(
    model: Any, data: Any, loss: Loss, *, metrics: Metrics = (), batch_size: int = 256
) -> dict[str, float]:
    """The mean loss and metrics on data, in evaluation mode and without recording.

    >>> from nn import Linear, mse_loss
    >>> x = np.ones((4, 1))
    >>> sorted(evaluate(Linear(1, 1, rng=0), (x, x), mse_loss, metrics={"error": mse_loss}))
    ['error', 'loss']
    """
    batches = as_batches(data, batch_size=batch_size, shuffle=False)
    totals, by_name = _Totals(), _by_name(metrics)
    with no_grad(), in_mode(model, training=False):
        for inputs, targets in pairs(batches):
            output = model(inputs)
            numbers = {"loss": float(loss(output, targets))}
            totals.add(len(targets), numbers | _measured(by_name, output, targets))
    return totals.means()


def predict(model: Any, inputs: Any, *, batch_size: int = 256) -> np.ndarray[Any, Any]:
    """The outputs of a model as one array, in evaluation mode and without recording.

    >>> from nn import Linear
    >>> predict(Linear(2, 3, rng=0), np.ones((5, 2))).shape
    (5, 3)
    """
    with no_grad(), in_mode(model, training=False):
        outputs = [plain(model(batch)) for (batch,) in Batches(inputs, batch_size=batch_size, shuffle=False)]
    return np.concatenate(outputs)


def backward(value: Any, optimizer: Optimizer, first: bool) -> None:
    """New gradients for the parameters of an optimiser; the first time it is made sure that there are any."""
    if not isinstance(value, Node):
        raise TypeError(
            f"the loss is a {type(value).__name__}, which has no gradient; compute it from the output of the "
            "model, with functions of nn or autograd"
        )
    optimizer.zero_grad()
    value.backward()
    if first and all(parameter.grad is None for parameter in optimizer.parameters):
        raise ValueError(
            "the loss depends on no parameter of the optimizer; is it the optimizer of another model?"
        )


def _held_out(data: Any, share: float, draw: np.random.Generator) -> tuple[Any, Any]:
    """Data without a share of it, and that share."""
    if not isinstance(data, tuple):
        raise ValueError(
            f"validation={share} is a share of (inputs, targets), which batches cannot be cut into; pass "
            "validation=(inputs, targets), or data that are such a tuple"
        )
    training, validation = split(*data, fraction=share, rng=draw)
    if not len(training[0]) or not len(validation[0]):
        raise ValueError(
            f"validation={share} of {len(data[0])} items leaves {len(training[0])} to train on and "
            f"{len(validation[0])} for validation"
        )
    return training, validation


def _told(callbacks: Any) -> list[Callback]:
    if isinstance(callbacks, Callback) or callable(callbacks):
        raise TypeError("callbacks are a list: callbacks=[...]")
    told = []
    for each in callbacks:
        if isinstance(each, type) or not (isinstance(each, Callback) or callable(each)):
            raise TypeError(f"a callback is a Callback or a function of the training, not {each!r:.60}")
        told.append(each if isinstance(each, Callback) else _Function(each))
    return told


def _by_name(metrics: Metrics) -> dict[str, Callable[[Any, Any], Any]]:
    if isinstance(metrics, Mapping):
        named = list(metrics.items())
    else:
        named = [(getattr(metric, "__name__", type(metric).__name__), metric) for metric in metrics]
    found: dict[str, Callable[[Any, Any], Any]] = {}
    for name, metric in named:
        if not callable(metric):
            raise TypeError(f"a metric is a function, such as nn.accuracy, not {metric!r:.60}")
        if name in found or name in ("loss", "lr") or name.startswith("validation_"):
            raise ValueError(
                f"a metric cannot be called {name!r}, which something else in the history is called; name "
                'it: metrics={"name": function}'
            )
        found[name] = metric
    return found


def _measured(
    metrics: Mapping[str, Callable[[Any, Any], Any]], output: Any, targets: Any
) -> dict[str, float]:
    if not metrics:
        return {}
    array = plain(output)
    return {name: float(metric(array, targets)) for name, metric in metrics.items()}


def _advance(schedule: Any, numbers: Mapping[str, float]) -> None:
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(numbers.get("validation_loss", numbers["loss"]))
    else:
        schedule.step()


class _Totals:
    """Means over items, from means over batches of different sizes."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: dict[str, float] = {}

    def add(self, count: int, means: Mapping[str, float]) -> None:
        self.count += count
        for name, mean in means.items():
            self.sums[name] = self.sums.get(name, 0.0) + count * mean

    def means(self) -> dict[str, float]:
        if not self.count:
            raise ValueError("there is not one batch to train on or to evaluate; an iterator runs only once")
        return {name: total / self.count for name, total in self.sums.items()}


def in_mode(model: Any, training: bool) -> contextlib.AbstractContextManager[Any]:
    """Training or evaluation for a while, where the model is a module and knows the difference."""
    return model.in_mode(training) if isinstance(model, Module) else contextlib.nullcontext()


@contextlib.contextmanager
def _interruptible(training: Training) -> Iterator[None]:
    """Let the first Ctrl-C wait for the end of the step; no step is left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupted(number: int, frame: Any) -> None:
        if training.stopping:
            raise KeyboardInterrupt
        training.stop("interrupted")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        # None stands for a handler that was not set from Python.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


@contextlib.contextmanager
def _bar(epochs: int, batches: Any, progress: bool | None) -> Iterator[Any]:
    """A progress bar over all batches, in a terminal or a notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without widgets gets a bar of characters, which is fine
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    notebook = "ipykernel" in sys.modules
    total = epochs * len(batches) if hasattr(batches, "__len__") else None
    disable = not progress if progress is not None else (False if notebook else None)
    with tqdm(total=total, unit="batch", disable=disable, mininterval=0.2) as bar:
        yield bar
