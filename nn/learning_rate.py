"""``find_learning_rate``: try rates from small to large on a few batches, and see where loss falls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .callbacks import restore, snapshot
from .data import as_batches, pairs
from .module import Random
from .optimizers import Optimizer
from .training import Loss, backward, in_mode


@dataclass(frozen=True)
class RateSearch:
    """What :func:`find_learning_rate` found: the rates tried, and the smoothed loss at each.

    >>> RateSearch([0.01, 0.1, 1.0, 10.0], [3.0, 2.9, 1.0, 8.0]).suggestion
    1.0
    """

    rates: list[float]
    losses: list[float]

    @property
    def suggestion(self) -> float:
        """The rate at which the loss falls fastest, for its logarithm, on the way down to its least."""
        falling = int(np.argmin(self.losses)) + 1
        if falling < 3:
            return self.rates[0]
        slopes = np.gradient(self.losses[:falling], np.log(self.rates[:falling]))
        return self.rates[int(np.argmin(slopes))]


def find_learning_rate(
    model: Any,
    data: Any,
    loss: Loss,
    optimizer: Optimizer,
    *,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    smoothing: float = 0.8,
    rng: Random = None,
) -> RateSearch:
    """Train for a few steps while the rate grows from start to end, by the same factor each time.

    It ends early when the loss explodes. The model and the optimiser are as before afterwards; random
    numbers of dropout are used up (Smith 2017).

    Parameters
    ----------
    smoothing: the share of the running mean in each new one.

    >>> from nn import SGD, Linear, mse_loss
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> model = Linear(1, 1, rng=0)
    >>> found = find_learning_rate(model, (x, 3 * x), mse_loss, SGD(model.parameters()), rng=0)
    >>> 0.001 < found.suggestion < 1
    True
    """
    if not 0 < start < end or steps < 2:
        raise ValueError(f"find_learning_rate: {steps} steps from {start} to {end} are no search")
    batches = as_batches(data, batch_size=batch_size, rng=rng)
    weights, before = snapshot(model), optimizer.state_dict()
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    try:
        with in_mode(model, training=True):
            while len(rates) < steps:
                for inputs, targets in pairs(batches):
                    optimizer.lr = start * (end / start) ** (len(rates) / (steps - 1))
                    value = loss(model(inputs), targets)
                    average = smoothing * average + (1 - smoothing) * float(value)
                    smoothed = average / (1 - smoothing ** (len(rates) + 1))
                    if not math.isfinite(smoothed) or (
                        losses and smoothed > 4 * min(losses) and len(losses) > 3
                    ):
                        steps = 0
                        break
                    rates.append(optimizer.lr)
                    losses.append(smoothed)
                    backward(value, optimizer, first=len(rates) == 1)
                    optimizer.step()
                    if len(rates) >= steps:
                        break
    finally:
        restore(model, weights)
        optimizer.zero_grad()
        optimizer.load_state_dict(before)
    return RateSearch(rates, losses)
