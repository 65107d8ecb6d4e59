"""Adam and its relatives: a running mean of the gradient, divided by the size of gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bundle import Array, Bundle
from .base import Optimizer, Parameters, average, fractions


class _Moments(Optimizer):
    """What all of them share: β₁ and β₂, ε, and weight decay through the gradient or beside it."""

    names: tuple[str, ...] = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        parameters: Parameters,
        lr: float,
        betas: Sequence[float],
        eps: float,
        weight_decay: float,
        maximize: bool,
        decoupled_weight_decay: bool = False,
    ) -> None:
        fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps, self.decoupled_weight_decay = tuple(betas), eps, decoupled_weight_decay
        super().__init__(parameters, lr, weight_decay, maximize=maximize)

    def decay(self, p: Array, g: Array, rate: Array) -> Array:
        """``p ← p - lr · weight_decay · p`` if decoupled, else through the gradient."""
        if self.decoupled_weight_decay:
            p *= 1 - rate * self.weight_decay
            return g
        return super().decay(p, g, rate)

    def moments(self, g: Array, state: Bundle) -> tuple[Array, Array]:
        """``m ← β₁ m + (1-β₁) g; v ← β₂ v + (1-β₂) g²``."""
        m, v = state["exp_avg"], state["exp_avg_sq"]
        average(m, g, self.betas[0])
        average(v, g * g, self.betas[1])
        return m, v


class Adam(_Moments):
    """``m ← β₁ m + (1-β₁) g; v ← β₂ v + (1-β₂) g²; p ← p - lr · m̂ / (√v̂ + ε)``.

    ``m̂ = m / (1 - β₁ᵗ)`` and ``v̂ = v / (1 - β₂ᵗ)``, against their start at zero (Kingma and Ba 2015).
    With ``amsgrad``, v̂ is the largest so far (Reddi et al. 2018); with ``decoupled_weight_decay`` it
    is :class:`AdamW`.

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.9
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        self.amsgrad = amsgrad
        if amsgrad:
            self.names = (*_Moments.names, "max_exp_avg_sq")
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize, decoupled_weight_decay)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · m̂ / (√v̂ + ε)``."""
        beta1, beta2 = self.betas
        m, v = self.moments(g, state)
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
        parameters: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )


class Adamax(_Moments):
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
        parameters: Parameters,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr / (1 - β₁ᵗ) · m / u``."""
        beta1, beta2 = self.betas
        m, u = state["exp_avg"], state["exp_inf"]
        u *= beta2
        np.maximum(u, np.abs(g) + self.eps, out=u)
        average(m, g, beta1)
        p -= rate / state.number(1 - beta1**state.steps) * m / u


class NAdam(_Moments):
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
        parameters: Parameters,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self.momentum_decay = momentum_decay
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize, decoupled_weight_decay)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · [...] / (√v̂ + ε)``."""
        beta1, beta2 = self.betas
        t = state.steps
        now, after = (beta1 * (1 - 0.5 * 0.96 ** (s * self.momentum_decay)) for s in (t, t + 1))
        product = state.scalar("mu_product", 1.0)
        product *= now
        m, v = self.moments(g, state)
        ahead = state.number((1 - now) / (1 - product)) * g + state.number(after / (1 - product * after)) * m
        p -= rate * ahead / (np.sqrt(v / state.number(1 - beta2**t)) + self.eps)


class RAdam(_Moments):
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
        parameters: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize, decoupled_weight_decay)

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · m̂ · r / √v̂``."""
        beta1, beta2 = self.betas
        m, v = self.moments(g, state)
        t = state.steps
        largest = 2 / (1 - beta2) - 1
        rho = largest - 2 * t * beta2**t / (1 - beta2**t)
        step = rate / state.number(1 - beta1**t) * m
        if rho > 5:
            rectified = (rho - 4) * (rho - 2) * largest / ((largest - 4) * (largest - 2) * rho)
            step *= state.number(np.sqrt(rectified * (1 - beta2**t))) / (np.sqrt(v) + self.eps)
        p -= step
