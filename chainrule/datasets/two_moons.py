"""Two moons, which live with the other points drawn from formulas in ``nn.data``."""

from nn.data import moons

__all__ = ["moons"]
