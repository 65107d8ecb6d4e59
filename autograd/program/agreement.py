"""Whether a program comes to what its function comes to: both are run from one state and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import RecordError
from ..graph import Node, get_grad
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value
from .arguments import called
from .results import Kind
from .signature import signature
from .slot import Slot

if TYPE_CHECKING:
    from .transcript import Transcript

_NUMBERS = (float, bool, np.ndarray, np.generic)
_RUNNING: ContextVar[bool] = ContextVar("autograd_as_it_is", default=False)
"""Whether a function is run as it is."""


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


class Left(NamedTuple):
    """What a run leaves behind, copied.

    Attributes
    ----------
    structure: of the result, with the kind of each part.
    kinds: of the parts of the result.
    numbers: what each is and how much; those of the parts of the result come first.
    """

    structure: Any
    kinds: list[Kind]
    numbers: list[tuple[str, Any]]

    @classmethod
    def by_run(cls, program: Transcript, leaves: Sequence[Any], result: Any) -> Left:
        """What is left by a run that returned a result."""
        parts, build = flatten(result)
        numbers = [("result", _copied(getattr(x, "plain", x))) for x in parts]
        program.keep_memory()  # which a result may have looked into
        numbers += [(f"gradient of {node.name()}", get_grad(node)) for node in _owners(program, leaves)]
        numbers += [(f"argument {place}", _data(leaves[place])) for place in _changed(program)]
        numbers += [(f"number {value.label}", value.data) for value, _ in program.cells]
        return cls._of(program, [Kind.of(x) for x in parts], build, numbers)

    @classmethod
    def by_recording(cls, program: Transcript, leaves: Sequence[Any]) -> Left:
        """What the recording itself left, while its slots hold what it computed."""
        now = dict(program.rebound)
        numbers = [("result", x) for x in program.outputs]
        numbers += [
            (f"gradient of {node.name()}", slot)
            for node, (_, slot) in zip(_owners(program, leaves), program.gradients, strict=True)
        ]
        numbers += [(f"argument {place}", now[place]) for place in _changed(program)]
        numbers += [(f"number {value.label}", now.get(value, slot)) for value, slot in program.cells]
        return cls._of(program, program.kinds, program.build, numbers)

    @classmethod
    def _of(
        cls, program: Transcript, kinds: list[Kind], build: Any, numbers: Iterable[tuple[str, Any]]
    ) -> Left:
        numbers = [*numbers, *((f"state of shape {slot.shape}", slot) for slot in program.written)]
        held = [(what, x.value if isinstance(x, Slot) else x) for what, x in numbers]
        return cls(
            signature(build([_word(kind.type) for kind in kinds])),
            kinds,
            [(what, _copied(x)) for what, x in held],
        )


class Kept:
    """What a run of a program may change, as it is now."""

    def __init__(self, program: Transcript, leaves: Sequence[Any]) -> None:
        self._program = program
        self._memory = program.snapshot(program.written)
        self._numbers = [value.data for value, _ in program.cells]
        self._gradients = [(node, _copied(get_grad(node))) for node in _owners(program, leaves)]
        self._arguments = [(leaves[place], _copied(_data(leaves[place]))) for place in _changed(program)]

    def put_back(self) -> None:
        """Change it back."""
        self._program.restore(self._memory)
        for (value, _), number in zip(self._program.cells, self._numbers, strict=True):
            value.data = number
        for node, gradient in self._gradients:
            node.grad = gradient
        for argument, data in self._arguments:
            write_back(argument, data)


def agree(
    program: Transcript,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    leaves: Sequence[Any],
    ours: Left,
) -> Left:
    """Run a function as it is, and see whether it leaves behind what its program left; what it left.

    Raises
    ------
    RecordError: it does not, but for the order of additions; everything is as the function left it.
    """
    expected = Left.by_run(program, leaves, as_it_is(called, function, arguments))
    for what, x in expected.numbers:
        if not (isinstance(x, _NUMBERS) or _is_plain(x) or any(x is other for _, other in ours.numbers)):
            raise RecordError(
                f"{program.name} has a {what} of type {type(x).__name__}, and what is in it would not be "
                "computed again; return arrays, Tensors, Values, numbers, or lists, tuples, dicts of these"
            )
    for difference in _differences(ours, expected):
        raise RecordError(
            f"what was recorded of {program.name} came to another {difference}. Something in it depends on "
            "what a recording cannot see: the type or the text of an argument, a Python number that is "
            "counted up, an array that is chosen outside, numbers drawn with NumPy. Tell types apart outside "
            "of the function, pass what changes as an argument or keep it in an array that autograd.lend() "
            "hands out, and draw with autograd.random_numbers()"
        )
    return expected


def write_back(argument: Any, numbers: Any) -> None:
    """Give an argument, an array or a Tensor, the numbers that were written into a copy of it."""
    if isinstance(argument, np.ndarray):
        argument[...] = numbers
    else:
        argument.data = numbers


def _owners(program: Transcript, leaves: Sequence[Any]) -> list[Node]:
    """The nodes whose gradients are left, also those among the arguments."""
    return [owner if isinstance(owner, Node) else leaves[owner] for owner, _ in program.gradients]


def _changed(program: Transcript) -> list[int]:
    """The places of arguments that are changed."""
    return [owner for owner, _ in program.rebound if isinstance(owner, int)]


def _data(argument: Any) -> Any:
    return argument if isinstance(argument, np.ndarray) else argument.data


def _copied(numbers: Any) -> Any:
    return numbers.copy() if isinstance(numbers, np.ndarray) else numbers


def _word(found: type) -> str:
    """What a part of a result is: a Value, a Tensor, a number or an array, or something else."""
    kinds: dict[Any, str] = {Value: "Value", Tensor: "Tensor", (*_NUMBERS, Slot): "number"}
    return next((name for kind, name in kinds.items() if issubclass(found, kind)), found.__name__)


def _differences(ours: Left, expected: Left) -> Iterator[str]:
    """In words, what a program and its function do not agree in."""
    if ours.structure != expected.structure:
        yield "kind or number of results than the function itself"
        return
    largest = None  # of all gradients: what is 0 but for rounding is small beside it
    for (what, a), (_, b) in zip(ours.numbers, expected.numbers, strict=True):
        if _are_the_same(a, b):
            continue
        size = _size(b)
        if what.startswith("gradient"):
            if largest is None:
                largest = max(_size(x) for name, x in expected.numbers if name.startswith("gradient"))
            size = largest
        if not _are_close(a, b, size):
            yield f"{what} than the function itself: {_short(a, b)}, and not {_short(b, a)}"


def _are_the_same(a: Any, b: Any) -> bool:
    """Whether two numbers agree to the bit, as most do and is soon told, or other things are the same."""
    if isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS):
        a, b = np.asarray(a), np.asarray(b)
        return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())
    if isinstance(a, _NUMBERS) or isinstance(b, _NUMBERS):
        return False
    return a is b or (type(a) is type(b) and bool(a == b))


def _is_plain(x: Any) -> bool:
    """Whether something that is no number has no parts that could be other numbers at the next run."""
    return not (isinstance(x, _NUMBERS) or hasattr(x, "__dict__") or hasattr(x, "__dataclass_fields__"))


def _are_close(a: Any, b: Any, size: float) -> bool:
    """Whether two numbers are the same but for the order of additions."""
    if not (isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS)):
        return False
    a, b = np.asarray(a), np.asarray(b)
    if (a.shape, a.dtype) != (b.shape, b.dtype) or a.dtype.kind not in "fc":
        return False
    tolerance = float(np.sqrt(np.finfo(a.dtype).eps))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * size, equal_nan=True))


def _size(x: Any) -> float:
    if not isinstance(x, _NUMBERS) or np.asarray(x).dtype.kind != "f":
        return 0.0
    return float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x)))


def _farthest(x: Any, other: Any) -> str:
    """The element that differs most from its counterpart, and where it stands."""
    if not x.size:
        return ""
    place = 0
    if x.shape == other.shape and not np.array_equal(x, other):
        apart = np.abs(np.subtract(x, other, dtype=complex)).reshape(-1)
        place = int(np.argmax(np.where(np.isnan(apart), np.inf, apart)))
    return f"{'..., ' if place else ''}{x.flat[place]!s}, ..."


def _short(x: Any, other: Any) -> str:
    """A number or an array in a few words; of a number the dtype, where that is the difference."""
    if isinstance(x, np.ndarray) and x.ndim:
        return f"an array of shape {x.shape}, {x.dtype} [{_farthest(x, np.asarray(other))}]"
    dtype, before = (np.asarray(each).dtype for each in (x, other))
    return f"{x!s:.40}" if dtype in (before, object) else f"{x!s:.40}, {dtype}"
