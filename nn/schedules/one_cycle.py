"""``OneCycleLR``: up once and down once, the momentum the other way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ..optimizers import Optimizer
from .base import Schedule, cosine, line


class OneCycleLR(Schedule):
    """Up from ``max_lr / div_factor`` to max_lr, then down to the first rate ``/ final_div_factor``.

    ``a + (b - a) (1 - cos(π s)) / 2`` from a to b, s of the way, or in straight lines; the way up takes
    ``pct_start`` of ``total_steps``. Momentum, or β₁, moves the other way (Smith and Topin 2018). One call
    of ``step()`` a batch.

    Parameters
    ----------
    max_lr: one for all, or a list with one for each group of parameters.
    total_steps: or epochs and steps_per_epoch, whose product it is.
    three_phase: down to the first rate as long as it went up, then on to the last.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> [round(schedule.rate(k, 1.0), 4) for k in (0, 2, 9)]
    [0.04, 1.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR needs total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if total_steps < 1 or not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: total_steps={total_steps} and pct_start={pct_start} make no cycle")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}")
        if cycle_momentum and not (hasattr(optimizer, "momentum") or hasattr(optimizer, "betas")):
            raise ValueError(f"{type(optimizer).__name__} has no momentum; pass cycle_momentum=False")
        count = len(optimizer.groups)
        peaks = [float(max_lr)] * count if isinstance(max_lr, (int, float)) else list(map(float, max_lr))
        if len(peaks) != count:
            raise ValueError(f"OneCycleLR: {len(peaks)} rates in max_lr for {count} groups of parameters")
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.cycle_momentum = cycle_momentum
        # A phase: its last step; the rate, as a share of max_lr, from and to; the momentum, from and to.
        first = 1 / div_factor
        last = first / final_div_factor
        peak = float(pct_start * total_steps) - 1
        self.phases = [(peak, first, 1.0, max_momentum, base_momentum)]
        if three_phase:
            self.phases.append((2 * peak, 1.0, first, base_momentum, max_momentum))
            self.phases.append((total_steps - 1, first, last, max_momentum, max_momentum))
        else:
            self.phases.append((total_steps - 1, 1.0, last, base_momentum, max_momentum))
        for group, rate in zip(optimizer.groups, peaks, strict=True):
            group.lr = rate  # what the shares are of
        super().__init__(optimizer)

    def _between(self, k: int) -> tuple[float, float]:
        """The rate, as a share of max_lr, and the momentum after k steps."""
        if k >= self.total_steps:
            raise ValueError(f"OneCycleLR has {self.total_steps} steps, and step() was called {k} times")
        start = 0.0
        for place, (end, share, next_share, momentum, next_momentum) in enumerate(self.phases):
            if k <= end or place == len(self.phases) - 1:
                way = (k - start) / (end - start) if end != start else 1.0
                between = cosine if self.anneal_strategy == "cos" else line
                return between(share, next_share, way), between(momentum, next_momentum, way)
            start = end
        raise AssertionError("there is a last phase")

    def rate(self, k: int, lr0: float) -> float:
        """The rate after k steps, with lr0 for max_lr."""
        return lr0 * self._between(k)[0]

    def _set(self) -> None:
        super()._set()
        if not self.cycle_momentum:
            return
        momentum = self._between(self.last_epoch)[1]
        group: Any
        for group in (self.optimizer, *self.optimizer.groups):
            if hasattr(group, "betas"):
                group.betas = (momentum, *group.betas[1:])
            else:
                group.momentum = momentum
