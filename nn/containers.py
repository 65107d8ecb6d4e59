"""Modules that hold others: ``Sequential`` runs them one after another, ``ModuleList`` keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .module import Module


class _Numbered(Module):
    """Modules with numbers for names, as PyTorch calls them."""

    def append(self, module: Module) -> None:
        """Add a module at the end.

        Raises
        ------
        TypeError: it is no module, such as a class that was not called.
        """
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__} holds modules, and place {len(self)} is {module!r:.60}")
        setattr(self, str(len(self)), module)

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, position: int) -> Module:
        return list(self.children())[position]

    def __setitem__(self, position: int, module: Module) -> None:
        setattr(self, str(range(len(self))[position]), module)


class Sequential(_Numbered):
    """Modules one after another.

    >>> from nn import Linear, ReLU
    >>> model = Sequential(Linear(2, 3, rng=0), ReLU(), Linear(3, 1, rng=1))
    >>> [name for name, parameter in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *modules: Module) -> None:
        for module in modules:
            self.append(module)

    def forward(self, x: Any) -> Any:
        """The output of the last module."""
        for module in vars(self).values():
            if isinstance(module, Module):
                x = module(x)
        return x


class ModuleList(_Numbered):
    """Modules in a list, so that their parameters are found; it computes nothing by itself.

    >>> from nn import Linear
    >>> layers = ModuleList([Linear(2, 2, rng=0), Linear(2, 2, rng=1)])
    >>> len(layers), layers[1].in_features
    (2, 2)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        for module in modules:
            self.append(module)
