"""Numbers and arrays as the short text that fits into a box."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

MISSING = "–"  # a gradient that was not computed, which is not a gradient of zero
_SMALL = 6  # arrays up to this many elements show their values


def number(value: Any) -> str:
    """A number with four significant digits; integers and booleans whole.

    >>> number(0.70710678), number(-6.0), number(1e-9), number(12345)
    ('0.7071', '−6', '1e−09', '12345')
    """
    if isinstance(value, (bool, int, np.bool_, np.integer)):
        return minus(str(value))
    return minus(f"{value:.4g}")


def minus(text: str) -> str:
    """A number's text with the sign that is as wide as a plus.

    >>> minus("-1e-09")
    '−1e−09'
    """
    return text.replace("-", "−")


def described(data: Any) -> tuple[str, ...]:
    """A number, or an array's shape and type and its values, of many the least and the greatest; a line each.

    >>> import numpy as np
    >>> described(2.5)
    ('2.5',)
    >>> described(np.array([[1.0, 2.0], [3.0, 4.0]]))
    ('(2, 2) float64', '[1, 2]', '[3, 4]')
    >>> described(None)
    ('–',)
    """
    if data is None:
        return (MISSING,)
    if not isinstance(data, np.ndarray):
        return (number(data),)
    if data.ndim == 0:
        return (number(data[()]),)
    lines = [f"{data.shape} {data.dtype}"]
    if 0 < data.size <= _SMALL:
        rows = data.reshape(-1, data.shape[-1])
        lines.extend("[" + ", ".join(map(number, row)) + "]" for row in rows)
    elif (bounds := finite_range(data)) is not None:
        lines.append(
            f"{number(bounds[0])} … {number(bounds[1])}" if bounds[0] < bounds[1] else number(bounds[0])
        )
    return tuple(lines)


def finite_range(data: Any) -> tuple[float, float] | None:
    """The smallest and the largest finite number in it, or None where there is none.

    >>> finite_range(float("nan")), finite_range(-2.0)
    (None, (-2.0, -2.0))
    """
    if data is None:
        return None
    if type(data) is float:
        return (data, data) if math.isfinite(data) else None
    array = np.asarray(data, dtype=float)
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def is_finite(data: Any) -> bool:
    """Whether it holds neither NaN nor an infinity.

    >>> is_finite(None), is_finite(float("inf"))
    (True, False)
    """
    if type(data) is float:
        return math.isfinite(data)
    return data is None or bool(np.isfinite(data).all())
