"""Optimisers: update rules of a few lines each, over parameters that lie in one flat array.

Parameters may be Tensors, Values, or both. In the equations g is the gradient, lr the rate, t the
number of the step; every operation is elementwise. PyTorch's arguments, defaults and names of state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node

from .bundle import Array, Bundle, bundles


class Optimizer:
    """What all optimisers share: the parameters, the learning rate, a step, and weight decay.

    Each optimiser writes :meth:`update`. It is called with the parameters as one flat array, which it
    changes in place, and with their gradients, which are its own to overwrite. Parameters without a
    gradient stay as they are.

    Parameters
    ----------
    weight_decay: adds ``weight_decay · p`` to the gradient, the slope of an L2 penalty.
    maximize: climb instead of descend.

    Raises
    ------
    ValueError: there are no parameters, or a number is out of its range.
    """

    names: tuple[str, ...] = ()  # the arrays of the state, zero at first, one number a parameter

    def __init__(
        self, parameters: Iterable[Node], lr: float, weight_decay: float = 0.0, *, maximize: bool = False
    ) -> None:
        self.parameters = list(dict.fromkeys(parameters))
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} was given no parameters")
        for name, number in (("lr", lr), ("weight_decay", weight_decay)):
            if not number >= 0:
                raise ValueError(f"{type(self).__name__}: {name} must not be negative, got {number}")
        self.weight_decay, self.maximize = weight_decay, maximize
        self._rate = np.array(float(lr))
        self._bundles: list[Bundle] = []

    @property
    def lr(self) -> float:
        """The learning rate; assign it at any time."""
        return float(self._rate)

    @lr.setter
    def lr(self, lr: float) -> None:
        self._rate[...] = lr
        for bundle in self._bundles:
            bundle.rate[...] = lr

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        self._bundles = bundles(self.parameters, self._bundles, self.names, self._rate)
        for bundle in self._bundles:
            if bundle.moving:
                bundle.gather()
                bundle.steps += 1
                g = bundle.gradient
                if self.maximize:
                    np.negative(g, out=g)
                if self.weight_decay:
                    self.decay(bundle.data, g, bundle.rate)
                self.update(bundle.data, g, bundle, bundle.rate)
                bundle.commit()

    def decay(self, p: Array, g: Array, rate: Array) -> None:
        """``g ← g + weight_decay · p``."""
        g += self.weight_decay * p

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """The update rule: change p in place."""
        raise NotImplementedError(f"{type(self).__name__} has no update()")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Copies of the rate and of each parameter's state, by the parameter's place.

        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> optimizer = Adam([p])
        >>> p.grad = 1.0
        >>> optimizer.step()
        >>> sorted(optimizer.state_dict()["state"][0])
        ['exp_avg', 'exp_avg_sq', 'step']
        """
        places = {parameter: place for place, parameter in enumerate(self.parameters)}
        state = {
            places[parameter]: own
            for bundle in self._bundles
            for parameter, own in zip(bundle.parameters, bundle.state_of_each(), strict=True)
        }
        return {"lr": self.lr, "state": dict(sorted(state.items()))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the rate and the state of each parameter; names and shapes are verified first.

        Raises
        ------
        ValueError: the state is another optimiser's, or of other parameters.
        """
        found: dict[int, dict[str, Any]] = {int(place): dict(own) for place, own in state["state"].items()}
        loaded = []
        for place, own in found.items():
            if not 0 <= place < len(self.parameters):
                raise ValueError(f"the state has parameter {place}, there are {len(self.parameters)}")
            loaded.append(Bundle.with_state(self.parameters[place], self.names, self._rate, own))
        self._bundles = loaded
        self.lr = state["lr"]

    def __repr__(self) -> str:
        count = sum(int(np.prod(parameter.shape)) for parameter in self.parameters)
        return f"{type(self).__name__}(lr={self.lr}, {count} numbers in {len(self.parameters)} parameters)"


def _fractions(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 <= number < 1:
            raise ValueError(f"{name} is at least 0 and less than 1, got {number}")


def _average(average: Array, new: Array, keep: float) -> None:
    """``average ← keep · average + (1 - keep) · new``, in place; new is overwritten."""
    average *= keep
    new *= 1 - keep
    average += new


class SGD(Optimizer):
    """``v ← μ v + (1 - d) g; p ← p - lr · v``: descent with momentum μ and dampening d (Polyak 1964).

    v is g itself at first. With ``nesterov``, ``p ← p - lr · (g + μ v)`` (Nesterov 1983).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SGD([p], lr=0.1).step()
    >>> p.data
    0.8
    """

    def __init__(
        self,
        parameters: Iterable[Node],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        if momentum < 0 or (nesterov and (momentum == 0 or dampening != 0)):
            raise ValueError(
                f"SGD: momentum must not be negative, and nesterov needs some and no dampening; got {momentum} "
                f"and {dampening}"
            )
        self.momentum, self.dampening, self.nesterov = momentum, dampening, nesterov
        self.names = ("momentum_buffer",) if momentum else ()

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · v``."""
        if self.momentum:
            v = state["momentum_buffer"]
            if self.dampening:
                v *= self.momentum
                v += g if state.steps == 1 else (1 - self.dampening) * g
            else:
                v *= self.momentum
                v += g
            if self.nesterov:
                g += self.momentum * v
            else:
                g = v * rate
                p -= g
                return
        g *= rate
        p -= g


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
        _fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps, self.amsgrad = tuple(betas), eps, amsgrad
        self.names = ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if amsgrad else []))

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · m̂ / (√v̂ + ε)``."""
        beta1, beta2 = self.betas
        m, v = state["exp_avg"], state["exp_avg_sq"]
        squares = g * g
        _average(m, g, beta1)
        _average(v, squares, beta2)
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

    def decay(self, p: Array, g: Array, rate: Array) -> None:
        """``p ← p - lr · weight_decay · p``."""
        p *= 1 - rate * self.weight_decay


class RMSprop(Optimizer):
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
        parameters: Iterable[Node],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        if alpha < 0 or momentum < 0:
            raise ValueError(f"RMSprop: alpha and momentum must not be negative, got {alpha} and {momentum}")
        self.alpha, self.eps, self.momentum, self.centered = alpha, eps, momentum, centered
        self.names = (
            "square_avg",
            *(["grad_avg"] if centered else []),
            *(["momentum_buffer"] if momentum else []),
        )

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · g / (√v + ε)``."""
        v = state["square_avg"]
        _average(v, g * g, self.alpha)
        if self.centered:
            a = state["grad_avg"]
            _average(a, g.copy(), self.alpha)
            v = v - a * a
        g /= np.sqrt(v) + self.eps
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
        parameters: Iterable[Node],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        if lr_decay < 0 or initial_accumulator_value < 0:
            raise ValueError("Adagrad: lr_decay and initial_accumulator_value must not be negative")
        self.lr_decay, self.initial, self.eps = lr_decay, initial_accumulator_value, eps

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · g / (√s + ε)``."""
        s = state["sum"]
        if self.initial and state.steps == 1:
            s += self.initial
        s += g * g
        g *= rate / state.number(1 + (state.steps - 1) * self.lr_decay)
        p -= g / (np.sqrt(s) + self.eps)


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
        parameters: Iterable[Node],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize=maximize)
        _fractions(rho=rho)
        self.rho, self.eps = rho, eps

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr · Δ``."""
        v, u = state["square_avg"], state["acc_delta"]
        _average(v, g * g, self.rho)
        g *= np.sqrt(u + self.eps) / np.sqrt(v + self.eps)
        _average(u, g * g, self.rho)
        p -= rate * g


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
        _fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps = tuple(betas), eps

    def update(self, p: Array, g: Array, state: Bundle, rate: Array) -> None:
        """``p ← p - lr / (1 - β₁ᵗ) · m / u``."""
        beta1, beta2 = self.betas
        m, u = state["exp_avg"], state["exp_inf"]
        u *= beta2
        np.maximum(u, np.abs(g) + self.eps, out=u)
        _average(m, g, beta1)
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
        _fractions(beta1=betas[0], beta2=betas[1])
        self.betas, self.eps, self.decoupled_weight_decay = tuple(betas), eps, decoupled_weight_decay

    def decay(self, p: Array, g: Array, rate: Array) -> None:
        """Through the gradient, or beside it."""
        if self.decoupled_weight_decay:
            p *= 1 - rate * self.weight_decay
        else:
            super().decay(p, g, rate)


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
    0.8895
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
        own, squares = state.number((1 - now) / (1 - product)) * g, g * g
        _average(m, g, beta1)
        _average(v, squares, beta2)
        own += state.number(after / (1 - product * after)) * m
        p -= rate * own / (np.sqrt(v / state.number(1 - beta2**t)) + self.eps)


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
        squares = g * g
        _average(m, g, beta1)
        _average(v, squares, beta2)
        largest = 2 / (1 - beta2) - 1
        rho = largest - 2 * t * beta2**t / (1 - beta2**t)
        step = rate / state.number(1 - beta1**t) * m
        if rho > 5:
            rectified = (rho - 4) * (rho - 2) * largest / ((largest - 4) * (largest - 2) * rho)
            step *= state.number(np.sqrt(rectified * (1 - beta2**t))) / (np.sqrt(v) + self.eps)
        p -= step
