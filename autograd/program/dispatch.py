"""How a call of a NumPy function that is given slots is written down: as a call, or as one that writes."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import RecordError

if TYPE_CHECKING:
    from .calls import Calls

_ABOUT_SHAPES = frozenset(
    [np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.common_type]
)
"""NumPy functions whose answer depends on shapes and dtypes alone, which a program is recorded for."""

_WRITING = frozenset([np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask])
"""Functions that write into their first argument."""


def dispatched(recorder: Calls, function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The result of a function of arrays, written down; of functions of shapes and dtypes only that."""
    if function in _ABOUT_SHAPES:
        return function(*recorder.real(arguments), **recorder.real(options))
    if function in (np.reshape, np.ravel) and "order" in options:
        options = dict(options)
        if (order := options.pop("order")) != "C":
            return _in_order(function, order, *arguments, **options)
    names = _parameters(function)
    for place, name in enumerate(names[: len(arguments)]):
        if name in ("out", "copy"):  # from there on by name
            options = dict(zip(names[place:], arguments[place:], strict=False)) | options
            arguments = arguments[:place]
            break
    if options.get("out") is not None:
        return recorder.write(function, arguments, options, options["out"])
    if function in _WRITING or (function is np.nan_to_num and not options.get("copy", True)):
        return recorder.write(function, arguments, options, arguments[0])
    return recorder.call(function, arguments, options)


@functools.cache
def _parameters(function: Any) -> tuple[str, ...]:
    """The names of the parameters of a function that may be given by their places."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # it is not written in Python
        return ()
    return tuple(x.name for x in parameters if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD))


def _in_order(function: Any, order: Any, x: Any, shape: Any = -1) -> Any:
    """The elements in another shape, the first axis counted first."""
    if order != "F":
        raise RecordError(f"{function.__name__} with order={order!r} depends on memory; pass order C or F")
    return np.reshape(x.T, shape[::-1] if isinstance(shape, (tuple, list)) else shape).T
