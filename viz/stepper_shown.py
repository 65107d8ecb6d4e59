"""How the stepper shows a number or an array: a short text, a colour and a width.

Colours and widths are on one signed logarithmic scale for the whole pass, because gradients differ
by orders of magnitude; the sign is told by the style of the line too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from viz.formatting import finite_range, minus, number
from viz.heat_map import heat_map

Sign = Literal["", "positive", "negative", "mixed", "zero", "broken"]

_DECADES = 3.0  # what is a thousand times smaller than the largest is drawn next to zero


@dataclass(frozen=True, slots=True)
class Shown:
    """What is seen of a value: ``weight`` is its share of the scale, ``image`` the place of its thumbnail."""

    text: str
    sign: Sign = ""
    weight: float = 0.0
    image: int | None = None

    def to_list(self) -> list[Any]:
        """What JSON holds of it; what is empty at the end is left out."""
        if self.image is not None:
            return [self.text, self.sign, self.weight, self.image]
        return [self.text, self.sign, self.weight] if self.sign else [self.text]


class Gauge:
    """The scale of all gradients of one pass, and the thumbnails that were made so far.

    >>> gauge = Gauge([4.0, -0.5])
    >>> gauge.gradient(-4.0)
    Shown(text='−4', sign='negative', weight=1.0, image=None)
    >>> gauge.gradient(0.0).sign, gauge.gradient(float("nan")).sign
    ('zero', 'broken')
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.largest = max((size for value in values if (size := _size(value)) is not None), default=0.0)
        self.images: list[str] = []
        self._places: dict[bytes, int] = {}

    def data(self, value: Any) -> Shown:
        """Data: a text, and of an array a thumbnail."""
        return Shown(_short(value), image=self.image(value))

    def gradient(self, value: Any) -> Shown:
        """A gradient: the text, and where it lies on the scale."""
        sign = _sign(value)
        return Shown(_short(value), sign, 0.0 if sign == "zero" else self._share(value), self.image(value))

    def image(self, value: Any) -> int | None:
        """The place of an array's thumbnail among ``images``; None for a number."""
        if np.ndim(value) == 0 or not np.size(value):
            return None
        content = heat_map(value)
        place = self._places.setdefault(content, len(self.images))
        if place == len(self.images):
            self.images.append(b64encode(content).decode("ascii"))
        return place

    def _share(self, value: Any) -> float:
        size = _size(value)
        if size is None:
            return 1.0
        steepness = 10**_DECADES
        share = np.log1p(size / (self.largest or 1.0) * steepness) / np.log1p(steepness)
        return min(round(float(share), 3), 1.0)  # a second backward goes beyond the scale of the first


def exact(value: Any) -> str:
    """A number in six digits, the values of a small array, the shape of a large one.

    >>> exact(-1.5), exact(np.zeros((3, 4)))
    ('−1.5', '3 × 4 array')
    """
    if np.ndim(value) == 0:
        return minus(f"{float(value):.6g}")
    if np.size(value) > 6:
        return f"{dimensions(np.shape(value))} array"
    return minus(" ".join(np.array2string(np.asarray(value), precision=4, separator=", ").split()))


def dimensions(shape: tuple[int, ...]) -> str:
    """A shape for people.

    >>> dimensions((32, 16)), dimensions((3,))
    ('32 × 16', '3')
    """
    return " × ".join(map(str, shape))


def _short(value: Any) -> str:
    if np.ndim(value) == 0:
        return number(float(value))
    limits = finite_range(value)
    if limits is None:
        return "NaN" if np.size(value) else "empty"
    low, high = (minus(f"{limit:.3g}") for limit in limits)
    return low if low == high else f"{low} … {high}"


def _size(value: Any) -> float | None:
    """The largest magnitude; None where something is not finite."""
    size = float(np.max(np.abs(value), initial=0.0))
    return size if np.isfinite(size) else None


def _sign(value: Any) -> Sign:
    array = np.asarray(value)
    if not np.isfinite(array).all():
        return "broken"
    positive, negative = bool((array > 0).any()), bool((array < 0).any())
    if positive and negative:
        return "mixed"
    return "positive" if positive else "negative" if negative else "zero"
