"""Gradient descent with momentum, and with a rate of its own for each parameter."""

from __future__ import annotations

import numpy as np

from ..bundle import Array, Bundle
from .base import Optimizer, Parameters, average, fractions


class WithMomentum(Optimizer):
    """An optimiser whose momentum can be changed, and switched on, at any time, as ``OneCycleLR`` does."""

    @property
    def momentum(self) -> float:
        """How much of the last move goes on."""
        return self._momentum

    @momentum.setter
    def momentum(self, momentum: float) -> None:
        self._momentum = momentum
        if momentum and "momentum_buffer" not in self.names:
            self.names = (*self.names, "momentum_buffer")
            for bundle in self._bundles:
                bundle.state["momentum_buffer"] = np.zeros_like(bundle.data)
                bundle.state["first_momentum"] = np.array(bundle.steps + 1)

    @staticmethod
    def first_momentum(state: Bundle) -> Array:
        """The number of the first step with momentum."""
        return state.scalar("first_momentum", 1.0)


class SGD(WithMomentum):
    """``v ← μ v + (1 - d) g; p ← p - lr · v``: descent with momentum μ and dampening d (Polyak 1964).

    v is g itself in the first step with momentum; ``nesterov`` is ``p ← p - lr · (g + μ v)`` (Nesterov 1983).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SGD([p], lr=0.1).step()
    >>> p.data
    0.8
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(
                f"SGD: nesterov needs momentum, and no dampening; got {momentum} and {dampening}"
            )
        self.momentum, self.dampening, self.nesterov = momentum, dampening, nesterov
        super().__init__(parameters, lr, weight_decay, maximize=maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · v``."""
        if self.momentum:
            v = state["momentum_buffer"]
            if self.dampening:
                v *= self.momentum
                v += g if state.steps == self.first_momentum(state) else (1 - self.dampening) * g
            else:
                v *= self.momentum
                v += g
            g = g + self.momentum * v if self.nesterov else v
        p -= rate * g


class RMSprop(WithMomentum):
    """``v ← α v + (1-α) g²; p ← p - lr · g / (√v + ε)`` (Tieleman and Hinton 2012).

    ``centered`` takes ``√(v - a²)`` with ``a ← α a + (1-α) g`` (Graves 2013); with momentum μ,
    ``b ← μ b + g / (√v + ε); p ← p - lr · b``.

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> RMSprop([p], lr=0.01).step()
    >>> round(p.data, 6)
    0.9
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self.names = ("square_avg", "grad_avg") if centered else ("square_avg",)
        self.alpha, self.eps, self.momentum, self.centered = alpha, eps, momentum, centered
        super().__init__(parameters, lr, weight_decay, maximize=maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · g / (√v + ε)``."""
        v = state["square_avg"]
        average(v, g * g, self.alpha)
        if self.centered:
            a = state["grad_avg"]
            average(a, g, self.alpha)
            v = v - a * a
        g = g / (np.sqrt(v) + self.eps)
        if self.momentum:
            b = state["momentum_buffer"]
            b *= self.momentum
            b += g
            g = b
        p -= rate * g


class Adagrad(Optimizer):
    """``s ← s + g²; p ← p - lr / (1 + (t-1) lr_decay) · g / (√s + ε)`` (Duchi et al. 2011).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adagrad([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.9
    """

    names = ("sum",)

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        self.lr_decay, self.initial_accumulator_value, self.eps = lr_decay, initial_accumulator_value, eps
        super().__init__(parameters, lr, weight_decay, maximize=maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · g / (√s + ε)``."""
        s = state["sum"]
        if self.initial_accumulator_value and state.steps == 1:
            s += self.initial_accumulator_value
        s += g * g
        step = rate / state.number(1 + (state.steps - 1) * self.lr_decay)
        p -= step * g / (np.sqrt(s) + self.eps)


class Adadelta(Optimizer):
    """``v ← ρ v + (1-ρ) g²; Δ = √(u + ε) / √(v + ε) · g; u ← ρ u + (1-ρ) Δ²; p ← p - lr · Δ``.

    Zeiler 2012: the units of Δ are those of p.

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adadelta([p]).step()
    >>> round(p.data, 5)
    0.99684
    """

    names = ("square_avg", "acc_delta")

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        fractions(rho=rho)
        self.rho, self.eps = rho, eps
        super().__init__(parameters, lr, weight_decay, maximize=maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · Δ``."""
        v, u = state["square_avg"], state["acc_delta"]
        average(v, g * g, self.rho)
        step = np.sqrt(u + self.eps) / np.sqrt(v + self.eps) * g
        average(u, step * step, self.rho)
        p -= rate * step
