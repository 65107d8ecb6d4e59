"""``Pure``: a program as a pure function of another engine's arrays.

Memory that a program shares with the outside, such as parameters and the state of an optimiser, becomes
a value that goes in and comes out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import RecordError, ShapeError
from ..graph import Node, get_grad, note_changes
from ..value import Value
from .branch import check
from .calls import draw
from .engines import Engine
from .functional import Run, Span, is_known
from .instruction import Instruction, slots_in
from .program import Program
from .settings import set_otherwise
from .slot import Slot
from .wording import name_of

State = dict[str, Any]
"""The memory of a program from outside: arrays of an engine by name."""


class Held(NamedTuple):
    """One array of the state.

    Attributes
    ----------
    before, after: its slots when a run begins and when it ends.
    read, store: how it is had from the model, and put back.
    """

    before: Slot
    after: Slot
    read: Callable[[], Any]
    store: Callable[[Any], None]


class Pure:
    """A program as a pure function of another library's arrays.

    A program that changes nothing is a function of its arguments, ``result = pure(*arguments)``. One that
    changes memory from outside, as a step of training does, takes that memory first and returns it first:
    ``state, result = pure(state, *arguments)``, beginning with :meth:`state`. (The first kind may be given a
    state, too; without one it computes with the memory as it is when the function is called, or compiled.)
    Random numbers are an input: ``pure(..., random=pure.random())``.

    A compiled function cannot raise. Where a branch of the program would be another one, or an index lies
    outside of its array, every float in what it returns is NaN.

    Attributes
    ----------
    program: the program.
    engine: what it runs on.
    changes: whether the program changes memory from outside.

    Raises
    ------
    RecordError: a call has no equivalent in the array API standard, or the program changes its arguments.
    """

    def __init__(self, program: Program, engine: Engine) -> None:
        self.program, self.engine = program, engine
        for instruction in program.instructions:
            if not is_known(instruction.function):
                self._refuse(f"{name_of(instruction.function)} has no equivalent in the array API standard")
            if instruction.chooses:
                self._refuse("a mask chooses how many elements a result has; use where")
        for owner, _ in [*program.rebound, *program.gradients_before]:
            if isinstance(owner, int):
                self._refuse(f"it changes argument {owner} or its gradient; return what it is to be instead")
        if len(set(program.inputs.values())) < len(program.inputs):
            self._refuse("two arguments were the same Tensor or Value; record it with two of them")
        left = dict(program.gradients)
        for owner in program.absent:
            if isinstance(owner, Node) and left.get(owner) is not None:
                self._refuse(
                    f"{owner.name()} had no gradient when it was recorded, and has one after; another run "
                    "would add to it. Forget gradients in the function, or record it once they are there"
                )
        roots, self._spans = _memory(program)
        self._held = dict(_named(program, roots))
        self.changes = bool(program.written or program.rebound or program.gradients_before)
        self._views = {i.output: i for i in program.instructions if i.is_view}
        self._draws = [i for i in program.instructions if i.function is draw]
        self._wide = _wide(program)
        checked = any(self._may_fail(instruction) for instruction in program.instructions)
        seen = [*program.returned, *[held.after for held in self._held.values()]]
        if checked and not any(slot.dtype.kind == "f" for slot in seen):
            self._refuse(
                "it has a branch, or an index that is computed, and returns no floats, of which NaN would "
                "say that another run should have done something else; return one more"
            )

    def _refuse(self, reason: str) -> None:
        raise RecordError(f"{self.program.name} cannot run on {self.engine.name}: {reason}")

    def _ready(self) -> None:
        """See whether the engine computes as precisely as the program does."""
        if self._wide and not self.engine.is_wide():
            self._refuse(
                f"{self._wide} is in float64, and JAX is set to 32 bits. Call "
                'jax.config.update("jax_enable_x64", True) first, or record the program in float32'
            )

    def _may_fail(self, instruction: Instruction) -> bool:
        """Whether a run may find that it ought to compute something else."""
        if instruction.function is operator.getitem and not self.engine.raises:
            return next(slots_in(instruction.arguments[1:]), None) is not None
        return instruction.function is check

    def _current(self) -> None:
        for tensor, memory, _ in self.program.tensors:
            if tensor._data is not memory:
                self._refuse(
                    f"the array of {tensor.name()} was replaced after the recording; record it again"
                )

    def state(self) -> State:
        """The memory that the program has from outside, by name, as arrays of the engine.

        Raises
        ------
        RecordError: the array of a parameter was replaced after the recording, or a setting is another one.
        """
        self._ready()
        if otherwise := set_otherwise(self.program.modules, self.program.settings):
            self._refuse(f"{otherwise} after the recording; record it again")
        return self._state(None)

    def _state(self, like: Any) -> State:
        self._current()
        return {name: self.engine.constant(np.array(held.read()), like) for name, held in self._held.items()}

    def load(self, state: State) -> None:
        """Put a state back where it came from: into parameters, optimisers, Values and gradients.

        Raises
        ------
        TypeError: it is not a state of this program.
        ShapeError: an array has another shape.
        RecordError: the array of a parameter was replaced after the recording.
        """
        self._current()
        if not self._is_state(state):
            raise TypeError(f"load() of {self.program.name} takes a state of {sorted(self._held)}")
        arrays = {name: self.engine.plain(array) for name, array in state.items()}
        for name, held in self._held.items():
            if arrays[name].shape != held.before.shape:
                raise ShapeError(f"{name} has shape {held.before.shape}, the state {arrays[name].shape}")
        for name, held in self._held.items():
            held.store(arrays[name])
        note_changes([*[tensor for tensor, *_ in self.program.tensors], *[v for v, _ in self.program.cells]])

    def random(self) -> list[Any]:
        """Fresh random numbers from the program's own generators, as an argument of the next call."""
        return [self.engine.constant(i.function(*i.arguments), None) for i in self._draws]

    def _is_state(self, given: Any) -> bool:
        return isinstance(given, dict) and given.keys() == self._held.keys()

    def __call__(self, *arguments: Any, random: Sequence[Any] = (), **options: Any) -> Any:
        """Run the program. See the class for what goes in and what comes out.

        Raises
        ------
        TypeError: the state, the random numbers or arguments are missing, or there are others.
        ShapeError: an array has another shape or dtype than the program was recorded for.
        RecordError: the program computes in float64, and the engine is set to 32 bits.
        """
        self._ready()
        name = self.program.name
        state: State | None = None
        given = self.program.given(arguments, options)
        takes_state = self.changes or not self.program.is_nested_like(given)
        if takes_state and arguments and self._is_state(arguments[0]):
            state, given = arguments[0], self.program.given(arguments[1:], options)
        if self.changes and state is None:
            raise TypeError(
                f"{name} changes memory: call it as state, result = f(state, ...), with the state that "
                f"f.state() gives, of {sorted(self._held)}"
            )
        if len(random) != len(self._draws):
            raise TypeError(
                f"{name} draws random numbers {len(self._draws)} times, and was given {len(random)} arrays "
                "of them: call it with random=f.random()"
            )
        leaves = [x.plain if isinstance(x, Node) else x for x in self.program.leaves_of(given)]
        own = [
            x for x in (*(state or {}).values(), *leaves, *random) if hasattr(x, "dtype") and not _is_numpy(x)
        ]
        like = own[0] if own else None
        state = self._state(like) if state is None else state
        run = Run(self.engine, self._views, self._spans, random, like)
        for key, held in self._held.items():
            run.arrays[held.before] = self._fitting(f"{key!r} of the state", held.before, state[key], run)
        for place, slot in self.program.inputs.items():
            run.arrays[slot] = self._fitting(f"input {place}", slot, leaves[place], run)
        for instruction in self.program.instructions:
            run.step(instruction)
        result = self.program.build(
            [run.result(x) if isinstance(x, Slot) else x for x in self.program.outputs]
        )
        if not self.changes:
            return result
        return {key: run.result(held.after) for key, held in self._held.items()}, result

    def _fitting(self, what: str, slot: Slot, x: Any, run: Run) -> Any:
        """What is given for a slot, as an array of the engine, if it has the shape and dtype recorded."""
        array = run.real(np.asarray(x, slot.dtype if slot.weak else None)) if _is_numpy(x) else x
        dtype = str(array.dtype).rpartition(".")[2]
        fits = array.dtype == self.engine.dtype(slot.dtype) or (slot.weak and np.dtype(dtype).kind in "biuf")
        if tuple(array.shape) != slot.shape or not (
            fits or (np.dtype(dtype).kind == slot.dtype.kind in "iu" and np.can_cast(dtype, slot.dtype))
        ):
            raise ShapeError(
                f"{self.program.name}: {what} was recorded with shape {slot.shape} and dtype {slot.dtype}, "
                f"and is of shape {tuple(array.shape)} and dtype {dtype}"
            )
        return run.fitting(array, slot.dtype)


