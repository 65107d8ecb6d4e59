"""Is every derivative right? All parameters of the trained network against differences, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nn import Sequential, cross_entropy

from .digits import Split

IMAGES = 8  # the loss of a few images passes through every parameter


@dataclass(frozen=True)
class Verdict:
    """What came of comparing the derivatives: how many, whether all agree, and the largest error."""

    derivatives: int
    passed: bool
    worst: float

    def sentence(self) -> str:
        """The verdict for people.

        >>> Verdict(1482, True, 2e-9).sentence()
        'All 1,482 agree; the largest relative difference is 2.0e-09.'
        """
        if self.passed:
            return f"All {self.derivatives:,} agree; the largest relative difference is {self.worst:.1e}."
        return f"Some of the {self.derivatives:,} do not agree."


def network(model: Sequential, parts: Split) -> Verdict:
    m = model
    for p in m.parameters():
        p.data = p.data.astype(np.float64)
    x, y = parts.held_out_images[:IMAGES].astype(np.float64), parts.held_out_labels[:IMAGES]
    m.zero_grad()
    cross_entropy(m(x), y).backward()
    worst = 0.0
    n = 0
    for p in m.parameters():
        g = p.grad.copy()
        for i in np.ndindex(p.shape):
            v = p.data[i]
            p.data[i] = v + 1e-6
            up = float(cross_entropy(m(x), y).data)
            p.data[i] = v - 1e-6
            down = float(cross_entropy(m(x), y).data)
            p.data[i] = v
            worst = max(worst, abs((up - down) / 2e-6 - g[i]) / (1 + abs(g[i])))
            n += 1
    return Verdict(n, worst < 1e-6, worst)
