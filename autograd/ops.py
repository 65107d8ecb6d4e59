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
add: Operation = elementwise("add", np.add, 1, 1, scalar=operator.add, raises=False, symbol="+",
    doc="The sum a + b.")
sub: Operation = elementwise("sub", np.subtract, 1, -1, scalar=operator.sub, raises=False, symbol="-",
    doc="The difference a - b.")
mul: Operation = elementwise("mul", np.multiply, lambda y, a, b: b, lambda y, a, b: a,
    scalar=operator.mul, raises=False, symbol="*",
    doc="The product a · b, an element at a time; ``matmul`` is the product of matrices.")
div: Operation = elementwise("div", np.true_divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b,
    scalar=operator.truediv, symbol="/", domain=(REAL, POSITIVE),
    doc="The quotient a / b; by 0 it is an infinity, and 0 / 0 is NaN.")
neg: Operation = elementwise("neg", np.negative, -1, scalar=operator.neg, raises=False, symbol="-",
    doc="The opposite number, -x.")
power: Operation = elementwise("power", lambda a, b: a ** b,
    lambda y, a, b: scale(b, power(a, b - 1)),
    lambda y, a, b: where(a == 0, 0.0, y * log(a)),
    scalar=math.pow, symbol="**", domain=(POSITIVE, REAL),
    doc="a to the power of b; ``x ** 0`` is 1 with slope 0, and a fractional power of a negative number NaN.")
square: Operation = elementwise("square", np.square, lambda y, x: 2 * x, scalar=lambda x: x * x, doc="x · x.")
reciprocal: Operation = elementwise("reciprocal", lambda x: 1 / x, lambda y, x: -y * y,
    scalar=lambda x: 1 / x, domain=[POSITIVE], doc="1 / x.")
sqrt: Operation = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, domain=[POSITIVE],
    doc="The square root.")
rsqrt: Operation = elementwise("rsqrt", lambda x: 1 / np.sqrt(x), lambda y, x: -0.5 * y / x,
    scalar=lambda x: 1 / math.sqrt(x), domain=[POSITIVE], doc="One over the square root, 1 / √x.")

# -- exponentials, trigonometry, hyperbolas ---------------------------------------------------

exp: Operation = elementwise("exp", np.exp, lambda y, x: y,
    doc="The exponential function, e to the power of x.")
expm1: Operation = elementwise("expm1", np.expm1, lambda y, x: exp(x), doc="eˣ - 1, exact for small x too.")
log: Operation = elementwise("log", np.log, lambda y, x: 1 / x, domain=[POSITIVE],
    doc="The natural logarithm.")
log2: Operation = elementwise("log2", np.log2, lambda y, x: 1 / (x * math.log(2)), domain=[POSITIVE],
    doc="The logarithm to base 2.")
log10: Operation = elementwise("log10", np.log10, lambda y, x: 1 / (x * math.log(10)), domain=[POSITIVE],
    doc="The logarithm to base 10.")
log1p: Operation = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), domain=[INSIDE],
    doc="ln(1 + x), exact for small x too.")
sin: Operation = elementwise("sin", np.sin, lambda y, x: cos(x), doc="The sine of an angle in radians.")
cos: Operation = elementwise("cos", np.cos, lambda y, x: -sin(x), doc="The cosine of an angle in radians.")
tan: Operation = elementwise("tan", np.tan, lambda y, x: 1 + y * y, domain=[(-1.2, 1.2)],
    doc="The tangent of an angle in radians.")
asin: Operation = elementwise("asin", np.arcsin, lambda y, x: 1 / sqrt((1 - x) * (1 + x)), domain=[INSIDE],
    doc="The angle in [-π/2, π/2] whose sine is x.")
acos: Operation = elementwise("acos", np.arccos, lambda y, x: -1 / sqrt((1 - x) * (1 + x)), domain=[INSIDE],
    doc="The angle in [0, π] whose cosine is x.")
atan: Operation = elementwise("atan", np.arctan, lambda y, x: 1 / (1 + x * x),
    doc="The angle in (-π/2, π/2) whose tangent is x.")
sinh: Operation = elementwise("sinh", np.sinh, lambda y, x: cosh(x),
    doc="The hyperbolic sine, (eˣ - e⁻ˣ) / 2.")
cosh: Operation = elementwise("cosh", np.cosh, lambda y, x: sinh(x),
    doc="The hyperbolic cosine, (eˣ + e⁻ˣ) / 2.")
tanh: Operation = elementwise("tanh", np.tanh, lambda y, x: 1 - y * y,
    doc="The hyperbolic tangent, (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ).")
asinh: Operation = elementwise("asinh", np.arcsinh, lambda y, x: 1 / hypot(x, 1.0),
    doc="The number whose hyperbolic sine is x.")
