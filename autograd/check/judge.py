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
    """The status of each element of a claim, as positions in CODES, shape (m, n).

    The rows at the end are the judgement: the first that holds for an element is its status.
    """
    value, error = measured.value, measured.error
    tolerance = measured.tolerance(claim, value)
    undefined = ~np.isfinite(claim)
    with np.errstate(invalid="ignore"):
        gap = np.abs(claim - value)
        different = ~(gap <= tolerance + 2 * error)  # beyond doubt; NaN is different too
        resolved = error <= tolerance  # measured as well as was asked for
        # Longer steps may know better, where the function is a staircase in between.
        coarse = np.abs(claim - measured.coarse) <= tolerance + 2 * measured.coarse_error

        at_kink = _near_kink(measured) & (~resolved | different)
        half = np.abs(measured.kink_jump) / 2
        between_sides = np.abs(claim - measured.kink) <= half * (1 + 1e-3) + tolerance
        beside_sides = at_kink & ~resolved & (gap > tolerance + 2 * measured.real_error)
    nothing, small = _nothing(claim, gap, measured), _small(claim, measured) | coarse
    rows = [
        (undefined & ~_converged(measured), Status.NOT_FINITE),
        (undefined, Status.WRONG),
        (at_kink & between_sides, Status.KINK),
        (beside_sides & ~nothing, Status.WRONG),
        (~np.isfinite(error), Status.IMPRECISE),
        (different & ~nothing & ~coarse, Status.WRONG),
        (resolved & ~different, Status.RIGHT),
        (small & (claim == 0) & (np.abs(value) <= error), Status.RIGHT),
        (small | nothing | _as_good_as_it_gets(claim, measured), Status.TINY),
    ]
    codes: Array = np.select(
        [condition for condition, _ in rows],
        [CODES.index(status) for _, status in rows],
        CODES.index(Status.IMPRECISE),
    )
    return codes


def _nothing(claim: Array, gap: Array, measured: Measurement) -> Array:
    """Where both numbers are nothing beside the output, so that no difference between them counts.

    Either far below its round-off, or of the size of it and no more than a few units apart.
    """
    largest = np.fmax(np.abs(claim), np.abs(measured.value)) * measured.units
    unit = EPSILON * measured.size
    below = largest <= EPSILON**1.5 * np.maximum(measured.size, measured.scale)
    nothing: Array = below | ((largest <= 2**14 * unit) & (gap * measured.units <= 128 * unit))
    return nothing


def _small(claim: Array, measured: Measurement) -> Array:
    """Where the measurement may be poor: its error is small beside the other derivatives of the output."""
    largest = np.fmax(np.abs(claim), np.abs(measured.value))
    allowed = np.maximum(measured.tolerance.rtol * measured.scale, 1e-9 * measured.reach)
    small: Array = measured.error * measured.units <= allowed
    return small | measured.only_noise | (largest <= 16 * measured.resolution())


def _as_good_as_it_gets(claim: Array, measured: Measurement) -> Array:
    """Where the function is as smooth as float64 can be, and the measurement says at least the sign."""
    smooth = measured.noise[:, None] <= 2**12 * EPSILON * measured.size
    known = measured.error <= 0.1 * np.fmax(np.abs(claim), np.abs(measured.value))
    good: Array = smooth & (known | (claim == 0))
    return good


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
