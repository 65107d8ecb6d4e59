"""What each of NumPy's functions is called in the array API standard (data-apis.org, 2024.12).

A recorded program names NumPy's functions; any library that follows the standard can run it. The tables
say how: functions of elements, their reductions, all others, and the few that the standard lacks, which
libraries have all the same. What is in no table has no equivalent.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import RecordError
from ..ops import erf, erfc, scale
from .slot import astype, number, view

ELEMENTWISE: dict[str, str] = {
    "absolute": "abs",
    "add": "add",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or",
    "ceil": "ceil",
    "copysign": "copysign",
    "cos": "cos",
    "cosh": "cosh",
    "divide": "divide",
    "equal": "equal",
    "exp": "exp",
    "expm1": "expm1",
    "floor": "floor",
    "floor_divide": "floor_divide",
    "greater": "greater",
    "greater_equal": "greater_equal",
    "hypot": "hypot",
    "invert": "bitwise_invert",
    "isfinite": "isfinite",
    "isinf": "isinf",
    "isnan": "isnan",
    "less": "less",
    "less_equal": "less_equal",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "logaddexp": "logaddexp",
    "logical_and": "logical_and",
    "logical_not": "logical_not",
    "logical_or": "logical_or",
    "logical_xor": "logical_xor",
    "maximum": "maximum",
    "minimum": "minimum",
    "multiply": "multiply",
    "negative": "negative",
    "not_equal": "not_equal",
    "positive": "positive",
    "power": "pow",
    "reciprocal": "reciprocal",
    "remainder": "remainder",
    "rint": "round",
    "sign": "sign",
    "signbit": "signbit",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "square": "square",
    "subtract": "subtract",
    "tan": "tan",
    "tanh": "tanh",
    "trunc": "trunc",
}
"""What a function of elements is called in the standard, by NumPy's name."""

REDUCTIONS: dict[str, str] = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
"""What ``ufunc.reduce`` is in the standard."""


def standard_name(function: Any) -> str:
    """The name of a function of elements, or of its reduction, in the standard; empty if it has none.

    >>> standard_name(np.arctan), standard_name(np.add.reduce), standard_name(np.frexp)
    ('atan', 'sum', '')
    """
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        names = {"reduce": REDUCTIONS, "outer": ELEMENTWISE, "at": {"add": "add"}}
        return names.get(function.__name__, {}).get(owner.__name__, "")
    return ELEMENTWISE.get(function.__name__, "") if isinstance(function, np.ufunc) else ""


SPECIAL: dict[Any, str] = {erf.array: "erf", erfc.array: "erfc"}
"""Functions that the standard lacks, by the name that libraries have for them."""


Translation = Callable[..., Any]
"""``translation(xp, *arguments, **options)``: a call in a namespace of the standard."""


def _named(function: Any, name: str = "", **renamed: str) -> Translation:
    """The function that the standard has under this name, with all that follows the array by name."""
    _, *parameters = inspect.signature(function).parameters

    def call(xp: Any, x: Any, *arguments: Any, **options: Any) -> Any:
        given = dict(zip(parameters, arguments, strict=False)) | options
        given.pop("dtype", None)  # the arrays have it, see OF_ONE_DTYPE: frozenset[Any] = frozenset(
    [
        scale.array,
        np.clip,
        np.concatenate,
        np.cumprod,
        np.cumsum,
        np.dot,
        np.einsum,
        np.linalg.det,
        np.linalg.inv,
        np.linalg.solve,
        np.matmul,
        np.mean,
        np.prod,
        np.stack,
        np.std,
        np.sum,
        np.var,
        np.where,
    ]
)
"""Functions whose arrays NumPy brings to the dtype of the result; the standard leaves that to the caller."""
