"""``compile``: a step that is recorded once and replayed from then on."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..errors import RecordError
from ..grad_mode import MODE, is_recording
from ..graph import Node, get_grad
from ..structure import flatten
from .calls import Diverged
from .program import Program
from .recorded import by_name
from .replay import write_back
from .signature import signature

VARIANTS = 8
"""How many branches of one signature are kept as programs."""


class Compiled:
    """A function that is recorded for every signature of its arguments, and replayed.

    The first call of all runs the function as it is, so that an optimiser can set up its state. The first
    with new shapes records it. The second runs both the recording and the function, from one state, and
    compares them. All others replay.

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
            return _run(self.function, *arguments, **options)
        with self._lock:  # one thread at a time: a recording puts stand-ins into the nodes that it meets
            if options:
                return self._replayed(by_name(self.function), (*arguments, options))
            return self._replayed(self.function, arguments)

    def _replayed(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        # A dict in the last place is not the same as arguments with a name.
        key = signature(arguments), function is self.function, is_recording()
        programs = self.programs.setdefault(key, [])
        leaves = arguments if all(type(x) is np.ndarray for x in arguments) else flatten(arguments)[0]
        for place, program in enumerate(programs):
            try:
                if program in self._checked:
                    result = program.replay.run(leaves)
                else:
                    result = self._compared(program, function, arguments, leaves)
            except Diverged:
                continue
            if place:
                programs.insert(0, programs.pop(place))
            return result
        program = Program(function, arguments)
        programs.insert(0, program)
        for old in programs[VARIANTS:]:
            self._checked.discard(old)
        del programs[VARIANTS:]
        return program.result

    def _compared(
        self, program: Program, function: Callable[..., Any], arguments: tuple[Any, ...], leaves: Any
    ) -> Any:
        """Run the recording and the function from one state, and compare what they come to."""
        before = program.snapshot(program.written)
        numbers = [value.data for value, _ in program.cells]
        kept = [(node, _copied(get_grad(node))) for node in _owners(program, leaves)]
        given = [(leaves[place], _copied(_data(leaves[place]))) for place in _changed(program)]
        replayed = _come_to(program, leaves, program.replay.run(leaves))
        program.restore(before)
        for (value, _), number in zip(program.cells, numbers, strict=True):
            value.data = number
        for node, gradient in kept:
            node.grad = gradient
        for argument, data in given:
            write_back(argument, data)
        result = _run(function, *arguments)
        program.keep_memory()
        names, expected = _names(program, leaves), _come_to(program, leaves, result)
        for name, a, b, size in zip(names, replayed, expected, _sizes(names, expected), strict=True):
            if not _agree(a, b, size):
                raise RecordError(
                    f"the second run of {program.name} came to another {name} than its recording. Something "
                    "in it changes that a recording cannot see: a Python number that is counted up, an array "
                    "that is chosen outside, random numbers drawn with NumPy. Pass what changes as an "
                    "argument, keep it in an array that autograd.lend() hands out, and draw with "
                    "autograd.random_numbers()"
                )
        self._checked.add(program)
        return result


def compile(step: Callable[..., Any]) -> Compiled:
    """Record a step once and replay it from then on: the same numbers, in less time.

    Parameters
    ----------
    step: a function of arrays, Tensors and constants; it may call ``backward()`` and an optimiser.

    Raises
    ------
    CutGraphError: at the second call, for a step that asks for a number as such, as ``float(loss)`` does.
    RecordError: at the third call, for a step in which something changes that a recording cannot see.

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
    return Compiled(step)


_RUNNING: ContextVar[bool] = ContextVar("autograd_compiled_running", default=False)
"""Whether a compiled function runs as it is."""


def _run(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Run a function as it is, and with it all compiled functions that it calls: their graphs are needed."""
    token = _RUNNING.set(True)
    try:
        return function(*arguments, **options)
    finally:
        _RUNNING.reset(token)


def _is_watched() -> bool:
    """Whether each operation matters: to a larger step, to a transform, or to ``detect_anomaly``."""
    mode = MODE.get()
    return _RUNNING.get() or (mode is not None and bool(mode.recorder or mode.traced or mode.watch))


def _owners(program: Program, leaves: Any) -> list[Node]:
    """The nodes whose gradients are left, also those among the arguments."""
    return [owner if isinstance(owner, Node) else leaves[owner] for owner, _ in program.gradients]


def _changed(program: Program) -> list[int]:
    """The places of arguments that are changed."""
    return [owner for owner, _ in program.rebound if isinstance(owner, int)]


def _data(argument: Any) -> Any:
    return argument if isinstance(argument, np.ndarray) else argument.data


def _copied(gradient: Any) -> Any:
    return gradient.copy() if isinstance(gradient, np.ndarray) else gradient


def _names(program: Program, leaves: Any) -> list[str]:
    results = ["result"] * len(program.outputs)
    gradients = [f"gradient of {node.name()}" for node in _owners(program, leaves)]
    changed = [f"argument {place}" for place in _changed(program)]
    state = [f"state of shape {slot.shape}" for slot in program.written]
    return [*results, *gradients, *changed, *state, *[f"number {value.label}" for value, _ in program.cells]]


def _come_to(program: Program, leaves: Any, result: Any) -> list[Any]:
    """Everything that a run leaves behind, copied."""
    results = [getattr(x, "plain", x) for x in flatten(result)[0]]
    gradients = [_copied(get_grad(node)) for node in _owners(program, leaves)]
    changed = [_copied(_data(leaves[place])) for place in _changed(program)]
    state = [slot.value.copy() for slot in program.written]
    return [*results, *gradients, *changed, *state, *[value.data for value, _ in program.cells]]


def _sizes(names: list[str], numbers: list[Any]) -> list[float]:
    """The size of each number, of a gradient that of the largest one: what is 0 but for rounding is small."""
    sizes = [
        float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x)))
        if isinstance(x, (float, np.ndarray, np.generic)) and np.asarray(x).dtype.kind == "f"
        else 0.0
        for x in numbers
    ]
    largest = max(
        (s for name, s in zip(names, sizes, strict=True) if name.startswith("gradient")), default=0.0
    )
    return [
        max(s, largest) if name.startswith("gradient") else s for name, s in zip(names, sizes, strict=True)
    ]


def _agree(a: Any, b: Any, size: float) -> bool:
    """Whether two numbers are the same but for the order of additions."""
    if a is None or b is None:
        return a is b
    if not isinstance(a, (float, np.ndarray, np.generic)):
        return bool(a == b)
    a, b = np.asarray(a), np.asarray(b)
    if np.array_equal(a, b):  # as most are, and soon told
        return True
    if a.shape != b.shape or a.dtype.kind not in "fc":
        return False
    tolerance = float(np.sqrt(np.finfo(a.dtype).eps))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * size, equal_nan=True))
