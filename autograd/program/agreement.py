"""Whether a program comes to what its function comes to: both are run from one state and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import RecordError
from ..graph import Node, get_grad
from ..structure import flatten
from .slot import Slot

if TYPE_CHECKING:
    from .program import Program

_RUNNING: ContextVar[bool] = ContextVar("autograd_as_it_is", default=False)


_NUMBERS = (float, np.ndarray, np.generic)


def as_it_is(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Run a function without a program, and with it all compiled functions that it calls."""
    token = _RUNNING.set(True)
    try:
        return function(*arguments, **options)
    finally:
        _RUNNING.reset(token)


def runs_as_it_is() -> bool:
    """Whether a function is run as it is, so that those it calls are, too: their graphs are needed."""
    return _RUNNING.get()


def owners(program: Program, leaves: Sequence[Any]) -> list[Node]:
    """The nodes whose gradients are left, also those among the arguments."""
    return [owner if isinstance(owner, Node) else leaves[owner] for owner, _ in program.gradients]


def changed(program: Program) -> list[int]:
    """The places of arguments that are changed."""
    return [owner for owner, _ in program.rebound if isinstance(owner, int)]


def data_of(argument: Any) -> Any:
    """The array or number of an argument."""
    return argument if isinstance(argument, np.ndarray) else argument.data


def copied(numbers: Any) -> Any:
    """The numbers of an array, apart from its memory."""
    return numbers.copy() if isinstance(numbers, np.ndarray) else numbers


def left_by_run(program: Program, leaves: Sequence[Any], result: Any) -> list[Any]:
    """Everything that a run leaves behind, copied."""
    results = [copied(getattr(x, "plain", x)) for x in flatten(result)[0]]
    gradients = [copied(get_grad(node)) for node in owners(program, leaves)]
    arguments = [copied(data_of(leaves[place])) for place in changed(program)]
    numbers = [value.data for value, _ in program.cells]
    return [*results, *gradients, *arguments, *_memory(program), *numbers]


def left_by_recording(program: Program) -> list[Any]:
    """The same of the recording itself, while its slots hold what it computed."""
    arguments = [slot for owner, slot in program.rebound if isinstance(owner, int)]
    now = dict(program.rebound)
    numbers = [now.get(value, slot) for value, slot in program.cells]
    gradients = [slot for _, slot in program.gradients]
    return [*_held([*program.outputs, *gradients, *arguments]), *_memory(program), *_held(numbers)]


def _held(slots: Iterable[Any]) -> list[Any]:
    return [copied(x.value) if isinstance(x, Slot) else copied(getattr(x, "plain", x)) for x in slots]


def _memory(program: Program) -> list[Any]:
    return [slot.value.copy() for slot in program.written]


def compare(program: Program, leaves: Sequence[Any], ours: Sequence[Any], expected: Sequence[Any]) -> None:
    """Compare what a program and its function left behind.

    Raises
    ------
    RecordError: they are not the same but for the order of additions; everything is as the function left it.
    """
    names = _names(program, leaves)
    for place, name in enumerate(names):
        a, b = ours[place], expected[place]
        if not (_are_the_same(a, b) or _are_close(a, b, _size(names, expected, place))):
            raise RecordError(
                f"the recording of {program.name} came to another {name} than the function itself. Something "
                "in it depends on what a recording cannot see: the type or the text of an argument, a Python "
                "number that is counted up, an array that is chosen outside, numbers drawn with NumPy. "
                "Tell types apart outside of the function, pass what changes as an argument or keep it in an "
                "array that autograd.lend() hands out, and draw with autograd.random_numbers()"
            )


def _names(program: Program, leaves: Sequence[Any]) -> list[str]:
    results = ["result"] * len(program.outputs)
    gradients = [f"gradient of {node.name()}" for node in owners(program, leaves)]
    arguments = [f"argument {place}" for place in changed(program)]
    state = [f"state of shape {slot.shape}" for slot in program.written]
    numbers = [f"number {value.label}" for value, _ in program.cells]
    return [*results, *gradients, *arguments, *state, *numbers]


def _are_the_same(a: Any, b: Any) -> bool:
    """Whether two numbers agree to the bit, as most do and is soon told, or other things are equal."""
    if isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS):
        a, b = np.asarray(a), np.asarray(b)
        return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())
    return not isinstance(a, _NUMBERS) and not isinstance(b, _NUMBERS) and bool(a == b)


def _are_close(a: Any, b: Any, size: float) -> bool:
    """Whether two numbers are the same but for the order of additions."""
    if not (isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS)):
        return False
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype.kind not in "fc":
        return False
    tolerance = float(np.sqrt(np.finfo(a.dtype).eps))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * size, equal_nan=True))


def _size(names: Sequence[str], numbers: Sequence[Any], place: int) -> float:
    """How large a number is, of a gradient the largest of all: what is 0 but for rounding is small."""
    if not names[place].startswith("gradient"):
        return _largest(numbers[place])
    return max(_largest(x) for name, x in zip(names, numbers, strict=True) if name.startswith("gradient"))


def _largest(x: Any) -> float:
    if not isinstance(x, _NUMBERS) or np.asarray(x).dtype.kind != "f":
        return 0.0
    return float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x)))
