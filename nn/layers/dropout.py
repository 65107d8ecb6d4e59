"""Dropout as a module."""

from __future__ import annotations

from typing import Any

from .. import functional
from ..functional.checks import probability
from ..module import Module, Random, generator


class Dropout(Module):
    """``y = x · m / (1 - p)`` in training, with each mᵢ 0 with probability p, else 1; y = x in evaluation.

    The mean of y is x (Srivastava et al. 2014).

    Parameters
    ----------
    rng: a random generator, or the seed of the module's own.

    >>> import numpy as np
    >>> layer = Dropout(0.5, rng=1)
    >>> layer(np.ones(4))
    array([2., 2., 0., 2.])
    >>> layer.eval()(np.ones(4))
    array([1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Random = None) -> None:
        probability("Dropout", p)
        self.p, self.rng = p, generator(rng)

    def forward(self, x: Any) -> Any:
        """x with some elements zeroed, in training."""
        return functional.dropout(x, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}"
