"""Schedules that are a curve over the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..functional.checks import one_or_more
from ..optimizers import Optimizer
from .base import Schedule, cosine, line


class LambdaLR(Schedule):
    """``lr₀ · f(k)`` for a function of your own.

    Descent on random batches reaches a minimum if Σ lr is infinite and Σ lr² is not (Robbins and Monro 1951).

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

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · f(k)``."""
        return lr0 * self.lr_lambda(k)


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
        one_or_more("WarmupLR", steps=steps)
        self.steps = steps
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · min(1, (k + 1) / steps)``."""
        return lr0 * min(1.0, (k + 1) / self.steps)


class StepLR(Schedule):
    """``lr₀ · γ^⌊k / step_size⌋`` (Szegedy et al. 2015).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = StepLR(optimizer, 1, gamma=0.5)
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        one_or_more("StepLR", step_size=step_size)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · γ^⌊k / step_size⌋``."""
        return lr0 * self.gamma ** (k // self.step_size)


class MultiStepLR(Schedule):
    """``lr₀ · γ^(how many milestones are ≤ k)`` (He et al. 2016).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = MultiStepLR(SGD([Value(1.0)], lr=1.0), [2, 5], gamma=0.5)
    >>> [schedule.rate(k, 1.0) for k in (1, 2, 5)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · γ^(milestones passed)``."""
        return lr0 * self.gamma ** sum(milestone <= k for milestone in self.milestones)


class ExponentialLR(Schedule):
    """``lr₀ · γᵏ`` (Senior et al. 2013).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = ExponentialLR(SGD([Value(1.0)], lr=1.0), 0.5)
    >>> schedule.rate(3, 1.0)
    0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · γᵏ``."""
        return lr0 * self.gamma**k


class LinearLR(Schedule):
    """``lr₀ · (a + (b - a) · min(k, n) / n)`` from a = start_factor to b = end_factor in n = total_iters.

    From a low rate, a warm-up (Goyal et al. 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = LinearLR(SGD([Value(1.0)], lr=1.0), start_factor=0.5, total_iters=2)
    >>> [schedule.rate(k, 1.0) for k in range(4)]
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
        one_or_more("LinearLR", total_iters=total_iters)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · (a + (b - a) · min(k, n) / n)``."""
        return lr0 * line(self.start_factor, self.end_factor, min(k, self.total_iters) / self.total_iters)


class PolynomialLR(Schedule):
    """``lr₀ · (1 - min(k, n) / n)^power`` with n = total_iters (Chen et al. 2018).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = PolynomialLR(SGD([Value(1.0)], lr=1.0), total_iters=2, power=2.0)
    >>> [schedule.rate(k, 1.0) for k in range(3)]
    [1.0, 0.25, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0) -> None:
        one_or_more("PolynomialLR", total_iters=total_iters)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``lr₀ · (1 - min(k, n) / n)^power``."""
        return float(lr0 * (1 - min(k, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(Schedule):
    """``η + (lr₀ - η) (1 + cos(π k / T_max)) / 2`` with η = eta_min (Loshchilov and Hutter 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> [round(schedule.rate(k, 1.0), 6) for k in range(3)]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        one_or_more("CosineAnnealingLR", T_max=T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``η + (lr₀ - η) (1 + cos(π k / T_max)) / 2``."""
        return cosine(lr0, self.eta_min, k / self.T_max)


class CosineAnnealingWarmRestarts(Schedule):
    """``η + (lr₀ - η) (1 + cos(π t / T)) / 2``, with t = 0 again whenever it reaches T.

    T is T_0 at first and T_mult times as long after each restart (Loshchilov and Hutter 2017).

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingWarmRestarts(SGD([Value(1.0)], lr=1.0), T_0=2)
    >>> [round(schedule.rate(k, 1.0), 6) for k in range(4)]
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        one_or_more("CosineAnnealingWarmRestarts", T_0=T_0, T_mult=T_mult)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer)

    def rate(self, k: int, lr0: float) -> float:
        """``η + (lr₀ - η) (1 + cos(π t / T)) / 2``."""
        since, length = k, self.T_0
        while since >= length:
            since, length = since - length, length * self.T_mult
        return cosine(lr0, self.eta_min, since / length)
