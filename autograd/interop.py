"""What NumPy's functions do with nodes: ``np.sqrt(value)`` and ``np.concatenate([tensor, array])`` record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .array_ops import plain
from .errors import CutGraphError
from .functions import COMPOSITIONS
from .operation import TABLE

_RENAMED = {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "negative": "neg",
    "absolute": "abs",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "float_power": "power",
    "max": "amax",
    "min": "amin",
}
"""NumPy's names of operations that are called otherwise here."""

_QUESTIONS = frozenset(
    [
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "equal",
        "not_equal",
        "isnan",
        "isinf",
        "isfinite",
        "signbit",
        "shape",
        "ndim",
        "size",
        "allclose",
        "isclose",
        "array_equal",
        "argmax",
        "argmin",
        "argsort",
        "ones_like",
        "zeros_like",
        "full_like",
    ]
)
"""NumPy functions whose answer has no derivative, and is meant to have none."""


def _is_matrix_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> bool:
    """Whether NumPy would take a norm of matrices, which is not that of their elements."""
    return ord is not None and np.ndim(x) > 1 and not isinstance(axis, int)


def _refuse(what: str, arguments: Iterable[Any]) -> NoReturn:
    raise CutGraphError(
        f"{what} has no derivative here for {', '.join(type(a).__name__ for a in arguments)}; use an "
        "operation of autograd, write the derivative with autograd.custom_op, or compute with .data"
    )


class NumpyProtocol:
    """NumPy asks its arguments what to do with them; this is what nodes answer."""

    __slots__ = ()

    if TYPE_CHECKING:

        def leave(self, way: str) -> Any: ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.leave("np.asarray()"), dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__ in _QUESTIONS:
            return getattr(ufunc, method)(*map(plain, inputs), **options)
        operation = TABLE.get(_RENAMED.get(ufunc.__name__, ufunc.__name__))
        if operation is None or method != "__call__" or options:
            _refuse(f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else ""), inputs)
        return operation(*inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: dict[str, Any]) -> Any:
        name = function.__name__
        if name in _QUESTIONS:
            return function(*map(plain, arguments), **options)
        ours = TABLE.get(_RENAMED.get(name, name)) or COMPOSITIONS.get(name)
        if ours is None:
            _refuse(f"np.{name}", arguments)
        if name == "norm" and _is_matrix_norm(*arguments, **options):
            _refuse("np.linalg.norm of a matrix with an order", arguments)
        return ours(*arguments, **options)
