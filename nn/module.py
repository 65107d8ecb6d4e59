"""``Module``: what has parameters; ``Parameter``: a tensor that is trained; ``Sequential``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd import Tensor


class Parameter(Tensor):
    """A Tensor that is trained: a leaf with a gradient, float32 unless its data says otherwise.

    >>> Parameter([1.0, 2.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, label: str = "", dtype: Any = None) -> None:
        if dtype is None and not isinstance(data, (np.ndarray, Tensor)):
            dtype = np.float32
        super().__init__(data, requires_grad=requires_grad, label=label, dtype=dtype)


class Module:
    """What has parameters and can be called; assign parameters and modules to attributes.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> [name for name, parameter in Scale().named_parameters()]
    ['factor']
    """

    training: bool = True

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; each module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run :meth:`forward`."""
        return self.forward(*inputs, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            value.label = value.label or name
        elif isinstance(value, Module):
            for parameter in value.parameters():
                parameter.label = f"{name}.{parameter.label}"
        super().__setattr__(name, value)

    def children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, by name."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path, such as ``0.weight``."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, module in self.children():
            yield from module.named_parameters(f"{prefix}{name}.")

    def parameters(self) -> list[Parameter]:
        """Every parameter once, in order."""
        return list(dict.fromkeys(parameter for _, parameter in self.named_parameters()))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Module:
        """Switch to training, for layers that behave differently in it; returns the module."""
        self.training = mode
        for _, module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Switch to evaluation; returns the module."""
        return self.train(False)


class Sequential(Module):
    """Modules one after another.

    >>> from nn import Linear, ReLU
    >>> model = Sequential(Linear(2, 3, rng=0), ReLU(), Linear(3, 1, rng=1))
    >>> [name for name, parameter in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *modules: Module) -> None:
        for position, module in enumerate(modules):
            setattr(self, str(position), module)

    def forward(self, x: Any) -> Any:
        """The output of the last module."""
        for _, module in self.children():
            x = module(x)
        return x

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __getitem__(self, position: int) -> Module:
        return list(self.children())[position][1]
