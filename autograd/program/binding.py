"""How each kind of call is bound to its arguments and to the memory of its result.

A table: a function of NumPy, or a kind of functions, to one that makes a call without arguments.
What is not in it is computed and copied. Only what was measured to pay is here: see
``docs/decisions``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..ops import chosen, scale
from .branch import Diverged
from .calls import draw, into
from .instruction import parts_of
from .layout import Layout
from .slot import astype, number

Call = Callable[[], Any]
"""A call without arguments."""


def bind_generic(function: Any, arguments: Any, options: Any, out: Any) -> Call:
    """Compute a result and copy it."""
    if options:
        function = partial(function, **options)
    return partial(_store, out, function, *arguments)


def _store(out: Any, function: Any, *arguments: Any) -> None:
    found = function(*arguments)
    now, before = Layout.of(np.asarray(found)), Layout.of(out)
    if now[:2] != before[:2]:  # one element would be copied into all, and another dtype be cast
        raise Diverged(f"a result is {now.words()}, and was {before.words()}")
    out[...] = found


def _ufunc(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    if options or function.nout != 1:
        return None
    return into(function, *arguments, out)


def _reduce(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    (x, *more), rest = arguments, dict(options)
    axis = more[0] if more else rest.pop("axis", 0)
    keepdims = rest.pop("keepdims", False)
    if len(more) > 1 or rest:
        return None
    return partial(function, x, axis, None, out, keepdims)


def _outer(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    a, b = arguments
    if options or not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return None
    return partial(function.__self__, a.reshape(*a.shape, *(1 for _ in b.shape)), b, out)


def _mean(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    x, *more = arguments
    if out.dtype not in (np.float32, np.float64) or len(more) > 1 or set(options) - {"axis", "keepdims"}:
        return None  # NumPy adds up the shorter floats as longer ones
    axis = more[0] if more else options.get("axis")
    count = np.array(x.size / max(out.size, 1), out.dtype)
    return partial(_sum_and_divide, x, axis, out, options.get("keepdims", False), count)


def _sum_and_divide(x: Any, axis: Any, out: Any, keepdims: Any, count: Any) -> None:
    np.add.reduce(x, axis, None, out, keepdims=keepdims)
    np.true_divide(out, count, out)


def _dot(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    a, b = arguments
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return None
    if a.ndim == b.ndim == 2 and out.flags.c_contiguous and a.dtype == b.dtype == out.dtype:
        return partial(a.dot, b, out)  # the shortest way to the product
    return partial(function, a, b, out) if function is np.matmul else None


def _matmul_or_ufunc(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    if function is np.matmul and not options:
        return _dot(function, arguments, options, out)
    return _ufunc(function, arguments, options, out)


def _copy(function: Any, arguments: Any, options: Any, out: Any) -> Call:
    return partial(np.copyto, out, arguments[0], "unsafe")


def _reshape(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    if options or len(arguments) > 2:
        return None
    target = out.reshape(arguments[0].shape)
    return partial(np.copyto, target, arguments[0]) if np.may_share_memory(target, out) else None


def _where(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    condition, a, b = arguments
    return partial(choose, condition, a, b, out) if _is_mask(condition) else None


def _is_mask(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "b"


def choose(mask: Any, a: Any, b: Any, out: Any) -> None:
    """``np.where``, written into memory that is there."""
    np.copyto(out, b)
    np.copyto(out, a, where=mask)


def _concatenate(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    arrays, *more = arguments
    if len(more) > 1 or set(options) - {"axis"}:
        return None
    axis = more[0] if more else options.get("axis", 0)
    return partial(np.concatenate, arrays, axis, out)


def _fill(x: Any) -> Callable[..., Call]:
    return lambda function, arguments, options, out: partial(out.fill, x)


def _getitem(function: Any, arguments: Any, options: Any, out: Any) -> Call | None:
    x, index = arguments
    at = view_index(index)
    if at is not None:
        return partial(np.copyto, out, x[at])
    return partial(_chosen, x, index, out) if any(map(_is_mask, parts_of(index))) else None


def _chosen(x: Any, index: Any, out: Any) -> None:
    found = x[index]
    if found.shape != out.shape:
        raise Diverged(f"a mask chooses {found.shape} elements, and chose {out.shape}")
    out[...] = found


def view_index(index: Any) -> tuple[Any, ...] | None:
    """An index of integers and slices so that NumPy gives a view, also of one element; None for others."""
    parts = parts_of(index)
    if not all(map(_is_place, parts)):
        return None
    return parts if any(part is Ellipsis for part in parts) else (*parts, ...)


def _is_place(part: Any) -> bool:
    """Whether a part of an index is none that NumPy takes for an array, as it does a bool or a list."""
    if isinstance(part, bool):
        return False
    return part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer))


def _scale(function: Any, arguments: Any, options: Any, out: Any) -> Call:
    integers = chosen(*arguments)
    if integers is not None:
        return partial(np.multiply, *integers, out.view(integers[1].dtype))
    return partial(function, *arguments, out)


def _draw(function: Any, arguments: Any, options: Any, out: Any) -> Call:
    return partial(arguments[0].random, None, out.dtype, out)


BINDINGS: dict[Any, Callable[..., Call | None]] = {
    np.ufunc: _matmul_or_ufunc,
    "reduce": _reduce,
    "outer": _outer,
    np.mean: _mean,
    np.dot: _dot,
    np.copy: _copy,
    astype: _copy,
    number: _copy,
    np.reshape: _reshape,
    np.where: _where,
    np.concatenate: _concatenate,
    np.zeros_like: _fill(0),
    np.ones_like: _fill(1),
    operator.getitem: _getitem,
    scale.array: _scale,
    draw: _draw,
}