def _is_numpy(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, float, int))


def _wide(program: Program) -> str:
    """What in a program is in float64, but for numbers that count its runs, and draws; or nothing."""
    slots = {slot: f"argument {program.arguments[p]}" for p, slot in program.inputs.items() if not slot.weak}
    slots |= {slot: "a result" for slot in (*program.returned, *[slot for _, slot in program.rebound])}
    slots |= {slot: "memory" for slot in program.leaves if slot.ndim}
    for instruction in program.instructions:
        if instruction.function is not draw and any(slot.ndim for slot in instruction.inputs()):
            slots.setdefault(instruction.output, f"a result of {name_of(instruction.function)}")
    return next((what for slot, what in slots.items() if slot.dtype == np.float64), "")


def _memory(program: Program) -> tuple[list[Slot], dict[Slot, Span]]:
    """Parameters are parts of an optimiser's flat array: one array of the state, and where in it they are.

    Raises
    ------
    RecordError: two arrays share memory in another way.
    """
    roots: list[Slot] = []
    spans: dict[Slot, Span] = {}
    for slot in sorted(program.leaves, key=lambda slot: -slot.value.nbytes):
        around = [root for root in roots if np.may_share_memory(slot.value, root.value)]
        if not around:
            roots.append(slot)
            continue
        (root, *others), array = around, slot.value
        first, rest = divmod(_address(array) - _address(root.value), root.value.itemsize)
        inside = first >= 0 and first + array.size <= root.value.size and not rest
        plain = all(x.flags.c_contiguous for x in (array, root.value)) and array.dtype == root.value.dtype
        if others or not inside or not plain:
            raise RecordError(
                f"{program.name}: an array of shape {array.shape} and one of shape {root.shape} share "
                "memory, and the one is no contiguous part of the other; this runs on NumPy only"
            )
        spans[slot] = Span(root, first)
    return roots, spans


