"""Adam and its relatives: a running mean of the gradient, divided by the size of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from autograd import Node

from ..bundle import Array, Bundle
from .base import Optimizer, average, fractions


class Adam(Optimizer):
    """``m ← β₁ m + (1-β₁) g; v ← β₂ v + (1-β₂) g²; p ← p - lr · m̂ / (√v̂ + ε)``.

    ``m̂ = m / (1 - β₁ᵗ)`` and ``v̂ = v / (1 - β₂ᵗ)``, against their start at zero (Kingma and Ba 2015).
    With ``amsgrad``, v̂ is the largest so far (Reddi et al. 2018).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.9
    """

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps, self.amsgrad = tuple(betas), eps, amsgrad
        self.names = ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if amsgrad else []))

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · m̂ / (√v̂ + ε)``."""
        beta1, beta2 = self.betas
        m, v = state["exp_avg"], state["exp_avg_sq"]
        average(m, g, beta1)
        average(v, g * g, beta2)
        if self.amsgrad:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        scaling = np.sqrt(v / state.number(1 - beta2**state.steps))
        scaling += self.eps
        p -= rate / state.number(1 - beta1**state.steps) * m / scaling


class AdamW(Adam):
    """Adam with ``p ← p - lr · weight_decay · p`` beside it, not through the gradient.

    Loshchilov and Hutter 2019; otherwise :class:`Adam`:
    ``p ← p - lr · m̂ / (√v̂ + ε)`` with ``m ← β₁ m + (1-β₁) g; v ← β₂ v + (1-β₂) g²``.

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> AdamW([p], lr=0.1, weight_decay=0.5).step()
    >>> round(p.data, 6)
    0.85
    """

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def decay(self, p: Array, g: Array, rate: Array) -> Array:
        """``p ← p - lr · weight_decay · p``, and the gradient as it is."""
        p *= 1 - rate * self.weight_decay
        return g


class Adamax(Optimizer):
    """``m ← β₁ m + (1-β₁) g; u ← max(β₂ u, |g| + ε); p ← p - lr / (1 - β₁ᵗ) · m / u``.

    Adam with the largest gradient instead of the mean square (Kingma and Ba 2015, section 7).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adamax([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.9
    """

    names = ("exp_avg", "exp_inf")

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps = tuple(betas), eps

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr / (1 - β₁ᵗ) · m / u``."""
        beta1, beta2 = self.betas
        m, u = state["exp_avg"], state["exp_inf"]
        u *= beta2
        np.maximum(u, np.abs(g) + self.eps, out=u)
        average(m, g, beta1)
        p -= rate / state.number(1 - beta1**state.steps) * m / u


class _Corrected(Optimizer):
    """What NAdam and RAdam share with Adam, with a choice of AdamW's weight decay."""

    names = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float,
        betas: Sequence[float],
        eps: float,
        weight_decay: float,
        decoupled_weight_decay: bool,
        maximize: bool,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps, self.decoupled_weight_decay = tuple(betas), eps, decoupled_weight_decay

    def decay(self, p: Array, g: Array, rate: Array) -> Array:
        """Through the gradient, or beside it."""
        if self.decoupled_weight_decay:
            p *= 1 - rate * self.weight_decay
            return g
        return super().decay(p, g, rate)


class NAdam(_Corrected):
    """Adam with Nesterov's look ahead (Dozat 2016)::

        μₜ = β₁ (1 - ½ · 0.96^(t ψ)),  Μₜ = μ₁ ⋯ μₜ
        m ← β₁ m + (1-β₁) g;  v ← β₂ v + (1-β₂) g²
        p ← p - lr · [(1-μₜ) / (1-Μₜ) · g + μₜ₊₁ / (1-Μₜ₊₁) · m] / (√(v / (1-β₂ᵗ)) + ε)

    with ψ the ``momentum_decay``.

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> NAdam([p], lr=0.1).step()
    >>> round(p.data, 4)
    0.8944
    """

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize)
        self.momentum_decay = momentum_decay

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · [...] / (√v̂ + ε)``."""
        beta1, beta2 = self.betas
        m, v, t = state["exp_avg"], state["exp_avg_sq"], state.steps
        now, after = (beta1 * (1 - 0.5 * 0.96 ** (s * self.momentum_decay)) for s in (t, t + 1))
        product = state.scalar("mu_product", 1.0)
        product *= now
        average(m, g, beta1)
        average(v, g * g, beta2)
        ahead = state.number((1 - now) / (1 - product)) * g + state.number(after / (1 - product * after)) * m
        p -= rate * ahead / (np.sqrt(v / state.number(1 - beta2**t)) + self.eps)


class RAdam(_Corrected):
    """Adam whose step is rectified while v has seen few gradients (Liu et al. 2020)::

        m ← β₁ m + (1-β₁) g;  v ← β₂ v + (1-β₂) g²
        ρ∞ = 2 / (1-β₂) - 1,  ρ = ρ∞ - 2 t β₂ᵗ / (1-β₂ᵗ)
        p ← p - lr · m̂ · r · √(1-β₂ᵗ) / (√v + ε)      where ρ > 5, with
            r² = (ρ-4) (ρ-2) ρ∞ / ((ρ∞-4) (ρ∞-2) ρ)
        p ← p - lr · m̂                                 before

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> RAdam([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.8
    """

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · m̂ · r / √v̂``."""
        beta1, beta2 = self.betas
        m, v, t = state["exp_avg"], state["exp_avg_sq"], state.steps
        average(m, g, beta1)
        average(v, g * g, beta2)
        largest = 2 / (1 - beta2) - 1
        rho = largest - 2 * t * beta2**t / (1 - beta2**t)
        step = rate / state.number(1 - beta1**t) * m
        if rho > 5:
            rectified = (rho - 4) * (rho - 2) * largest / ((largest - 4) * (largest - 2) * rho)
            step *= state.number(np.sqrt(rectified * (1 - beta2**t))) / (np.sqrt(v) + self.eps)
        p -= step
