"""The judgement: the claimed Jacobian beside a measured one, element by element.

Measuring costs time, so it is done in three passes, each for the elements that the pass before
could not settle: three steps and a complex step for every input; a sweep of steps; and, where only
the complex step contradicts the claim, a look at how much both change a few units in the last
place away, for a difference that is smaller than that is nobody's mistake.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from .numeric import EPSILON, Differences, complex_step, noise_of, power_of_two, unit
from .problem import Problem

Array = np.ndarray[Any, Any]


class Status(Enum):
    """What one element of a derivative is found to be; the value is how reports say it."""

    RIGHT = "right"
    TINY = "below resolution"
    KINK = "kink"
    WRONG = "wrong rule"
    NOT_FINITE = "not finite"
    IMPRECISE = "precision too low"


PASSED = {Status.RIGHT, Status.TINY, Status.KINK}
CODES = list(Status)
ENOUGH_WRONG = 32  # inputs found wrong by a sweep, after which the quick measurement has to do for the others
TRUE_TO = 2.0**-40  # a complex step is this accurate, relative to itself


@dataclass
class Measured:
    """The derivative as measured: arrays of shape (m, n).

    Attributes
    ----------
    value: the derivative.
    error: a bound on its error.
    kink, jump: the central derivative at the nearest kink and what it jumps by, NaN where there is none.
    method: how each input was measured, in words.
    """

    value: Array
    error: Array
    kink: Array
    jump: Array
    method: list[str]


class Judge:
    """Measures the derivative of a problem and compares claims with it.

    Parameters
    ----------
    problem: what is checked.
    base: the function at the point, shape (m,).
    scatter: how much a repeated evaluation differed, shape (m,).
    rtol, atol: what a claim may differ by, relative to the larger of the two numbers, and absolutely.
    eps: the only step to try, relative to the input's size; by default a sweep finds it.
    """

    def __init__(
        self,
        problem: Problem,
        base: Array,
        scatter: Array,
        rtol: float,
        atol: float,
        eps: float | None,
        seed: int,
    ) -> None:
        self.problem, self.base, self.rtol, self.atol, self.eps = problem, base, rtol, atol, eps
        self.x = problem.point
        self.units = np.array([unit(float(x)) for x in self.x])
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], len(self.x))
        direction = signs * np.array([power_of_two(float(x)) for x in self.x])
        self.noise = np.maximum(scatter, noise_of(problem.value, self.x, direction, base))

    # -- measuring ----------------------------------------------------------------------------

    def differences(self, position: int) -> Differences:
        """The ladder of steps along one input."""
        first = {} if self.eps is None else {"step": self.eps}
        return Differences(self.problem.value, self.x, self.base, position, self.noise, **first)

    def measure(self, claims: Sequence[Array]) -> Measured:
        """Measure each element as accurately as it takes to settle the claims."""
        m, n = len(self.base), len(self.x)
        self.real, self.error, self.jump = (np.full((m, n), np.nan) for _ in range(3))
        self.reach = np.abs(self.base)[:, None]
        for i in range(n):
            differences = self.differences(i)
            slopes = differences.quick()
            self.reach = np.fmax(self.reach, differences.reach()[:, None])
            self.real[:, i], self.error[:, i], self.jump[:, i] = slopes.value, slopes.error, slopes.jump
        self.error[np.isnan(self.error)] = np.inf
        self.jump[np.isnan(self.jump)] = 0.0
        self.kink, self.kink_jump = np.full((m, n), np.nan), np.full((m, n), np.nan)
        self.swept = np.zeros(n, bool)
        exact = self.complex_steps()
        value, error = (self.real, self.total()) if exact is None else (exact, TRUE_TO * np.abs(exact))
        self.scale = self.scales(value)
        self.sweep_unsettled(claims, exact)
        if exact is None:
            value, error = self.real, self.total()
        error = self.with_noise(claims, value, error, exact is not None)
        way = "complex step" if exact is not None else "differences"
        swept = "a sweep of steps" if exact is None else f"{way} and a sweep of steps"
        method = [swept if self.swept[i] else way for i in range(n)]
        return Measured(value, error, self.kink, self.kink_jump, method)

    def total(self) -> Array:
        """The error of the differences with the jump counted in."""
        total: Array = self.error + np.abs(self.jump)
        return total

    def scales(self, value: Array) -> Array:
        """The size of each output's derivative: its largest element, in units of the inputs, shape (m, 1)."""
        sizes = np.where(np.isfinite(value), np.abs(value) * self.units, 0.0)
        scale: Array = np.max(sizes, axis=1, initial=0.0)[:, None]
        return scale

    def sweep(self, position: int) -> None:
        """Measure one input thoroughly."""
        if self.swept[position] or self.eps is not None:
            return
        best, kink = self.differences(position).thorough()
        self.real[:, position], self.error[:, position], self.jump[:, position] = (
            best.value,
            best.error,
            best.jump,
        )
        self.kink[:, position], self.kink_jump[:, position] = kink.value, kink.jump
        self.swept[position] = True

    def complex_steps(self) -> Array | None:
        """All derivatives by complex step, or None where the function refuses or fails to be analytic."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exact = self.complex_slopes(self.x, np.arange(len(self.x)))
        except Exception:  # whatever a function says that was not written for complex numbers
            return None
        if exact.shape != self.real.shape or not np.all(np.isfinite(exact)):
            return None
        for position in np.flatnonzero(self.contradicts(exact).any(axis=0)):
            self.sweep(int(position))
            if self.contradicts(exact)[:, position].any():
                return None
        return exact

    def contradicts(self, exact: Array) -> Array:
        """Where the complex step is not what the differences allow, shape (m, n)."""
        with np.errstate(invalid="ignore"):
            different: Array = np.abs(exact - self.real) > 2 * self.total() + 1e-9 * np.abs(exact)
        return different

    def sweep_unsettled(self, claims: Sequence[Array], exact: Array | None) -> None:
        """The second pass, the worst inputs first; it ends early when enough of them are wrong."""
        unsettled = np.any([self.unsettled(claim, exact) for claim in claims], axis=0)
        with np.errstate(all="ignore"):
            gap = np.max([np.abs(claim - self.real) / self.total() for claim in claims], axis=0)
        severity = np.max(np.where(unsettled & ~np.isnan(gap), gap, 0.0), axis=0, initial=0.0)
        wrong = 0
        for position in sorted(np.flatnonzero(unsettled.any(axis=0)), key=lambda i: -severity[i]):
            if wrong >= ENOUGH_WRONG:
                break
            self.sweep(int(position))
            claimed = [claim[:, position] for claim in claims]
            real, total = self.real[:, position], self.total()[:, position]
            wrong += any(np.any(np.abs(c - real) > self.tolerance(c, real) + 2 * total) for c in claimed)

    def tolerance(self, claim: Array, value: Array) -> Array:
        """What a claim may differ by."""
        tolerance: Array = self.atol + self.rtol * np.fmax(np.abs(claim), np.abs(value))
        return tolerance

    def unsettled(self, claim: Array, exact: Array | None) -> Array:
        """The elements that the first pass leaves open."""
        tolerance = self.tolerance(claim, self.real if exact is None else exact)
        if exact is not None:
            # The complex step settles a claim that agrees with it; the differences one that is far from them.
            kink = np.abs(self.jump) > 5 * self.error
            far = np.abs(claim - self.real) > tolerance + 2 * self.total()
            settled: Array = (np.abs(claim - exact) <= tolerance) | (far & ~kink)
            return ~settled
        total = self.total()
        close = np.abs(claim - self.real) <= tolerance
        size = np.maximum(self.scale, np.abs(self.base)[:, None])
        nothing = (
            (np.abs(claim - self.real) <= total)
            & (np.abs(claim) * self.units <= 2.0**-46 * size)
            & (total * self.units <= 1e-8 * size)
        )
        settled = (close & (total <= 0.1 * tolerance)) | nothing
        return ~settled

    def with_noise(self, claims: Sequence[Array], value: Array, error: Array, exact: bool) -> Array:
        """The third pass: the error, with noise counted in where a claim is off by next to nothing.

        The noise of the claim and of the measurement is what they change by a few units in the last
        place away.
        """
        within = [
            np.abs(claim - self.real) <= self.tolerance(claim, value) + 2 * self.total() for claim in claims
        ]
        hidden, open_ = np.zeros(value.shape, bool), np.zeros(value.shape, bool)
        for claim, allowed in zip(claims, within, strict=True):
            different = np.abs(claim - value) > self.tolerance(claim, value) + 2 * error
            hidden |= different & allowed & exact  # only the complex step contradicts
            open_ |= different & (np.abs(claim - value) <= 64 * self.resolution())
        open_ |= hidden
        if not open_.any():
            return error
        positions = np.flatnonzero(open_.any(axis=0))
        random = np.random.default_rng(0)
        sizes = np.array([power_of_two(float(x)) for x in self.x])
        near = [self.x + sizes * EPSILON * random.integers(-8, 9, len(self.x)) for _ in range(6)]
        samples = [[claim[:, positions]] for claim in claims]
        for mode, sample in zip(self.problem.modes, samples, strict=True):
            sample += [self.problem.derivative(mode, x)[:, positions] for x in near]
        if exact:
            samples.append([value[:, positions], *[self.complex_slopes(x, positions) for x in near]])
        spread = 2 * np.max([np.ptp(np.stack(sample), axis=0) for sample in samples], axis=0)
        # Nor is a difference a mistake that hides in the round-off of the function itself.
        spread = np.where(hidden[:, positions], np.maximum(spread, self.resolution()), spread)
        wider = error.copy()
        wider[:, positions] += np.where(open_[:, positions], spread, 0.0)
        return wider

    def resolution(self) -> Array:
        """The derivative that moves an output by no more than its round-off, shape (m, 1)."""
        resolution: Array = np.maximum(8 * self.noise, 4 * EPSILON * np.abs(self.base))[:, None]
        return resolution

    def complex_slopes(self, x: Array, positions: Array) -> Array:
        """Complex steps of some inputs, shape (m, count)."""
        return np.stack([complex_step(self.problem.value, x, int(i)) for i in positions], axis=1)

    # -- judging ------------------------------------------------------------------------------

    def judge(self, claim: Array, measured: Measured) -> Array:
        """The status of each element of a claim, as positions in CODES, shape (m, n)."""
        value, error = measured.value, measured.error
        tolerance = self.tolerance(claim, value)
        with np.errstate(invalid="ignore"):
            resolved = error <= tolerance
            different = ~(np.abs(claim - value) <= tolerance + 2 * error)
            half = np.abs(measured.jump) / 2
            at_kink = self.near_kink(measured) & (~resolved | different)
            between = np.abs(claim - measured.kink) <= half * (1 + 1e-3) + tolerance
        small = error * self.units <= np.maximum(self.rtol * self.scale, 1e-9 * self.reach)
        small |= np.fmax(np.abs(claim), np.abs(value)) <= 16 * self.resolution()
        rows = [
            (~np.isfinite(claim) & ~self.converged(), Status.NOT_FINITE),
            (~np.isfinite(claim), Status.WRONG),
            (at_kink & between, Status.KINK),
            (at_kink & ~resolved, Status.WRONG),
            (~np.isfinite(error), Status.IMPRECISE),
            (different, Status.WRONG),
            (resolved | (small & (claim == 0) & (np.abs(value) <= error)), Status.RIGHT),
            (small, Status.TINY),
        ]
        codes: Array = np.select(
            [condition for condition, _ in rows],
            [CODES.index(status) for _, status in rows],
            CODES.index(Status.IMPRECISE),
        )
        return codes

    def converged(self) -> Array:
        """Where the differences have a limit at all, which they have not at a pole of the derivative."""
        size = np.fmax(np.abs(self.real), np.abs(self.base)[:, None] / self.units)
        converged: Array = self.total() <= 1e-3 * size
        return converged

    def near_kink(self, measured: Measured) -> Array:
        """Where a kink is so near that no step avoids it: the differences are not good beside its jump."""
        with np.errstate(invalid="ignore"):
            jump = np.where(np.isinf(measured.jump), 0.0, measured.jump)
            near: Array = self.total() > self.tolerance(self.real, jump)
        return near & ~np.isnan(measured.kink)
