"""The rule book, part one: the elementwise operations with their derivatives.

One row an operation: how NumPy computes it, then its local derivative ``slope(y, *inputs)``, one
an input (a number where it is constant). Slopes are written with operators and other rows, so
that floats, arrays, nodes and formulas can all be fed to them. Arrays are in ``array_ops.py``.

Conventions: the slope of relu and abs at 0 is 0, a tie in maximum or minimum is shared evenly,
the edge of clip has slope 1, ``x ** 0`` is 1 with slope 0. Poles give IEEE values (log(0) = -inf),
never exceptions, and a zero gradient through a pole is zero, see ``scale``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .operation import REAL, Operation, elementwise, row

POSITIVE = (0.2, 3.0)
INSIDE = (-0.9, 0.9)

# -- arithmetic -------------------------------------------------------------------------------


_BOOL = np.dtype(bool)
_BITS = {np.dtype(f"f{width}"): np.dtype(f"i{width}") for width in (2, 4, 8)}


def chosen(mask: Any, x: Any) -> tuple[Any, Any] | None:
    """A mask and numbers read as integers, so that their product is 0 even where an infinite one is left out.

    None if it is no mask, or there are no such integers.
    """
    if getattr(mask, "dtype", None) is _BOOL and isinstance(x, (np.ndarray, np.generic)) and x.dtype in _BITS:
        return mask, x.view(_BITS[x.dtype])
    return None


def _scale(g: Any, slope: Any, out: Any = None) -> Any:
    integers = chosen(g, slope)
    if integers is not None:
        return np.multiply(*integers).view(slope.dtype)
    product = np.multiply(g, slope, out)
    # The dot product of the product with itself is NaN exactly when one of its elements is.
    square = np.vdot(product, product)
    if square != square:
        product = np.where(g == 0, 0.0, product)
        if out is not None:
            out[...] = product
    return product


# fmt: off
scale: Operation = row("scale", _scale,
    lambda g, y, a, slope: scale(g, slope),
    # scale(0, slope) is 0 for every slope, so there its derivative is 0 whatever arrives.
    lambda g, y, a, slope: where(a == 0, 0.0, scale(g, a)),
    scalar=lambda g, slope: g * slope if g else 0.0, kind="elementwise", symbol="*", domain=(REAL, REAL),
    whole=True,
    doc="``g * slope``, but 0 wherever g is 0, even at a pole: an unselected branch stays silent.")
add: Operation = elementwise("add", np.add, 1, 1, scalar=operator.add, raises=False, symbol="+")
sub: Operation = elementwise("sub", np.subtract, 1, -1, scalar=operator.sub, raises=False, symbol="-")
mul: Operation = elementwise("mul", np.multiply, lambda y, a, b: b, lambda y, a, b: a,
    scalar=operator.mul, raises=False, symbol="*")
div: Operation = elementwise("div", np.true_divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b,
    scalar=operator.truediv, symbol="/", domain=(REAL, POSITIVE))
neg: Operation = elementwise("neg", np.negative, -1, scalar=operator.neg, raises=False, symbol="-")
power: Operation = elementwise("power", lambda a, b: a ** b,
    lambda y, a, b: scale(b, power(a, b - 1)),
    lambda y, a, b: where(a == 0, 0.0, y * log(a)),
    scalar=math.pow, symbol="**", domain=(POSITIVE, REAL))
square: Operation = elementwise("square", np.square, lambda y, x: 2 * x, scalar=lambda x: x * x)
reciprocal: Operation = elementwise("reciprocal", lambda x: 1 / x, lambda y, x: -y * y,
    scalar=lambda x: 1 / x, domain=[POSITIVE])
sqrt: Operation = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, domain=[POSITIVE])
rsqrt: Operation = elementwise("rsqrt", lambda x: 1 / np.sqrt(x), lambda y, x: -0.5 * y / x,
    scalar=lambda x: 1 / math.sqrt(x), domain=[POSITIVE])

# -- exponentials, trigonometry, hyperbolas ---------------------------------------------------

exp: Operation = elementwise("exp", np.exp, lambda y, x: y)
expm1: Operation = elementwise("expm1", np.expm1, lambda y, x: exp(x))
log: Operation = elementwise("log", np.log, lambda y, x: 1 / x, domain=[POSITIVE])
log2: Operation = elementwise("log2", np.log2, lambda y, x: 1 / (x * math.log(2)), domain=[POSITIVE])
log10: Operation = elementwise("log10", np.log10, lambda y, x: 1 / (x * math.log(10)), domain=[POSITIVE])
log1p: Operation = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), domain=[INSIDE])
sin: Operation = elementwise("sin", np.sin, lambda y, x: cos(x))
cos: Operation = elementwise("cos", np.cos, lambda y, x: -sin(x))
tan: Operation = elementwise("tan", np.tan, lambda y, x: 1 + y * y, domain=[(-1.2, 1.2)])
asin: Operation = elementwise("asin", np.arcsin, lambda y, x: 1 / sqrt((1 - x) * (1 + x)), domain=[INSIDE])
acos: Operation = elementwise("acos", np.arccos, lambda y, x: -1 / sqrt((1 - x) * (1 + x)), domain=[INSIDE])
atan: Operation = elementwise("atan", np.arctan, lambda y, x: 1 / (1 + x * x))
sinh: Operation = elementwise("sinh", np.sinh, lambda y, x: cosh(x))
cosh: Operation = elementwise("cosh", np.cosh, lambda y, x: sinh(x))
tanh: Operation = elementwise("tanh", np.tanh, lambda y, x: 1 - y * y)
asinh: Operation = elementwise("asinh", np.arcsinh, lambda y, x: 1 / hypot(x, 1.0))
acosh: Operation = elementwise("acosh", np.arccosh, lambda y, x: 1 / sqrt((x - 1) * (x + 1)),
    domain=[(1.2, 4.0)])
atanh: Operation = elementwise("atanh", np.arctanh, lambda y, x: 1 / ((1 - x) * (1 + x)), domain=[INSIDE])
atan2: Operation = elementwise("atan2", np.arctan2,
    lambda y, a, b: b / hypot(a, b) / hypot(a, b), lambda y, a, b: -a / hypot(a, b) / hypot(a, b))
hypot: Operation = elementwise("hypot", np.hypot,
    lambda y, a, b: where(y == 0, 0.0, a / y), lambda y, a, b: where(y == 0, 0.0, b / y))
# fmt: on


def _log_add_exp(a: float, b: float) -> float:
    high = max(a, b)
    return high if math.isinf(high) else high + math.log1p(math.exp(-math.fabs(a - b)))


def _elements(function: Callable[[float], float]) -> Callable[..., Any]:
    """A function of floats applied to each element: exact to the last bit, NumPy has no such one."""
    each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(each(x), dtype=np.result_type(np.asarray(x), np.float32))


# fmt: off
logaddexp: Operation = elementwise("logaddexp", np.logaddexp,
    lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a), scalar=_log_add_exp)
erf: Operation = elementwise("erf", _elements(math.erf), lambda y, x: 2 / math.sqrt(math.pi) * exp(-x * x),
    whole=True)
erfc: Operation = elementwise("erfc", _elements(math.erfc),
    lambda y, x: -2 / math.sqrt(math.pi) * exp(-x * x), whole=True)

# -- kinks and choices ------------------------------------------------------------------------

abs: Operation = elementwise("abs", np.abs, lambda y, x: sign(x), scalar=operator.abs, bounded=True)
sign: Operation = elementwise("sign", np.sign, 0,
    scalar=lambda x: math.copysign(1.0, x) if x < 0 or x > 0 else x, bounded=True)
floor: Operation = elementwise("floor", np.floor, 0, scalar=lambda x: float(math.floor(x)), bounded=True)
maximum: Operation = elementwise("maximum", np.maximum,
    lambda y, a, b: (a > b) + 0.5 * (a == b), lambda y, a, b: (b > a) + 0.5 * (a == b),
    scalar=lambda a, b: a if a >= b or a != a else b, bounded=True)
minimum: Operation = elementwise("minimum", np.minimum,
    lambda y, a, b: (a < b) + 0.5 * (a == b), lambda y, a, b: (b < a) + 0.5 * (a == b),
    scalar=lambda a, b: a if a <= b or a != a else b, bounded=True)
clip: Operation = elementwise("clip", lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda y, x, low, high: (x >= low) * (x <= high),
    lambda y, x, low, high: (x < low) * (low <= high),
    lambda y, x, low, high: (x > high) + (x <= high) * (low > high),
    scalar=lambda x, low, high: x if x != x else min(max(x, low), high), bounded=True)
relu: Operation = elementwise("relu", lambda x: np.maximum(x, 0), lambda y, x: x > 0,
    scalar=lambda x: 0.0 if x <= 0 else x, raises=False, bounded=True)


def _sigmoid(x: float) -> float:
    small = math.exp(-math.fabs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


def _sigmoid_array(x: Any) -> Any:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


sigmoid: Operation = elementwise("sigmoid", _sigmoid_array, lambda y, x: y * (1 - y), scalar=_sigmoid)
softplus: Operation = elementwise("softplus", lambda x: np.logaddexp(x, 0), lambda y, x: sigmoid(x),
    scalar=lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))))
# fmt: on


where: Operation = row(
    "where",
    lambda condition, a, b: np.where(condition, a, b),
    None,
    lambda g, y, condition, a, b: where(condition, g, 0.0),
    lambda g, y, condition, a, b: where(condition, 0.0, g),
    scalar=lambda condition, a, b: a if condition else b,
    slopes=[
        lambda y, condition, a, b: 0.0,
        lambda y, condition, a, b: condition != 0,
        lambda y, condition, a, b: condition == 0,
    ],
    kind="elementwise",
    domain=[REAL, REAL, REAL],
)
