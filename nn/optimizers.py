"""Optimisers: small update rules over the parameters, Values and Tensors alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Node


class Optimizer:
    """What all optimisers share: the parameters, the learning rate and a step.

    Raises
    ------
    ValueError: there are no parameters, or the learning rate is negative.
    """

    def __init__(self, parameters: Iterable[Node], lr: float) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} was given no parameters")
        if lr < 0:
            raise ValueError(f"the learning rate must not be negative, got {lr}")
        self.lr = lr

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for position, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                parameter.add_(self.change(position, parameter.plain, parameter.grad))

    def change(self, position: int, data: Any, gradient: Any) -> Any:
        """What to add to one parameter: the update rule, each optimiser has its own."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.zero_grad()


class SGD(Optimizer):
    """``v ← μ v + g; p ← p - lr · v``: gradient descent with momentum μ (Polyak 1964).

    >>> from autograd import Value
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SGD([p], lr=0.1).step()
    >>> p.data
    0.8
    """

    def __init__(
        self, parameters: Iterable[Node], lr: float = 1e-3, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocity: dict[int, Any] = {}

    def change(self, position: int, data: Any, gradient: Any) -> Any:
        """``-lr · v``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        if self.momentum:
            gradient = self.velocity[position] = self.momentum * self.velocity.get(position, 0.0) + gradient
        return -self.lr * gradient


class Adam(Optimizer):
    """``m ← β₁ m + (1-β₁) g; v ← β₂ v + (1-β₂) g²; p ← p - lr · m̂ / (√v̂ + ε)``.

    m̂ and v̂ are m and v divided by ``1 - βᵗ``, against their start at zero (Kingma and Ba 2015).

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
    ) -> None:
        super().__init__(parameters, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.moments: dict[int, tuple[int, Any, Any]] = {}

    def change(self, position: int, data: Any, gradient: Any) -> Any:
        """``-lr · m̂ / (√v̂ + ε)``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        first, second = self.betas
        time, m, v = self.moments.get(position, (0, 0.0, 0.0))
        time, m, v = time + 1, first * m + (1 - first) * gradient, second * v + (1 - second) * gradient**2
        self.moments[position] = time, m, v
        return -self.lr * (m / (1 - first**time)) / (np.sqrt(v / (1 - second**time)) + self.eps)
