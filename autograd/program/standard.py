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
from ..linalg_ops import cofactor
from ..ops import erf, erfc, scale
from .instruction import parts_of, ufunc_of
from .slot import astype, number, view

_SAME = {
    "add", "bitwise_and", "bitwise_or", "ceil", "copysign", "cos", "cosh", "divide", "equal", "exp", "expm1",
    "floor", "floor_divide", "greater", "greater_equal", "hypot", "isfinite", "isinf", "isnan", "less",
    "less_equal", "log", "log10", "log1p", "log2", "logaddexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "maximum", "minimum", "multiply", "negative", "not_equal", "positive", "reciprocal",
    "remainder", "sign", "signbit", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh", "trunc",
}  # fmt: skip
_OTHERS = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "invert": "bitwise_invert", "power": "pow",
    "rint": "round",
}  # fmt: skip
ELEMENTWISE: dict[str, str] = {name: name for name in _SAME} | _OTHERS
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
    owner = ufunc_of(function)
    if owner is not None:
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
        named = {renamed.get(key, key): option for key, option in given.items() if option is not None}
        return getattr(xp, name or function.__name__)(x, **named)

    return call


def _cumulative(name: str) -> Translation:
    def cumulate(xp: Any, x: Any, axis: Any = None, dtype: Any = None) -> Any:
        return getattr(xp, name)(
            xp.reshape(x, (-1,)) if axis is None else x, axis=0 if axis is None else axis
        )

    return cumulate


def _axes(axis: Any, ndim: int) -> list[int]:
    return [a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))]


def _transpose(xp: Any, x: Any, axes: Any = None) -> Any:
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(a % x.ndim for a in axes)
    return xp.permute_dims(x, order)


def _swapaxes(xp: Any, x: Any, axis1: int, axis2: int) -> Any:
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return xp.permute_dims(x, tuple(order))


def _squeeze(xp: Any, x: Any, axis: Any = None) -> Any:
    dropped = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else _axes(axis, x.ndim)
    return xp.reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in dropped))


def _reshape(xp: Any, x: Any, shape: Any) -> Any:
    return xp.reshape(x, (shape,) if isinstance(shape, int) else tuple(shape))


def _same(xp: Any, x: Any, *options: Any) -> Any:
    return x


def _view(xp: Any, x: Any, dtype: Any) -> Any:
    if x.dtype == xp.bool and dtype == np.uint8:
        return xp.astype(x, xp.uint8)
    name = str(x.dtype).rpartition(".")[2]
    if not name.startswith("int") or np.dtype(dtype).kind != "u":
        raise RecordError("memory that is read as another dtype has no equivalent in the array API standard")
    if not _on(x):
        return xp.astype(x, getattr(xp, f"u{name}"))
    # PyTorch has no wide unsigned integers to compute with. What negative ones are there for is to be larger
    # than all others, so that one comparison says whether numbers lie in [0, n).
    return xp.where(x < 0, xp.full_like(x, xp.iinfo(x.dtype).max), x)


def _full_like(xp: Any, x: Any, value: Any, dtype: Any = None, shape: Any = None) -> Any:
    return _zeros_like(xp, x, dtype, shape) + value


def _zeros_like(xp: Any, x: Any, dtype: Any = None, shape: Any = None) -> Any:
    return xp.zeros(x.shape if shape is None else tuple(shape), dtype=x.dtype, **_on(x))


def _ones_like(xp: Any, x: Any, dtype: Any = None, shape: Any = None) -> Any:
    return _zeros_like(xp, x, dtype, shape) + 1


def _on(x: Any) -> dict[str, Any]:
    """The device of an array, where it says so; a traced one does not."""
    device = getattr(x, "device", None)
    return {} if device is None or not type(x).__module__.startswith("torch") else {"device": device}


def _concatenate(xp: Any, arrays: Any, axis: int = 0) -> Any:
    return xp.concat(list(arrays), axis=axis)


