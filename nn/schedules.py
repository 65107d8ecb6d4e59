"""Schedules of the learning rate: ``step()`` after each epoch, or each batch, sets ``optimizer.lr``.

In the equations k counts the calls of ``step()`` and lr₀ is the optimiser's rate when the schedule
was made. Names, arguments and defaults are those of ``torch.optim.lr_scheduler``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from .optimizers import Optimizer


class Schedule:
    """A rate that depends on the number of steps alone: each schedule writes :meth:`rate`.

    Attributes
    ----------
    last_epoch: k, how often ``step()`` was called.
    base_lr: lr₀.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.base_lr, self.last_epoch = optimizer, optimizer.lr, 0
        optimizer.lr = self.rate(0)

    def rate(self, k: int) -> float:
        """The rate after k steps."""
        raise NotImplementedError(f"{type(self).__name__} has no rate()")

    def step(self) -> None:
        """Go on to the next rate."""
        self.last_epoch += 1
        self.optimizer.lr = self.rate(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """The rate as it is now, in a list as PyTorch has it."""
        return [self.optimizer.lr]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on from here: all attributes but the optimiser.

        >>> from autograd import Value
        >>> from nn import SGD
        >>> StepLR(SGD([Value(1.0)], lr=1.0), 2).state_dict()
        {'step_size': 2, 'gamma': 0.1, 'base_lr': 1.0, 'last_epoch': 0}
        """
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another schedule of this kind was.

        Raises
        ------
        ValueError: the state is that of another kind of schedule.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"a state of {sorted(state)} where {sorted(self.state_dict())} was expected")
        vars(self).update(state)
        self.optimizer.lr = self.rate(self.last_epoch)


class LambdaLR(Schedule):
    """``lr₀ · f(k)`` for a function of your own.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda k: 1 / (1 + k))
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · f(k)``."""
        return self.base_lr * self.lr_lambda(k)


class WarmupLR(Schedule):
    """``lr₀ · min(1, (k + 1) / steps)``: up to lr₀ in a straight line (Goyal et al. 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = WarmupLR(optimizer, 4)
    >>> optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, steps: int) -> None:
        if steps < 1:
            raise ValueError(f"WarmupLR needs at least one step, got {steps}")
        self.steps = steps
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · min(1, (k + 1) / steps)``."""
        return self.base_lr * min(1.0, (k + 1) / self.steps)


class StepLR(Schedule):
    """``lr₀ · γ^⌊k / step_size⌋``.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = StepLR(optimizer, 1, gamma=0.5)
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · γ^⌊k / step_size⌋``."""
        return self.base_lr * self.gamma ** (k // self.step_size)


class MultiStepLR(Schedule):
    """``lr₀ · γ^(how many milestones are ≤ k)``.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = MultiStepLR(SGD([Value(1.0)], lr=1.0), [2, 5], gamma=0.5)
    >>> [schedule.rate(k) for k in (1, 2, 5)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · γ^(milestones passed)``."""
        return self.base_lr * self.gamma ** sum(milestone <= k for milestone in self.milestones)


class ExponentialLR(Schedule):
    """``lr₀ · γᵏ``.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = ExponentialLR(SGD([Value(1.0)], lr=1.0), 0.5)
    >>> schedule.rate(3)
    0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · γᵏ``."""
        return self.base_lr * self.gamma**k


class LinearLR(Schedule):
    """``lr₀ · (a + (b - a) · min(k, n) / n)`` from a = start_factor to b = end_factor in n = total_iters.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = LinearLR(SGD([Value(1.0)], lr=1.0), start_factor=0.5, total_iters=2)
    >>> [schedule.rate(k) for k in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: factors are between 0 and 1, got {start_factor} and {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · (a + (b - a) · min(k, n) / n)``."""
        share = min(k, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class PolynomialLR(Schedule):
    """``lr₀ · (1 - min(k, n) / n)^power`` with n = total_iters.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = PolynomialLR(SGD([Value(1.0)], lr=1.0), total_iters=2, power=2.0)
    >>> [schedule.rate(k) for k in range(3)]
    [1.0, 0.25, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``lr₀ · (1 - min(k, n) / n)^power``."""
        return float(self.base_lr * (1 - min(k, self.total_iters) / self.total_iters) ** self.power)


def _cosine(first: float, last: float, share: float) -> float:
    """From the first to the last along half a cosine, share of the way."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


class CosineAnnealingLR(Schedule):
    """``η + (lr₀ - η) (1 + cos(π k / T_max)) / 2`` with η = eta_min (Loshchilov and Hutter 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> [round(schedule.rate(k), 6) for k in range(3)]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``η + (lr₀ - η) (1 + cos(π k / T_max)) / 2``."""
        return _cosine(self.base_lr, self.eta_min, k / self.T_max)


class CosineAnnealingWarmRestarts(Schedule):
    """``η + (lr₀ - η) (1 + cos(π t / T)) / 2``, with t = 0 again whenever it reaches T.

    T is T_0 at first and T_mult times as long after each restart (Loshchilov and Hutter 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingWarmRestarts(SGD([Value(1.0)], lr=1.0), T_0=2)
    >>> [round(schedule.rate(k), 6) for k in range(4)]
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        if T_0 < 1 or T_mult < 1:
            raise ValueError(f"CosineAnnealingWarmRestarts: T_0 and T_mult are 1 or more, got {T_0}, {T_mult}")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer)

    def rate(self, k: int) -> float:
        """``η + (lr₀ - η) (1 + cos(π t / T)) / 2``."""
        since, length = k, self.T_0
        while since >= length:
            since, length = since - length, length * self.T_mult
        return _cosine(self.base_lr, self.eta_min, since / length)


class OneCycleLR(Schedule):
    """Up from ``max_lr / div_factor`` to max_lr, then down to the first rate ``/ final_div_factor``.

    Along half cosines, or straight lines; the way up takes ``pct_start`` of ``total_steps``. Momentum,
    or β₁, moves the other way (Smith and Topin 2018). One call of ``step()`` a batch.

    Parameters
    ----------
    total_steps: or epochs and steps_per_epoch, whose product it is.
    three_phase: down to the first rate as long as it went up, then on to the last.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> [round(schedule.rate(k), 4) for k in (0, 2, 9)]
    [0.04, 1.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
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
        self.total_steps, self.anneal_strategy, self.cycle_momentum = total_steps, anneal_strategy, cycle_momentum
        first = max_lr / div_factor
        last = first / final_div_factor
        peak = float(pct_start * total_steps) - 1
        self.phases = [(peak, first, max_lr, max_momentum, base_momentum)]
        if three_phase:
            self.phases.append((2 * peak, max_lr, first, base_momentum, max_momentum))
            self.phases.append((total_steps - 1, first, last, max_momentum, max_momentum))
        else:
            self.phases.append((total_steps - 1, max_lr, last, base_momentum, max_momentum))
        super().__init__(optimizer)
        self._momentum(0)

    def _between(self, k: int) -> tuple[float, float]:
        """The rate and the momentum after k steps."""
        if k >= self.total_steps:
            raise ValueError(f"OneCycleLR has {self.total_steps} steps, and step() was called {k} times")
        start = 0.0
        for place, (end, lr, next_lr, momentum, next_momentum) in enumerate(self.phases):
            if k <= end or place == len(self.phases) - 1:
                share = (k - start) / (end - start) if end != start else 1.0
                if self.anneal_strategy == "cos":
                    return _cosine(lr, next_lr, share), _cosine(momentum, next_momentum, share)
                return lr + (next_lr - lr) * share, momentum + (next_momentum - momentum) * share
            start = end
        raise AssertionError("there is a last phase")

    def rate(self, k: int) -> float:
        """The rate after k steps."""
        return self._between(k)[0]

    def _momentum(self, k: int) -> None:
        if not self.cycle_momentum:
            return
        momentum = self._between(k)[1]
        optimizer: Any = self.optimizer
        if hasattr(optimizer, "betas"):
            optimizer.betas = (momentum, *optimizer.betas[1:])
        else:
            optimizer.momentum = momentum

    def step(self) -> None:
        """Go on to the next rate and momentum."""
        super().step()
        self._momentum(self.last_epoch)


class ReduceLROnPlateau:
    """``lr ← factor · lr`` when the metric has not become better for more than ``patience`` steps.

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
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lr, self.eps, self.last_epoch = min_lr, eps, 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def is_better(self, metric: float) -> bool:
        """Whether a metric is better than the best so far, by the threshold."""
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold if self.threshold_mode == "abs" else self.threshold * self.best
        return sign * metric < sign * self.best - (margin if self.threshold_mode == "abs" else sign * margin)

    def step(self, metric: Any) -> None:
        """Take notice of a metric, and lower the rate if it is time."""
        metric = float(metric)
        self.last_epoch += 1
        if self.is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            lower = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - lower > self.eps:
                self.optimizer.lr = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def get_last_lr(self) -> list[float]:
        """The rate as it is now, in a list as PyTorch has it."""
        return [self.optimizer.lr]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on from here: all attributes but the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another schedule of this kind was.

        Raises
        ------
        ValueError: the state is that of another kind of schedule.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"a state of {sorted(state)} where {sorted(self.state_dict())} was expected")
        vars(self).update(state)
