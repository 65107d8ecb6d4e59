"""``record``: the program of a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .arguments import joined
from .program import Program


def record(function: Callable[..., Any]) -> Callable[..., Program]:
    """Run a function, and write down all that it computes.

    ``record(fn)(*args)`` returns the :class:`Program`; its ``result`` is what fn returned. The function
    may take and return floats, arrays, Values, Tensors and structures of them, and may make a whole step
    of training. Floats, arrays and nodes passed in are inputs; anything else is part of the program.

    The function runs twice from the same state: once with stand-ins in the place of arrays, which is undone,
    and once as it is. Both have to come to the same.

    Raises
    ------
    CutGraphError: the function asks for a number as such, as ``float()`` does, which would freeze it.
    RecordError: it does something that cannot be repeated from a list of array calls, or depends on what
        the stand-ins do not have: types, texts, random numbers drawn with NumPy, numbers that Python counts.

    >>> from autograd import Value, tanh
    >>> w = Value(0.5, label="w")
    >>> program = record(lambda x: tanh(w * x))(2.0)
    >>> round(program(4.0).data, 6)
    0.964028
    """

    @functools.wraps(function)
    def recorded(*arguments: Any, **options: Any) -> Program:
        return Program(function, joined(arguments, options))

    return recorded
