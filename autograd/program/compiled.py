"""``compile``: a step that is recorded once and replayed from then on."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np

from ..grad_mode import MODE, is_recording
from ..structure import flatten
from .agreement import Kept, Left, agree, as_it_is, runs_as_it_is
from .arguments import joined
from .branch import Diverged
from .program import Program
from .signature import signature

VARIANTS = 8
"""How many branches of one signature are kept as programs."""
SIGNATURES = 256
"""For how many signatures programs are kept; a number that is no float makes another one each time."""


class Compiled:
    """A function that is recorded for every signature of its arguments, and replayed.

    The first call of all runs the function as it is, so that an optimiser can set up its state. The first
    with new shapes, or with another branch, records it, and runs it as it is to compare. The second runs both
    the program and the function, from one state, and compares once more. All others replay.

    Attributes
    ----------
    programs: the programs of each signature, the last used first.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.programs: dict[Any, list[Program]] = {}
        self._checked: set[Program] = set()
        self._warm = False
        self._lock = threading.RLock()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Make the step."""
        if not self._warm or _is_watched():
            self._warm = True
            return as_it_is(self.function, *arguments, **options)
        with self._lock:  # one thread at a time: a recording puts stand-ins into the nodes that it meets
            return self._replayed(joined(arguments, options))

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """As a method of a class, it is given the object first."""
        return self if owner is None else MethodType(self, owner)

    def __reduce__(self) -> Any:
        return type(self), (self.function,)  # a copy records anew

    def _replayed(self, arguments: tuple[Any, ...]) -> Any:
        key = signature(arguments), is_recording()
        programs = self.programs.get(key)
        if programs is None:
            if len(self.programs) >= SIGNATURES:
                self._drop(self.programs.pop(next(iter(self.programs))))
            programs = self.programs[key] = []
        leaves = arguments if all(type(x) is np.ndarray for x in arguments) else flatten(arguments)[0]
        for place, program in enumerate(programs):
            try:
                if program in self._checked:
                    result = program.replay.run(leaves)
                else:
                    result = self._compared(program, arguments, leaves)
            except Diverged:
                continue
            if place:
                programs.insert(0, programs.pop(place))
            return result
        program = Program(self.function, arguments)
        programs.insert(0, program)
        self._drop(programs[VARIANTS:])
        del programs[VARIANTS:]
        return program.result

    def _drop(self, programs: list[Program]) -> None:
        self._checked.difference_update(programs)

    def _compared(self, program: Program, arguments: tuple[Any, ...], leaves: Any) -> Any:
        """Run the program and the function from one state, and compare what they come to."""
        kept = Kept(program, leaves)
        result = program.replay.run(leaves)
        replayed = Left.by_run(program, leaves, result)
        kept.put_back()
        agree(program, self.function, arguments, leaves, replayed)
        self._checked.add(program)
        return result


def compile(step: Callable[..., Any]) -> Compiled:
    """Record a step once and replay it from then on: the same numbers, in less time.

    Parameters
    ----------
    step: a function of arrays, Tensors and constants; it may call ``backward()`` and an optimiser.

    Raises
    ------
    TypeError: it is no function.
    CutGraphError: at the second call, for a step that asks for a number as such, as ``float(loss)`` does.
    RecordError: at the second or third call, for a step that depends on what a recording cannot see.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> w = Tensor(np.zeros(2), requires_grad=True, label="w")
    >>> @compile
    ... def step(x, y):
    ...     w.zero_grad()
    ...     loss = ((x @ w - y) ** 2).mean()
    ...     loss.backward()
    ...     w.add_(-0.01 * w.grad)
    ...     return loss
    >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])
    >>> [round(step(x, y).item(), 4) for _ in range(5)]
    [2.5, 1.2325, 0.609, 0.3024, 0.1515]
    """
    if not callable(step):
        raise TypeError(f"compile() takes a function, not {step!r:.60}")
    return Compiled(step)


def _is_watched() -> bool:
    """Whether each operation matters: to a larger step, to a transform, or to ``detect_anomaly``."""
    mode = MODE.get()
    return runs_as_it_is() or (mode is not None and bool(mode.recorder or mode.traced or mode.watch))
