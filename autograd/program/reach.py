"""What a function has from outside: its object, its closure, its globals, as far as this can be seen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import FunctionType, MethodType
from typing import Any


def modules_within_reach(function: Callable[..., Any]) -> Iterator[Any]:
    """The models that a function may use without calling them, such as by a method or a part of them.

    Functions of the same file are looked into, too.

    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(modules=list, training=True, scale=2.0)
    >>> next(modules_within_reach(lambda x: x * model.scale)) is model
    True
    """
    found: list[Any] = [function]
    seen: set[int] = set()
    for x in found:  # the list grows as it is walked
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, functools.partial):
            found += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            found += [x.__func__, x.__self__, *getattr(x.__self__, "__dict__", {}).values()]
        elif isinstance(x, FunctionType):
            if x is function or x.__globals__ is _globals(function):
                found += _from_outside(x)
        elif callable(getattr(x, "modules", None)) and hasattr(x, "training"):
            yield x


def _from_outside(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from function.__defaults__ or ()
    names = function.__globals__
    yield from (names[name] for name in function.__code__.co_names if name in names)


def _globals(function: Any) -> Any:
    """The names of the file that a function is written in."""
    while (inner := getattr(function, "__wrapped__", getattr(function, "func", None))) is not None:
        function = inner
    return getattr(function, "__globals__", None)
