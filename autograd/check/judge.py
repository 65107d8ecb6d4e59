"""The judgement: the claimed Jacobian beside the measured one, element by element."""

from __future__ import annotations

from enum import Enum

import numpy as np

from .measure import Measurement
from .numeric import EPSILON, Array


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


def judge(claim: Array, measured: Measurement) -> Array:
    """The status of each element of a claim, as positions in CODES, shape (m, n)."""
    value, error = measured.value, measured.error
    tolerance = measured.tolerance(claim, value)
    largest = np.fmax(np.abs(claim), np.abs(value))
    with np.errstate(invalid="ignore"):
        gap = np.abs(claim - value)
        resolved = error <= tolerance
        different = ~(gap <= tolerance + 2 * error)
        coarse = np.abs(claim - measured.coarse) <= tolerance + 2 * measured.coarse_error
        at_kink = _near_kink(measured) & (~resolved | different)
        half = np.abs(measured.kink_jump) / 2
        between = np.abs(claim - measured.kink) <= half * (1 + 1e-3) + tolerance
        beside = at_kink & ~resolved & (gap > tolerance + 2 * measured.real_error)
        undefined = ~np.isfinite(claim)
    small = error * measured.units <= np.maximum(
        measured.tolerance.rtol * measured.scale, 1e-9 * measured.reach
    )
    small |= measured.only_noise | coarse | (largest <= 16 * measured.resolution())
    exact = measured.noise[:, None] <= 2**12 * EPSILON * measured.size  # as good as float64 gets
    known = (claim == 0) | (error <= 0.1 * largest)
    nothing = largest * measured.units <= EPSILON**1.5 * np.maximum(measured.size, measured.scale)
    # A derivative of the size of the output's own round-off, off by a few units of that.
    rounded = (largest * measured.units <= 2**14 * EPSILON * measured.size) & (
        gap * measured.units <= 128 * EPSILON * measured.size
    )
    nothing |= rounded
    rows = [
        (undefined & ~_converged(measured), Status.NOT_FINITE),
        (undefined, Status.WRONG),
        (at_kink & between, Status.KINK),
        (beside & ~nothing, Status.WRONG),
        (~np.isfinite(error), Status.IMPRECISE),
        (different & ~nothing & ~coarse, Status.WRONG),
        (resolved & ~different, Status.RIGHT),
        (small & (claim == 0) & (np.abs(value) <= error), Status.RIGHT),
        (small | nothing | (exact & known), Status.TINY),
    ]
    codes: Array = np.select(
        [condition for condition, _ in rows],
        [CODES.index(status) for _, status in rows],
        CODES.index(Status.IMPRECISE),
    )
    return codes


def _converged(measured: Measurement) -> Array:
    """Where the differences have a limit at all, which they have not at a pole of the derivative."""
    size = np.fmax(np.abs(measured.real), np.abs(measured.base)[:, None] / measured.units)
    converged: Array = measured.total() <= 1e-3 * size
    return converged


def _near_kink(measured: Measurement) -> Array:
    """Where a kink is so near that no step avoids it: the differences are not good beside its jump."""
    jump = np.where(np.isinf(measured.kink_jump), 0.0, measured.kink_jump)
    near: Array = (measured.total() > measured.tolerance(measured.real, jump)) & ~np.isnan(measured.kink)
    return near