def _address(array: Any) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def _named(program: Program, roots: Sequence[Slot]) -> Iterator[tuple[str, Held]]:
    """Names for the arrays of the state: their own, or labels; of many, the first and the last."""
    labels = [(memory, tensor.label) for tensor, memory, _ in program.tensors if tensor.label]
    rebound, gradients = dict(program.rebound), dict(program.gradients)
    taken: set[str] = set()

    def named(name: str, held: Held) -> tuple[str, Held]:
        name = name or f"memory{len(taken)}"
        while name in taken:
            name += "'"
        taken.add(name)
        return name, held

    for slot in roots:
        own = [label for memory, label in labels if np.may_share_memory(memory, slot.value)]
        name = program.names.get(slot) or " … ".join(own[:1] + own[1:][-1:])
        yield named(name, Held(slot, slot, *_array(slot.value)))
    for value, slot in program.cells:
        yield named(value.label, Held(slot, rebound.get(value, slot), *_number(value)))
    for owner, slot in program.gradients_before:
        assert isinstance(owner, Node)
        after = gradients.get(owner, slot)
        if after is None:
            raise RecordError(
                f"{program.name} adds to the gradient that {owner.name()} has from before, and clears it at "
                "the end; clear it at the beginning"
            )
        yield named(
            f"gradient of {owner.label or owner.name()}", Held(slot, after, *_gradient(owner, program.name))
        )


def _array(memory: Any) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    return lambda: memory, lambda array: np.copyto(memory, array)


def _number(value: Value) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    return lambda: value.data, lambda array: setattr(value, "data", float(array))


def _gradient(node: Node, name: str) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    def read() -> Any:
        gradient = get_grad(node)
        if gradient is None:
            raise RecordError(f"{name} adds to the gradient of {node.name()}, which has none now")
        return gradient

    return read, lambda array: setattr(node, "grad", float(array) if isinstance(node, Value) else array)
