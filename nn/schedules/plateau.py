"""``ReduceLROnPlateau``: lower the rate when nothing becomes better."""

from __future__ import annotations

import math
from typing import Any, Literal

from ..optimizers import Optimizer
from .base import Schedule


class ReduceLROnPlateau(Schedule):
    """``lr ← factor · lr`` when the metric has not become better for more than ``patience`` steps.

    What was done by hand in He et al. 2016.
    Better is, for the least so far b, ``metric < b (1 - threshold)``, or with threshold_mode="abs"
    ``metric < b - threshold``; with mode="max" it is the other way.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1 or mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                "ReduceLROnPlateau: factor is less than 1, mode 'min' or 'max', threshold_mode 'rel' or "
                f"'abs'; got {factor}, {mode!r} and {threshold_mode!r}"
            )
        super().__init__(optimizer)
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lr, self.eps = min_lr, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def _set(self) -> None:
        """The rate depends on the metrics so far, not on the number of steps: it stays as it is."""

    def is_better(self, metric: float) -> bool:
        """Whether a metric is better than the best so far, by the threshold."""
        sign = 1 if self.mode == "min" else -1
        relative = self.threshold_mode == "rel"
        bound = self.best * (1 - sign * self.threshold) if relative else self.best - sign * self.threshold
        return sign * metric < sign * bound

    def step(self, metric: Any) -> None:  # type: ignore[override]
        """Take notice of a metric, and lower the rate if it is time."""
        metric = float(metric)
        self._count()
        if self.is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group in self.optimizer.groups:
                lower = max(group.lr * self.factor, self.min_lr)
                if group.lr - lower > self.eps:
                    group.lr = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