acosh: Operation = elementwise("acosh", np.arccosh, lambda y, x: 1 / sqrt((x - 1) * (x + 1)),
    domain=[(1.2, 4.0)], doc="The number from 0 on whose hyperbolic cosine is x.")
atanh: Operation = elementwise("atanh", np.arctanh, lambda y, x: 1 / ((1 - x) * (1 + x)), domain=[INSIDE],
    doc="The number whose hyperbolic tangent is x.")
atan2: Operation = elementwise("atan2", np.arctan2,
    lambda y, a, b: b / hypot(a, b) / hypot(a, b), lambda y, a, b: -a / hypot(a, b) / hypot(a, b),
    doc="The angle in [-π, π] of the point with abscissa b and ordinate a.")
hypot: Operation = elementwise("hypot", np.hypot,
    lambda y, a, b: where(y == 0, 0.0, a / y), lambda y, a, b: where(y == 0, 0.0, b / y),
    doc="√(a² + b²) without overflow; at the origin both slopes are 0.")
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
    lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a), scalar=_log_add_exp,
    doc="ln(eᵃ + eᵇ) without overflow.")
erf: Operation = elementwise("erf", _elements(math.erf), lambda y, x: 2 / math.sqrt(math.pi) * exp(-x * x),
    whole=True, doc="The error function, 2/√π times the integral of exp(-t²) from 0 to x.")
erfc: Operation = elementwise("erfc", _elements(math.erfc),
    lambda y, x: -2 / math.sqrt(math.pi) * exp(-x * x), whole=True, doc="1 - erf(x), exact for large x too.")

# fmt: on


# -- kinks and choices ------------------------------------------------------------------------


def _half(y: Any) -> Any:
    """½ in the dtype of y; times an array of booleans, Python's own is a float64."""
    dtype = getattr(y, "dtype", None)
    return 0.5 if dtype is None or dtype.kind != "f" or dtype.itemsize == 8 else dtype.type(0.5)


# fmt: off
abs: Operation = elementwise("abs", np.abs, lambda y, x: sign(x), scalar=operator.abs, bounded=True,
    doc="The absolute value; its slope at 0 is 0.")
sign: Operation = elementwise("sign", np.sign, 0,
    scalar=lambda x: math.copysign(1.0, x) if x < 0 or x > 0 else x, bounded=True,
    doc="-1, 0 or 1, as x is negative, zero or positive; flat everywhere.")
floor: Operation = elementwise("floor", np.floor, 0, scalar=lambda x: float(math.floor(x)), bounded=True,
    doc="The largest integer not above x; flat everywhere.")
maximum: Operation = elementwise("maximum", np.maximum,
    lambda y, a, b: (a > b) + _half(y) * (a == b), lambda y, a, b: (b > a) + _half(y) * (a == b),
    scalar=lambda a, b: a if a >= b or a != a else b, bounded=True,
    doc="The larger of a and b; a tie shares the gradient evenly.")
minimum: Operation = elementwise("minimum", np.minimum,
    lambda y, a, b: (a < b) + _half(y) * (a == b), lambda y, a, b: (b < a) + _half(y) * (a == b),
    scalar=lambda a, b: a if a <= b or a != a else b, bounded=True,
    doc="The smaller of a and b; a tie shares the gradient evenly.")
clip: Operation = elementwise("clip", lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda y, x, low, high: (x >= low) * (x <= high),
    lambda y, x, low, high: (x < low) * (low <= high),
    lambda y, x, low, high: (x > high) + (x <= high) * (low > high),
    scalar=lambda x, low, high: x if x != x else min(max(x, low), high), bounded=True,
    doc="x kept between low and high; an edge has slope 1.")
relu: Operation = elementwise("relu", lambda x: np.maximum(x, 0), lambda y, x: x > 0,
    scalar=lambda x: 0.0 if x <= 0 else x, raises=False, bounded=True,
    doc="x where it is positive, else 0 (Nair and Hinton 2010); its slope at 0 is 0.")


def _sigmoid(x: float) -> float:
    small = math.exp(-math.fabs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


def _sigmoid_array(x: Any) -> Any:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


sigmoid: Operation = elementwise("sigmoid", _sigmoid_array, lambda y, x: y * (1 - y), scalar=_sigmoid,
    doc="1 / (1 + e⁻ˣ), without overflow.")
softplus: Operation = elementwise("softplus", lambda x: np.logaddexp(x, 0), lambda y, x: sigmoid(x),
    scalar=lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))),
    doc="ln(1 + eˣ), a smooth relu (Dugas et al. 2001), without overflow.")
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
    doc="a where the condition holds, else b; the other one gets no gradient, not even NaN.",
)
