"""Derivatives from function values alone, each with an estimate of its own error.

Two ways, and each watches over the other:

- *Differences.* ``D(h) = (f(x+h) − f(x−h)) / 2h`` on a ladder of steps, each a quarter of the one
  before. Three neighbouring rungs are extrapolated to step 0 (Richardson 1911; Ridders 1982, who
  chose the best place of the table by its own error estimate). The error has three sources, and
  the estimate is their sum: what the extrapolation still changed (truncation), the noise of the
  function divided by the step (round-off), and the *jump*, the right derivative minus the left one
  extrapolated to step 0, which is 0 for a smooth function and is not at a kink.
- *The complex step*, ``Im f(x + ih) / h`` with a tiny h (Squire and Trapp 1998): exact to
  round-off, since nothing is subtracted. It holds for analytic functions only, so it is believed
  when it contradicts no difference of the whole function, and dropped otherwise.

The noise of the function is measured, not assumed: from second differences along a line of very
close points (the idea of Hamming's difference table; Moré and Wild 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]  # of many points at once: from shape (count, n) to (count, m)

RATIO = 4.0
FIRST_STEP = 2.0**-7
OFF_THE_LATTICE = 1 - 0.1852989196777344  # 20 bits: a step that no rounding or counting function repeats on
RUNGS_DOWN, RUNGS_UP = 15, 9
SAFETY = 20.0  # noise over step is a typical error; this many times it is a bound
COMPLEX_STEP = 1e-40
SHORT = 2.0**-30  # a step of this times x leaves the square of it, less than round-off
EPSILON = float(np.finfo(float).eps)


@dataclass
class Slopes:
    """The derivatives of all outputs with respect to one input, each of shape (m,).

    Attributes
    ----------
    value: the derivative.
    error: a bound on its truncation and round-off; infinite where nothing could be computed.
    jump: the derivative to the right minus the one to the left.
    """

    value: Array
    error: Array
    jump: Array

    @property
    def kink(self) -> Array:
        """Where the jump is beyond doubt."""
        kink: Array = np.abs(self.jump) > 5 * self.error
        return kink

    @property
    def total(self) -> Array:
        """The error with the jump counted in: how far any one-sided derivative may be."""
        total: Array = self.error + np.abs(self.jump)
        return total


def unit(x: float) -> float:
    """The size that steps are relative to: 1, or the power of two next to a larger ``|x|``."""
    return 1.0 if abs(x) <= 1 else 2.0 ** round(math.log2(abs(x)))


def power_of_two(x: float) -> float:
    """The power of two below ``|x|``; 1 for 0."""
    return 2.0 ** math.floor(math.log2(abs(x))) if x and math.isfinite(x) else 1.0


class Differences:
    """The ladder of steps along one input of a function.

    Parameters
    ----------
    function: from points, shape (count, n), to the outputs there, shape (count, m).
    x, base: the point and the function there.
    position: which input moves.
    noise: the noise of the function at the point, shape (m,).
    step: the first step, relative to :func:`unit`.
    """

    def __init__(
        self, function: Function, x: Array, base: Array, position: int, noise: Array, step: float = FIRST_STEP
    ) -> None:
        self.function, self.x, self.base, self.position = function, x.copy(), base, position
        self.noise = noise
        self.center = float(x[position])
        self.first = unit(self.center) * step * OFF_THE_LATTICE
        self.seen: dict[float, Array] = {}
        self.rungs: dict[float, tuple[Array, Array, Array, Array]] = {}

    def places(self, steps: Sequence[float]) -> list[float]:
        """Where the input is looked at for differences of three rungs from these steps, if it was not yet."""
        rungs = {step / RATIO**k for step in steps for k in range(3)}
        return sorted({self.center + side * step for step in rungs for side in (1, -1)} - self.seen.keys())

    def points(self, places: Sequence[float]) -> Array:
        """The point with the input in each of these places, shape (count, n)."""
        points = np.tile(self.x, (len(places), 1))
        points[:, self.position] = places
        return points

    def look(self, steps: Sequence[float]) -> None:
        """Compute all that differences from these steps need, at once."""
        places = self.places(steps)
        if places:
            self.seen.update(zip(places, self.function(self.points(places)), strict=True))

    def at(self, place: float) -> Array:
        """The function with the input in a place."""
        if place not in self.seen:
            (self.seen[place],) = self.function(self.points([place]))
        return self.seen[place]

    def rung(self, step: float) -> tuple[Array, Array, Array, Array]:
        """The central difference, the right and the left one, and their noise at one step."""
        if step not in self.rungs:
            right, left = self.center + step, self.center - step
            up, down = self.at(right), self.at(left)
            ahead, behind = right - self.center, self.center - left  # the steps that rounding left
            if ahead > 0 and behind > 0:
                noise = np.maximum(self.noise, EPSILON / 2 * np.fmax(np.abs(up), np.abs(down)))
                self.rungs[step] = (
                    (up - down) / (ahead + behind),
                    (up - self.base) / ahead,
                    (self.base - down) / behind,
                    SAFETY * noise / step,
                )
            else:
                nothing = np.full(len(self.base), np.nan)
                self.rungs[step] = (nothing, nothing, nothing, nothing)
        return self.rungs[step]

    def reach(self) -> Array:
        """How far a straight line through the first steps gets within the size of the input, shape (m,)."""
        _, right, left, _ = self.rung(self.first)
        reach: Array = np.fmax(np.abs(right), np.abs(left)) * unit(self.center)
        return reach

    def quick(self) -> Slopes:
        """From three steps: enough for a smooth function of ordinary scale."""
        self.look([self.first])
        return self.central(self.first)

    def central(self, step: float) -> Slopes:
        """The extrapolation of three rungs, of which ``step`` is the longest."""
        (d0, right0, left0, _), (d1, right1, left1, _), (d2, right2, left2, noise) = [
            self.rung(step / RATIO**k) for k in range(3)
        ]
        # D(h) = f' + a h² + b h⁴ + …, so a quarter of the step leaves 1/16 and 1/256 of the two errors.
        early, late = (16 * d1 - d0) / 15, (16 * d2 - d1) / 15
        # right − left = jump + c h + d h³ + …
        j0, j1, j2 = right0 - left0, right1 - left1, right2 - left2
        jump = (64 * (4 * j2 - j1) - (4 * j1 - j0)) / 189
        return Slopes((256 * late - early) / 255, np.abs(late - early) + noise, jump)

    def one_sided(self, step: float, side: int) -> Slopes:
        """The same from one side, for a point at the edge of the domain: ``side`` 1 is right, 2 left."""
        d0, d1, d2 = [self.rung(step / RATIO**k)[side] for k in range(3)]
        # One-sided differences have every power of h in their error.
        early, late = (4 * d1 - d0) / 3, (4 * d2 - d1) / 3
        noise = SAFETY * self.noise / (step / RATIO**2)
        return Slopes((16 * late - early) / 15, np.abs(late - early) + noise, np.zeros(len(d0)))

    def thorough(self) -> tuple[Slopes, Slopes, Slopes]:
        """From a sweep of steps, shortest first: the best estimate, the nearest kink and the coarse slope.

        A derivative is a local thing: a longer step may only narrow down what the shorter ones
        allow, never contradict them. Hence a kink or a pole at some distance, which long steps
        cross, does no harm as long as the short ones resolve anything. The coarse slope is what
        longer steps agree on though the short ones contradict it: of a function that is a staircase
        in between, as the rest of a subtraction is. Where there is no kink or coarse slope, NaN.
        """
        self.noise = np.maximum(self.noise, noise_of(self.function, self.x, self.direction(), self.base))
        steps = self.steps()
        self.look(steps)
        best, kink, coarse = self.narrowed(steps, self.central)
        broken = self.broken(min(steps))
        for side in (1, 2):
            lost: Any = ~np.isfinite(best.error) | (broken.any(axis=0) & ~broken[side - 1])
            if lost.any():
                edge = self.narrowed(steps, lambda step, side=side: self.one_sided(step, side))[0]  # type: ignore[misc]
                best = _choose(lost, edge, best)
        nothing = np.zeros(len(self.base))
        # Where it steps to both sides nothing is known, and any derivative is as good.
        return best, _choose(broken.all(axis=0), Slopes(nothing, nothing, nothing + np.inf), kink), coarse

    def broken(self, step: float) -> Array:
        """Whether the function steps at the point, to the right and to the left, shape (2, m)."""
        found = []
        for side in (1, 2):
            near, far = [np.abs(self.rung(step * k)[side] * step * k) for k in (1, RATIO)]
            found.append((near > 1e3 * self.noise) & (np.abs(far - near) < 0.1 * near))
        return np.array(found)

    def direction(self) -> Array:
        """Along the input, as far as its own size."""
        along = np.zeros_like(self.x)
        along[self.position] = power_of_two(self.center)
        return along

    def steps(self) -> list[float]:
        """The sweep, shortest first; a small x has a second one of its own scale."""
        sweep = [self.first * RATIO**k for k in range(-RUNGS_DOWN, RUNGS_UP)]
        if 0 < abs(self.center) < 2.0**-7:
            own = abs(self.center) * FIRST_STEP * OFF_THE_LATTICE
            sweep += [own * RATIO**k for k in range(-6, 5)]
        return sorted(sweep)

    def narrowed(
        self, steps: list[float], slopes_at: Callable[[float], Slopes]
    ) -> tuple[Slopes, Slopes, Slopes]:
        """The best estimate that contradicts none from shorter steps, the kink and the coarse slope."""
        found = [slopes_at(step) for step in steps]
        best = _nowhere(len(self.base))
        kink = _nowhere(len(self.base))
        for shorter, new in zip([found[0], *found], found, strict=False):
            known = np.isfinite(best.error)
            agrees = ~known | (np.abs(new.value - best.value) <= 2 * (best.total + new.total))
            best = _choose(agrees & (new.total < best.total), new, best)
            # Two in a row have to see the same jump: curvature that looks like one grows with the step.
            same = (np.abs(new.jump - shorter.jump) <= 0.2 * np.abs(new.jump)) & (new is not shorter)
            kink = _choose(np.isnan(kink.value) & new.kink & shorter.kink & same, new, kink)
        coarse = _nowhere(len(self.base))
        for shorter, new, longer in zip(found, found[1:], found[2:], strict=False):
            size = 1e-4 * np.abs(new.value)
            steady = (np.abs(new.value - shorter.value) <= size) & (np.abs(new.value - longer.value) <= size)
            contradicts = np.abs(new.value - best.value) > 2 * (best.total + new.total)
            resolved = new.total <= 0.1 * size
            coarse = _choose(steady & contradicts & resolved & (new.total < coarse.total), new, coarse)
        return best, kink, coarse


def _nowhere(count: int) -> Slopes:
    return Slopes(np.full(count, np.nan), np.full(count, np.inf), np.zeros(count))


def _choose(where: Any, new: Slopes, old: Slopes) -> Slopes:
    return Slopes(
        np.where(where, new.value, old.value),
        np.where(where, new.error, old.error),
        np.where(where, new.jump, old.jump),
    )


def complex_steps(function: Function, x: Array, inputs: range) -> Array:
    """``Im f(x + ih) / h`` for some of the inputs, shape (m, inputs): exact to round-off where f is analytic.

    Raises
    ------
    Exception: whatever a function raises that refuses complex numbers.
    """
    sizes = np.abs(x[inputs.start : inputs.stop])
    # Short beside a tiny x as well: what is analytic at 1e-100 may be so no further than to 0.
    short = np.minimum([COMPLEX_STEP * unit(float(size)) for size in sizes], SHORT * sizes)
    steps = np.where(short > 0, short, COMPLEX_STEP)
    points = np.tile(x.astype(complex), (len(inputs), 1))
    points[range(len(inputs)), inputs] += 1j * steps
    slopes: Array = function(points).imag.T / steps
    return slopes


def noise_of(function: Function, x: Array, direction: Array, base: Array, spacings: int = 2) -> Array:
    """The noise of each output, shape (m,): how far it is from a smooth function of its inputs.

    Twelve points on a line, so close that any smooth function is a cubic there: the part of five
    neighbours that no cubic explains is noise. Its lower half is looked at, since a kink on the
    line makes the other half large. The closest spacings at which an output changes at all
    count: a function that computes in float32 is constant in between. It takes two of them, since
    a sum may have a term that is constant where another one changes.
    """
    noise = EPSILON / 2 * np.abs(base)
    seen = np.zeros(len(base), int)
    for number, (points, beyond_cubics) in enumerate(LINES):
        line = function(x + points[:, None] * direction)
        changes = np.count_nonzero(np.diff(line, axis=0), axis=0)
        informative = (seen < spacings) & (changes >= (6 if number else 2))
        if informative.any():
            parts = np.abs(beyond_cubics @ line)
            scatter = np.sort(parts, axis=0)[3] / 0.5
            if not number:  # so close that a kink is no larger than noise, which may come in lumps
                scatter = np.maximum(scatter, np.sqrt(np.mean(parts**2, axis=0)))
            noise = np.where(informative & np.isfinite(scatter), np.maximum(noise, scatter), noise)
            seen += informative
        if np.all(seen == spacings):
            break
    return noise


def _beyond_cubics(points: Array) -> Array:
    """For each five neighbours the unit vector that is orthogonal to all cubics, shape (count - 4, count)."""
    rows = np.zeros((len(points) - 4, len(points)))
    for k in range(len(rows)):
        five = points[k : k + 5]
        weights = 1 / np.array([np.prod(np.delete(t - five, i)) for i, t in enumerate(five)])
        rows[k, k : k + 5] = weights / np.linalg.norm(weights)
    return rows


def _line(spacing: float) -> tuple[Array, Array]:
    """Points on the line, as uneven as needs no rounding where 1 is the size of x; with their weights."""
    bits = 2.0**50 * spacing
    points = np.round(UNEVEN * bits) / bits
    return points * spacing, _beyond_cubics(points)


# Uneven, so that a function that rounds its input shows, whatever it rounds to.
UNEVEN = np.array(
    [-5.4142, -4.6180, -3.4831, -2.5707, -1.3333, -0.6137, 0.3819, 1.5403, 2.4293, 3.6055, 4.3589, 5.5227]
)
LINES = [_line(2.0**exponent) for exponent in (-44, -37, -30, -23, -16)]
