"""What can be hung into a training: ``Callback``, ``EarlyStopping``; and what it leaves, ``History``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from autograd import Node

from .module import Module

if TYPE_CHECKING:
    from .training import Training


class History(dict[str, list[float]]):
    """One number an epoch for each name: ``loss``, ``lr``, the metrics, and ``validation_...`` of each.

    Attributes
    ----------
    stopped: why training ended before all epochs, such as "interrupted"; empty if it did not.

    >>> history = History()
    >>> history.add({"loss": 2.0})
    >>> history.add({"loss": 1.0})
    >>> history["loss"], history.epochs
    ([2.0, 1.0], 2)
    """

    def __init__(self) -> None:
        super().__init__()
        self.stopped = ""

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return max(map(len, self.values()), default=0)

    def add(self, numbers: dict[str, float]) -> None:
        """Add the numbers of one epoch."""
        for name, number in numbers.items():
            self.setdefault(name, []).append(float(number))

    def best(self, name: str = "validation_loss", mode: Literal["min", "max"] = "min") -> int:
        """The epoch, from 0, in which a number was best."""
        choose = min if mode == "min" else max
        return choose(range(len(self[name])), key=self[name].__getitem__)


class Callback:
    """Something that is told how training goes; each method gets the :class:`Training` under way.

    A plain function in ``callbacks=`` is called at the end of every epoch.

    >>> from nn import SGD, Linear, fit, mse_loss
    >>> class StopEarly(Callback):
    ...     def on_batch_end(self, training):
    ...         if training.step == 3:
    ...             training.stop("three steps are enough")
    >>> x, model = [[1.0], [2.0]], Linear(1, 1, rng=0)
    >>> fit(model, (x, x), mse_loss, SGD(model.parameters()), epochs=9, callbacks=[StopEarly()]).stopped
    'three steps are enough'
    """

    def on_start(self, training: Training) -> None:
        """Before the first epoch."""

    def on_batch_end(self, training: Training) -> None:
        """After every step of the optimiser."""

    def on_epoch_end(self, training: Training) -> None:
        """After every epoch, its numbers being in ``training.history``."""

    def on_end(self, training: Training) -> None:
        """After the last epoch, also when training was stopped or interrupted."""


class EarlyStopping(Callback):
    """Stop when a number has not become better for ``patience`` epochs, and go back to the best weights.

    Parameters
    ----------
    monitor: the name in the history; by default ``validation_loss`` if there is one, else ``loss``.
    mode: whether less or more is better.
    min_delta: how much better counts.
    restore: whether the model gets back the weights of its best epoch, however training ends.

    >>> EarlyStopping(patience=3).patience
    3
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str = "",
        mode: Literal["min", "max"] = "min",
        min_delta: float = 0.0,
        restore: bool = True,
    ) -> None:
        if patience < 0 or mode not in ("min", "max"):
            raise ValueError(f"EarlyStopping: patience {patience} is negative, or mode {mode!r} unknown")
        self.patience, self.monitor, self.mode = patience, monitor, mode
        self.min_delta, self.restore = min_delta, restore
        self.on_start(None)

    def on_start(self, training: Training | None) -> None:
        """Forget what an earlier training was like."""
        self.best, self.best_epoch, self.waited = math.inf, -1, 0
        self.weights: Any = None

    def on_epoch_end(self, training: Training) -> None:
        """Keep the weights if this epoch was the best; count it if not."""
        name = self.monitor or ("validation_loss" if "validation_loss" in training.history else "loss")
        if name not in training.history:
            raise KeyError(f"EarlyStopping watches {name!r}, the history has {sorted(training.history)}")
        number = training.history[name][-1]
        number = number if self.mode == "min" else -number
        if number < self.best - self.min_delta or self.best_epoch < 0:
            self.best = number if number == number else math.inf
            self.best_epoch, self.waited = training.epoch, 0
            self.weights = snapshot(training.model) if self.restore else None
            return
        self.waited += 1
        if self.waited > self.patience:
            training.stop(f"{name} was best in epoch {self.best_epoch + 1}")

    def on_end(self, training: Training) -> None:
        """Give the model its best weights back."""
        if self.weights is not None:
            restore(training.model, self.weights)


def snapshot(model: Any) -> Any:
    """A copy of the numbers of a model: of a module its state, else the data of its parameters."""
    if isinstance(model, Module):
        return model.state_dict()
    return [parameter.plain for parameter in model.parameters()]


def restore(model: Any, numbers: Any) -> None:
    """Give a model the numbers of a :func:`snapshot` back."""
    if isinstance(model, Module):
        model.load_state_dict(numbers)
        return
    parameters: list[Node] = list(model.parameters())
    for parameter, number in zip(parameters, numbers, strict=True):
        parameter.data = number  # type: ignore[attr-defined]
