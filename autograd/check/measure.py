"""The measured Jacobian: as accurate, element by element, as it takes to settle what is claimed.

Measuring costs time, so it is done in three passes, each for the elements that the pass before
could not settle: three steps and a complex step for every input; a sweep of steps; and, where a
claim is off by next to nothing, the noise of the claim itself, for a difference that is smaller
than that is nobody's mistake.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from .numeric import EPSILON, LINES, Array, Differences, complex_steps, noise_of, power_of_two, unit
from .problem import Problem, one_by_one

ENOUGH_WRONG = 32  # inputs found wrong by a sweep, after which the quick measurement has to do for the others
AT_ONCE = 2**20  # numbers in the points that are computed at once
TRUE_TO = 2.0**-40  # a complex step is this accurate, relative to itself


@dataclass(frozen=True)
class Tolerance:
    """What a claim may differ by, relative to the larger of the two numbers, and absolutely."""

    rtol: float
    atol: float

    def __call__(self, claim: Array, value: Array) -> Array:
        """The largest difference that is allowed."""
        allowed: Array = self.atol + self.rtol * np.fmax(np.abs(claim), np.abs(value))
        return allowed


class Measurement:
    """The derivative of a problem as measured; arrays of shape (m, n) unless said otherwise.

    Parameters
    ----------
    problem: what is checked.
    base: the function at the point, shape (m,).
    scatter: how much a repeated evaluation differed, shape (m,).
    claims: the claimed Jacobians, one a mode of the problem.
    tolerance: what they may differ by.
    eps: the only step to try, relative to the input's size; by default a sweep finds it.
    seed: of the direction in which noise is measured.

    Attributes
    ----------
    value, error: the derivative and a bound on its error.
    real, real_error, jump: the same from differences alone, and the right derivative minus the left one.
    kink, kink_jump: the slope at the nearest kink and what it jumps by, NaN where there is none.
    coarse, coarse_error: what only longer steps see, NaN where the short ones agree with them.
    only_noise: where claim and measurement differ by their own noise.
    noise, size: of each output, shape (m,) and (m, 1); an output that stays 0 counts as large as the others.
    reach: how far each output gets within a step of the input's size, shape (m, 1).
    scale: the largest derivative of each output, in units of the inputs, shape (m, 1).
    units: the size of each input, shape (n,).
    """

    def __init__(
        self,
        problem: Problem,
        base: Array,
        scatter: Array,
        claims: Sequence[Array],
        tolerance: Tolerance,
        eps: float | None,
        seed: int,
    ) -> None:
        self.problem, self.base, self.claims, self.tolerance, self.eps = problem, base, claims, tolerance, eps
        self.x = problem.point
        self.units = np.array([unit(float(x)) for x in self.x])
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], len(self.x))
        self.direction = signs * np.array([power_of_two(float(x)) for x in self.x])
        self.measure_noise(scatter)
        self.quick()
        exact = self.complex_steps()
        self.scale = self.scales(exact)
        self.sweep_unsettled(exact)
        self.scale = self.scales(exact)
        self.exact = exact is not None
        self.value = self.real if exact is None else exact
        self.error = self.total() if exact is None else TRUE_TO * np.abs(exact)
        self.count_noise()

    def measure_noise(self, scatter: Array) -> None:
        """The noise of each output and the size that it is round-off of."""
        base, background = self.base, self.problem.background
        # An output that is 0 and stays 0 may be the rest of a subtraction, of numbers like the others.
        stays = (base == 0) & (self.at(self.x + 2.0**-30 * self.direction) == 0)
        size = np.where(stays, np.max(np.abs(base)) or 1.0, np.abs(base))
        size = np.maximum(size, background)
        noise = noise_of(self.problem.values, self.x, self.direction, base)
        noise = np.where(noise == 0, EPSILON * size, noise)
        self.noise = np.maximum(np.maximum(scatter, noise), EPSILON * background)
        self.size = np.maximum(size, self.noise)[:, None]

    @property
    def method(self) -> list[str]:
        """How each input was measured, in words."""
        way = "complex step" if self.exact else "differences"
        swept = f"{way} and a sweep of steps" if self.exact else "a sweep of steps"
        return [swept if each else way for each in self.swept]

    def total(self) -> Array:
        """The error of the differences with the jump counted in."""
        total: Array = self.real_error + np.abs(self.jump)
        return total

    def resolution(self) -> Array:
        """The derivative that moves an output by no more than its round-off, shape (m, 1)."""
        resolution: Array = np.maximum(8 * self.noise[:, None], 4 * EPSILON * self.size)
        return resolution

    # -- first pass ---------------------------------------------------------------------------

    def at(self, x: Array) -> Array:
        """The outputs at one point."""
        (outputs,) = self.problem.values(x[None])
        return np.asarray(outputs)

    def differences(self, position: int) -> Differences:
        """The ladder of steps along one input."""
        first = {} if self.eps is None else {"step": self.eps}
        return Differences(self.problem.values, self.x, self.base, position, self.noise, **first)

    def quick(self) -> None:
        """Differences of three steps, for every input."""
        shape = len(self.base), len(self.x)
        self.real, self.real_error, self.jump = np.empty(shape), np.empty(shape), np.empty(shape)
        self.kink, self.kink_jump, self.coarse, self.coarse_error = (np.full(shape, np.nan) for _ in range(4))
        self.swept = np.zeros(len(self.x), bool)
        self.reach = self.size
        for i, differences in enumerate(self.prepared()):
            slopes = differences.quick()
            self.reach = np.fmax(self.reach, differences.reach()[:, None])
            self.real[:, i], self.real_error[:, i], self.jump[:, i] = slopes.value, slopes.error, slopes.jump
        lost = ~np.isfinite(self.real)
        self.real[lost] = np.nan
        self.real_error[lost | np.isnan(self.real_error)] = np.inf
        self.jump[np.isnan(self.jump)] = 0.0

    def portions(self, points: int) -> Iterator[range]:
        """The inputs, as many at a time as is fit for this many points each."""
        count = len(self.x)
        many = max(1, AT_ONCE // (points * count))
        for start in range(0, count, many):
            yield range(start, min(start + many, count))

    def prepared(self) -> Iterator[Differences]:
        """The ladders of all inputs in turn, with what a quick look needs, computed for many at once."""
        for some in self.portions(6):
            ladders = [self.differences(i) for i in some]
            places = [ladder.places([ladder.first]) for ladder in ladders]
            points = [ladder.points(each) for ladder, each in zip(ladders, places, strict=True)]
            outputs = iter(self.problem.values(np.concatenate(points)))
            for ladder, each in zip(ladders, places, strict=True):
                ladder.seen.update((place, next(outputs)) for place in each)
                yield ladder

    def complex_steps(self) -> Array | None:
        """All derivatives by complex step, or None where the function refuses or fails to be analytic."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exact = self.complex_slopes(self.x)
        except Exception:  # whatever a function says that was not written for complex numbers
            return None
        if exact.shape != self.real.shape or not np.all(np.isfinite(exact)):
            return None
        unwatched = ~np.isfinite(self.total())  # where no difference could contradict it yet
        for position in np.flatnonzero((unwatched | self.contradicts(exact)).any(axis=0)):
            self.sweep(int(position))
            if self.contradicts(exact)[:, position].any():
                return None
        return exact

    def complex_slopes(self, x: Array) -> Array:
        """The complex steps of all inputs."""
        return np.concatenate(
            [complex_steps(self.problem.values, x, some) for some in self.portions(1)], axis=1
        )

    def contradicts(self, exact: Array) -> Array:
        """Where the complex step is not what the differences allow."""
        with np.errstate(invalid="ignore"):
            different = np.abs(exact - self.real) > 2 * self.total() + 1e-9 * np.abs(exact)
            coarse = np.abs(exact - self.coarse) <= 2 * self.coarse_error + 1e-9 * np.abs(exact)
        contradicts: Array = different & ~coarse
        return contradicts

    def scales(self, exact: Array | None) -> Array:
        """The size of each output's derivative: its largest known element, in units of the inputs."""
        value = self.real if exact is None else exact
        known = self.total() <= np.abs(value) if exact is None else np.isfinite(value)
        sizes = np.where(known, np.abs(value) * self.units, 0.0)
        scale: Array = np.max(sizes, axis=1, initial=0.0)[:, None]
        return scale

    # -- second pass --------------------------------------------------------------------------

    def sweep_unsettled(self, exact: Array | None) -> None:
        """Sweep the inputs that are open, the worst first; it ends early when enough of them are wrong."""
        unsettled = np.any([self.unsettled(claim, exact) for claim in self.claims], axis=0)
        with np.errstate(all="ignore"):
            gap = np.max([np.abs(claim - self.real) / self.total() for claim in self.claims], axis=0)
        severity = np.max(np.where(unsettled & ~np.isnan(gap), gap, 0.0), axis=0, initial=0.0)
        wrong = 0
        for position in sorted(np.flatnonzero(unsettled.any(axis=0)), key=lambda i: -severity[i]):
            if wrong >= ENOUGH_WRONG:
                break
            self.sweep(int(position))
            claimed = [claim[:, position] for claim in self.claims]
            real, total = self.real[:, position], self.total()[:, position]
            wrong += any(np.any(np.abs(c - real) > self.tolerance(c, real) + 2 * total) for c in claimed)

    def sweep(self, position: int) -> None:
        """Measure one input thoroughly."""
        if self.swept[position] or self.eps is not None:
            return
        self.swept[position] = True
        best, kink, coarse = self.differences(position).thorough()
        self.real[:, position], self.real_error[:, position] = best.value, best.error
        self.jump[:, position] = best.jump
        self.kink[:, position], self.kink_jump[:, position] = kink.value, kink.jump
        self.coarse[:, position], self.coarse_error[:, position] = coarse.value, coarse.total

    def unsettled(self, claim: Array, exact: Array | None) -> Array:
        """The elements that the first pass leaves open."""
        total = self.total()
        if exact is not None:
            # The complex step settles a claim that agrees with it; the differences one that is far from them.
            tolerance = self.tolerance(claim, exact)
            kink = np.abs(self.jump) > 5 * self.real_error
            far = np.abs(claim - self.real) > tolerance + 2 * total
            settled: Array = (np.abs(claim - exact) <= tolerance) | (far & ~kink)
            return ~settled
        tolerance = self.tolerance(claim, self.real)
        close = np.abs(claim - self.real) <= tolerance
        size = np.maximum(self.scale, self.size)
        nothing = (
            (np.abs(claim - self.real) <= total)
            & (np.abs(claim) * self.units <= 2.0**-46 * size)
            & (total * self.units <= 1e-8 * size)
        )
        settled = (close & (total <= 0.1 * tolerance)) | nothing
        return ~settled

    # -- third pass ---------------------------------------------------------------------------

    def count_noise(self) -> None:
        """Add the noise of claim and measurement to the error, where a claim is off by next to nothing."""
        self.only_noise = np.zeros(self.value.shape, bool)
        hidden, open_ = self.only_noise.copy(), self.only_noise.copy()
        for claim in self.claims:
            tolerance, gap = self.tolerance(claim, self.value), np.abs(claim - self.value)
            different = gap > tolerance + 2 * self.error
            allowed = np.abs(claim - self.real) <= tolerance + 2 * self.total()
            hidden |= different & allowed & self.exact  # only the complex step contradicts
            nothing = np.abs(self.value) <= self.error  # a claim that should be 0 may be all noise
            rounded = gap * np.minimum(np.abs(self.direction), 1.0) <= 64 * self.resolution()
            open_ |= different & (nothing | rounded)
        open_ |= hidden
        if not open_.any():
            return
        noise = 8 * self.claimed_noise(open_)
        gap = np.max([np.abs(claim - self.value)[open_] for claim in self.claims], axis=0)
        self.only_noise[open_] = gap <= 2 * noise
        # Nor is a difference a mistake that hides in the round-off of the function itself.
        floor = np.broadcast_to(self.resolution(), open_.shape)[open_]
        self.error = self.error.copy()
        self.error[open_] += np.where(hidden[open_], np.maximum(noise, floor), noise)

    def claimed_noise(self, chosen: Array) -> Array:
        """The noise of chosen elements, as claimed or as measured, whichever is larger, shape (count,)."""

        def elements(x: Array) -> Array:
            blocks = [self.problem.derivative(mode, x)[chosen] for mode in self.problem.modes]
            if self.exact:
                blocks.append(self.complex_slopes(x)[chosen])
            return np.concatenate(blocks)

        # At every spacing: these elements are few, and what is a staircase may be so in large steps.
        base = elements(self.x)
        many = partial(one_by_one, elements, count=len(base))
        noise = noise_of(many, self.x, self.direction, base, spacings=len(LINES))
        largest: Array = np.max(noise.reshape(-1, np.count_nonzero(chosen)), axis=0)
        return largest