def _extremum(name: str) -> Translation:
    def reduce(xp: Any, x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        if initial is not None and 0 in x.shape:
            shape = np.max(np.empty(x.shape), axis=axis, keepdims=keepdims, initial=0).shape
            return xp.full(shape, initial, dtype=x.dtype, **_on(x))
        found = getattr(xp, name)(x, axis=axis, keepdims=keepdims)
        larger_or_smaller = getattr(xp, f"{name}imum")
        return found if initial is None else larger_or_smaller(found, xp.full_like(found, initial))

    return reduce


def _prod(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    for a in sorted(range(x.ndim) if axis is None else _axes(axis, x.ndim), reverse=True):
        x = xp.prod(x, axis=a, keepdims=keepdims)
    return x


def _sorted(name: str) -> Translation:
    return lambda xp, x, axis=-1, kind=None: getattr(xp, name)(x, axis=axis, stable=True)


def _dot(xp: Any, a: Any, b: Any) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return xp.matmul(a, b)
    return xp.tensordot(a, b, axes=([a.ndim - 1], [max(b.ndim - 2, 0)]))


def _tensordot(xp: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    return xp.tensordot(a, b, axes=axes)


def _scale(xp: Any, g: Any, slope: Any) -> Any:
    product = g * slope
    return xp.where(g == 0, xp.zeros_like(product), product)


def _where(xp: Any, condition: Any, a: Any, b: Any) -> Any:
    return xp.where(condition if condition.dtype == xp.bool else condition != 0, a, b)


def _getitem(xp: Any, x: Any, index: Any) -> Any:
    forward, axes = forwards(index, x.shape)
    return xp.flip(x[forward], axis=axes) if axes else x[forward]


def forwards(index: Any, shape: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """An index whose slices all run forwards, and the axes of the result to be reversed after it.

    >>> forwards((slice(None, None, -1), 0), (3, 4))
    ((slice(0, 3, 1), 0), (0,))
    """
    parts = parts_of(index)
    if not any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts):
        return index, ()
    named = sum(part is not None and part is not Ellipsis for part in parts)
    result: list[Any] = []
    axes: list[int] = []
    axis = place = 0  # of the array, and of the result
    for part in parts:
        if part is Ellipsis:
            axis, place = axis + len(shape) - named, place + len(shape) - named
        elif part is None:
            place += 1
        elif isinstance(part, slice):
            if (part.step or 1) < 0:
                spots = range(*part.indices(shape[axis]))
                part = slice(spots[-1], spots[0] + 1, -spots.step) if spots else slice(0, 0, 1)
                axes.append(place)
            axis, place = axis + 1, place + 1
        elif isinstance(part, int):
            axis += 1
        else:
            raise RecordError(
                "an index of arrays and of slices that run backwards has no equivalent in the array API "
                "standard; reverse first, and take the elements then"
            )
        result.append(part)
    return tuple(result), tuple(axes)


def _linalg(name: str) -> Translation:
    return lambda xp, *arguments: getattr(xp.linalg, name)(*arguments)


def _cofactor(xp: Any, x: Any) -> Any:
    u, s, v = xp.linalg.svd(x)
    rows = s[..., None, :]
    others = xp.prod(xp.where(xp.eye(x.shape[-1], **_on(x)) > 0, xp.ones_like(rows), rows), axis=-1)
    sign = xp.linalg.det(u) * xp.linalg.det(v)
    return sign[..., None, None] * xp.matmul(u * others[..., None, :], v)


def _einsum(xp: Any, subscripts: str, *operands: Any, optimize: Any = None) -> Any:
    return xp.einsum(subscripts, *operands)


FUNCTIONS: dict[Any, Translation] = {
    astype: _same,
    cofactor.array: _cofactor,
    number: _same,
    operator.getitem: _getitem,
    scale.array: _scale,
    view: _view,
    np.all: _named(np.all),
    np.any: _named(np.any),
    np.argmax: _named(np.argmax),
    np.argmin: _named(np.argmin),
    np.argsort: _sorted("argsort"),
    np.broadcast_to: _named(np.broadcast_to),
    np.clip: _named(np.clip, a_min="min", a_max="max"),
    np.concatenate: _concatenate,
    np.copy: _same,
    np.cumprod: _cumulative("cumulative_prod"),
    np.cumsum: _cumulative("cumulative_sum"),
    np.dot: _dot,
    np.einsum: _einsum,
    np.empty_like: _zeros_like,
    np.expand_dims: _named(np.expand_dims),
    np.flip: _named(np.flip),
    np.full_like: _full_like,
    np.linalg.det: _linalg("det"),
    np.linalg.inv: _linalg("inv"),
    np.linalg.solve: _linalg("solve"),
    np.matmul: lambda xp, a, b: xp.matmul(a, b),
    np.max: _extremum("max"),
    np.mean: _named(np.mean),
    np.min: _extremum("min"),
    np.moveaxis: _named(np.moveaxis),
    np.ones_like: _ones_like,
    np.outer: lambda xp, a, b: xp.reshape(a, (-1, 1)) * xp.reshape(b, (1, -1)),
    np.prod: _prod,
    np.reshape: _reshape,
    np.roll: _named(np.roll),
    np.sort: _sorted("sort"),
    np.squeeze: _squeeze,
    np.stack: _named(np.stack),
    np.std: _named(np.std, ddof="correction"),
    np.sum: _named(np.sum),
    np.swapaxes: _swapaxes,
    np.tensordot: _tensordot,
    np.tile: lambda xp, x, reps: xp.tile(x, reps if isinstance(reps, tuple) else (reps,)),
    np.transpose: _transpose,
    np.tril: _named(np.tril),
    np.triu: _named(np.triu),
    np.var: _named(np.var, ddof="correction"),
    np.where: _where,
    np.zeros_like: _zeros_like,
}
"""Functions that are no functions of elements, as calls in the standard; dtypes are the caller's business."""


OF_ONE_DTYPE: frozenset[Any] = frozenset(
    [
        scale.array,
        np.clip,
        np.concatenate,
        np.cumprod,
        np.cumsum,
        np.dot,
        np.einsum,
        np.full_like,
        np.linalg.det,
        np.linalg.inv,
        np.linalg.solve,
        np.matmul,
        np.mean,
        np.outer,
        np.prod,
        np.stack,
        np.std,
        np.sum,
        np.tensordot,
        np.var,
        np.where,
    ]
)
"""Functions whose arrays NumPy brings to the dtype of the result; the standard leaves that to the caller."""
