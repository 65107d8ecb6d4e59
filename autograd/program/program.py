"""``record``: a function as a flat list of instructions, which can be printed and run again.

A list of single assignments is how derivatives were first computed by machine (Wengert 1964).
"""

from __future__ import annotations

import contextlib
import functools
import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import RecordError, ShapeError
from ..graph import Node, get_data, get_grad, is_recording, mode, note_changes, set_grad
from ..modes import quietly
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value, constant
from .instruction import Instruction
from .listing import html, listing
from .naming import argument_names
from .plan import Plan
from .recorder import Diverged, Recorder, check, draw
from .scalars import grouped
from .signature import differences, signature
from .simplify import simplified
from .slot import Slot

if TYPE_CHECKING:
    from .elsewhere import Pure

Owner = Node | int
"""A node from before the recording, or the place of an argument."""


class Program:
    """What a function computed, as a list of instructions.

    Calling it runs the instructions on other inputs of the same shapes and dtypes. Parameters and other
    memory that the function changed are changed, too, and gradients are left where it left them.

    Attributes
    ----------
    instructions: every call in order.
    inputs: the slots of the arguments, by their places.
    leaves: the slots of memory that outlives the program, such as parameters.
    outputs: the slots of the results; what is no slot is a constant.
    arguments: the name of each argument. names: of memory and results that have one of their own.

    >>> program = record(lambda x: x * x + 1)(3.0)
    >>> program(5.0)
    26.0
    >>> print(program)
    program of <lambda>: 2 instructions, 1 input
    x  = argument 0  float  3
    v1 = x * x       float  9
    v2 = v1 + 1      float  10
    returns v2
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.name = getattr(function, "__name__", type(function).__name__)
        self.arguments = argument_names(function, arguments)
        self.signature = signature(arguments)
        leaves, build = flatten(arguments)
        recorder = Recorder()
        self.inputs: dict[int, Slot] = {}
        self._places: dict[Node, int] = {}
        given = [self._given(place, x, recorder) for place, x in enumerate(leaves)]
        outputs: list[Any] = []
        try:
            # Nothing becomes garbage meanwhile, and the collector would look through all of it.
            with mode(recorder=recorder, recording=is_recording()), _without_collections():
                result = _run(function, build(given))
            outputs, self._build = flatten(result)
            slots = [x._data if isinstance(x, Node) else x for x in outputs]
        finally:
            rebound, gradients = recorder.finish()
        self.result = self._build([_in_kind(slot, x) for slot, x in zip(slots, outputs, strict=True)])
        self._kinds = outputs
        self.instructions, same = simplified(recorder.instructions)
        self.leaves = list(recorder.leaves.values())
        self.generators, self.modules = recorder.generators, recorder.modules
        self.names = {same.get(slot, slot): name for slot, name in recorder.names.items()}
        self.cells: list[tuple[Value, Slot]] = []  # Values whose number is read at every run
        self.tensors: list[tuple[Tensor, Any, Any]] = []  # Tensors that have to be as they were
        for node, (before, slot) in recorder.touched.items():
            if node in self._places:
                continue
            if isinstance(node, Value):
                self.cells.append((node, slot))
            elif isinstance(node, Tensor):
                self.tensors.append((node, before, node.operation))
        self.gradients_before = [(self._owner(n), slot) for n, slot in recorder.gradients_before.items()]
        self.outputs = [same.get(x, x) if isinstance(x, Slot) else x for x in slots]
        self._absent = [self._owner(node) for node in recorder.absent if node in recorder.touched]
        self.gradients: list[tuple[Owner, Slot | None]] = [
            (self._owner(n), None if slot is None else same.get(slot, slot)) for n, slot in gradients
        ]
        self.rebound: list[tuple[Owner, Slot]] = []
        for node, slot in rebound:
            slot = same.get(slot, slot)
            own = recorder.touched[node][1]
            if isinstance(node, Tensor):  # its memory stays, with other numbers in it
                self.instructions.append(Instruction(np.copyto, (own, slot), {}, own, writes=True))
                slot = own
            if isinstance(node, Value) or node in self._places:
                self.rebound.append((self._owner(node), slot))
        self._lock = threading.Lock()
        self._prepare()

    def _given(self, place: int, x: Any, recorder: Recorder) -> Any:
        """An argument as the function is to see it."""
        if isinstance(x, Node):
            if x.parents:
                raise RecordError(
                    f"argument {place} is {x.name()}, the result of a graph from before the recording; pass "
                    "it .detach()ed, or compute it inside of the recorded function"
                )
            scalar = isinstance(x, Value)
            self.inputs[place] = slot = recorder.input(np.float64(x._data) if scalar else x._data, scalar)
            self._places[x] = place
            recorder.touched[x] = x._data, slot
            x._data = slot
            return x
        if isinstance(x, float):
            self.inputs[place] = recorder.input(np.float64(x), weak=True)
        elif isinstance(x, (np.ndarray, np.generic)):
            self.inputs[place] = recorder.input(x)
        return self.inputs.get(place, x)

    def _owner(self, node: Node) -> Owner:
        return self._places.get(node, node)

    def _prepare(self) -> None:
        """Find out what the program writes into, and what has to be undone if a branch diverges."""
        outside = set(self.leaves) | set(self.inputs.values())
        written: dict[Slot, int] = {}
        last_check = -1
        for place, instruction in enumerate(self.instructions):
            if instruction.function is check:
                last_check = place
            elif instruction.writes and instruction.output.storage in outside:
                written.setdefault(instruction.output.storage, place)
        inputs = {slot: place for place, slot in self.inputs.items()}
        self.written = [slot for slot in written if slot not in inputs]
        self.undone = [slot for slot in self.written if written[slot] < last_check]
        drawn = any(i.function is draw for i in self.instructions[: max(last_check, 0)])
        self._undoes = drawn or bool(self.undone)
        self.rebound += [(inputs[slot], slot) for slot in written if slot in inputs]
        memories = [slot.value for slot in self.written]
        self.changed = [
            tensor
            for tensor, memory, _ in self.tensors
            if any(np.may_share_memory(memory, m) for m in memories)
        ]

    # -- running --------------------------------------------------------------------------

    @functools.cached_property
    def plan(self) -> Plan:
        """The calls, bound to memory; made at the first run."""
        with _without_collections():
            return self._planned()

    def _planned(self) -> Plan:
        kept = [slot for slot in self.outputs if isinstance(slot, Slot)]
        kept += [slot for _, slot in self.gradients if slot is not None] + [slot for _, slot in self.rebound]
        cells = [slot for _, slot in self.cells]
        read = [slot for _, slot in self.gradients_before]
        outside = [*self.leaves, *self.inputs.values(), *cells, *read]
        numbers = [*cells, *[slot for slot in (*self.inputs.values(), *read) if slot.weak]]
        return Plan(self.instructions, outside, kept, grouped(self.instructions, numbers, kept))

    @functools.cached_property
    def _followers(self) -> dict[int, list[int]]:
        return {place: self.plan.followers(slot) for place, slot in self.inputs.items()}

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the program on these arguments.

        Raises
        ------
        ShapeError: they differ in structure, shape or dtype from those that it was recorded for.
        RecordError: a branch would be another one now, or a parameter was replaced; record it again.
        """
        if options:
            arguments = (*arguments, options)
        if signature(arguments) != self.signature:
            raise ShapeError(
                f"{self.name} was recorded for other arguments: {differences(self.signature, arguments)}"
            )
        try:
            return self.run(flatten(arguments)[0])
        except Diverged as reason:
            raise RecordError(
                f"{self.name} would not do now what was recorded: {reason}; record it again"
            ) from None

    @quietly
    def batch(self, *arguments: Any) -> Any:
        """Run a program of single numbers on many inputs at once: arrays (batch,) in the place of numbers.

        The function stays as it was written, for one item; the results are arrays (batch,).

        Raises
        ------
        RecordError: the program computes with arrays, changes what is outside of it, or would take another
            branch for an item.
        ShapeError: the arrays are not of one length.

        >>> program = record(lambda x, y: x * y + x)(1.0, 2.0)
        >>> program.batch(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))
        array([1., 4., 9.])
        """
        from .batch import run_batch

        return self._build(run_batch(self, flatten(arguments)[0]))

    def run(self, leaves: Sequence[Any]) -> Any:
        """Run the program on the leaves of arguments that are known to fit; one thread at a time.

        Raises
        ------
        Diverged: it would not do now what was recorded; everything is as it was.
        """
        with self._lock, np.errstate(all="ignore"):
            return self._run(leaves)

    def _run(self, leaves: Sequence[Any]) -> Any:
        plan = self.plan
        arrays = plan.arrays
        self._look(leaves)
        for place, slot in self.inputs.items():
            self._feed(place, slot, leaves[place])
        if plan.memory is not None and self.cells:  # they have the first places
            plan.memory[: len(self.cells)] = [value._data for value, _ in self.cells]
        else:
            for value, slot in self.cells:
                arrays[slot][...] = value._data
        before = self.snapshot(self.undone) if self._undoes else None
        try:
            for call in plan.calls:
                call()
        except Diverged:
            if before is not None:
                self.restore(before)
            raise
        changed: list[Node] = [*self.changed]
        if self.rebound:
            for (owner, _), number in zip(self.rebound, self._numbers(self._rebound_slots), strict=True):
                node = _node(owner, leaves)
                changed.append(node)
                if isinstance(node, Value):
                    node._data = number
                else:
                    node.data = number
        note_changes(changed)
        for tensor, gradient in self._left:
            set_grad(tensor, gradient)
        if self._handed:
            for (owner, _), number in zip(self._handed, self._numbers(self._handed_slots), strict=True):
                set_grad(_node(owner, leaves), number)
        return self._build(
            [_in_kind(slot, kind, arrays) for slot, kind in zip(self.outputs, self._kinds, strict=True)]
        )

    @functools.cached_property
    def _columns(self) -> tuple[list[Tensor], list[Any], list[Any]]:
        """Tensors, their arrays and their operations, which :meth:`_look` compares all at once."""
        return (
            [t for t, _, _ in self.tensors],
            [m for _, m, _ in self.tensors],
            [o for _, _, o in self.tensors],
        )

    def _numbers(self, slots: _Places) -> list[Any]:
        """The numbers or arrays of slots, in memory of their own; numbers of one memory all at once."""
        if slots.places is not None:
            assert self.plan.memory is not None
            return self.plan.memory[slots.places].tolist()  # type: ignore[no-any-return]
        arrays = self.plan.arrays
        return [float(arrays[slot]) if slot.weak else arrays[slot].copy() for slot in slots.slots]

    @functools.cached_property
    def _rebound_slots(self) -> _Places:
        return _Places.of(self.plan, [slot for _, slot in self.rebound])

    @functools.cached_property
    def _handed_slots(self) -> _Places:
        return _Places.of(self.plan, [slot for _, slot in self._handed])

    def _look(self, leaves: Sequence[Any]) -> None:
        """See whether all that was recorded is still so.

        Raises
        ------
        Diverged: it is not.
        """
        tensors, memories, operations = self._columns
        if not all(map(is_, map(get_data, tensors), memories)):
            raise Diverged("a parameter was given another array")
        if not all(map(is_, map(attrgetter("operation"), tensors), operations)):
            raise Diverged("the gradient of a parameter was switched on or off")
        if list(map(attrgetter("training"), self.modules)) != list(self.modules.values()):
            raise Diverged("a module was switched between training and evaluation")
        for owner in self._absent:
            if get_grad(_node(owner, leaves)) is not None:
                raise Diverged("a gradient is there, which would be added to")
        for owner, slot in self.gradients_before:
            gradient = get_grad(_node(owner, leaves))
            if gradient is None:
                raise Diverged("a gradient that was added to is not there")
            self.plan.arrays[slot][...] = gradient

    @functools.cached_property
    def _left(self) -> list[tuple[Node, Any]]:
        """Tensors with the gradients that a run leaves in them: the memory is the same at every run."""
        return [
            (owner, None if slot is None else self.plan.arrays[slot])
            for owner, slot in self.gradients
            if isinstance(owner, Node) and (slot is None or isinstance(owner, Tensor))
        ]

    @functools.cached_property
    def _handed(self) -> list[tuple[Owner, Slot]]:
        """Arguments and Values with the slots of their gradients."""
        return [
            (owner, slot)
            for owner, slot in self.gradients
            if slot is not None and not isinstance(owner, Tensor)
        ]

    def _feed(self, place: int, slot: Slot, given: Any) -> None:
        """Let an input be the array that was given, without a copy where its memory is laid out alike."""
        array = given._data if isinstance(given, Node) else given
        own = self._own[slot]
        if type(array) is not np.ndarray or array.strides != own.strides or slot in self._copied:
            own[...] = array  # never into the caller's array
            array = own
        if array is not self.plan.arrays[slot]:
            self.plan.move(slot, array, self._followers[place])

    @functools.cached_property
    def _own(self) -> dict[Slot, Any]:
        """Memory of the program's own for its inputs, laid out as what they were recorded from."""
        return {slot: self.plan.arrays[slot] for slot in self.inputs.values()}

    @functools.cached_property
    def _copied(self) -> frozenset[Slot]:
        """Inputs that are always copied: the program writes into them, or takes single numbers from them."""
        return frozenset(slot for _, slot in self.rebound) | self.plan.sources

    def snapshot(self, slots: Sequence[Slot]) -> tuple[list[tuple[Slot, Any]], list[Any]]:
        """Copies of memory, and where the random generators stand."""
        return [(slot, slot.value.copy()) for slot in slots], [g.bit_generator.state for g in self.generators]

    def restore(self, snapshot: tuple[list[tuple[Slot, Any]], list[Any]]) -> None:
        """Put memory and generators back."""
        for slot, array in snapshot[0]:
            slot.value[...] = array
        for generator, state in zip(self.generators, snapshot[1], strict=True):
            generator.bit_generator.state = state

    # -- elsewhere ------------------------------------------------------------------------

    def to_jax(self) -> Pure:
        """The program as a pure function of JAX's arrays, for ``jax.jit``, ``jax.vmap`` and ``jax.sharding``.

        Raises
        ------
        ImportError: JAX is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure, jax_engine

        return Pure(self, jax_engine())

    def to_torch(self) -> Pure:
        """The program as a function of PyTorch's tensors, on whatever device they are.

        Raises
        ------
        ImportError: PyTorch or array_api_compat is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure, torch_engine

        return Pure(self, torch_engine())

    # -- in words -------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.instructions)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def listing(self, limit: int | None = 60, width: int = 110) -> str:
        """The program as a table: what is set to what, its dtype and shape, and what it holds then.

        Each name is set once, except for memory that is written into: ``w -= v9`` is in place. The numbers
        are those of one more run from where things stand, which leaves no trace.

        Parameters
        ----------
        limit: how many lines of arguments, of memory and of each phase are shown; None for all.
        width: how many characters a line may have; formulas are cut to it.

        Raises
        ------
        ValueError: the limit is negative, or the width is not positive.
        """
        if (limit is not None and limit < 0) or width < 1:
            raise ValueError(
                f"listing(limit={limit}, width={width}): a limit is at least 0, a width at least 1"
            )
        return listing(self, limit, width)

    def __str__(self) -> str:
        return self.listing()

    def _repr_html_(self) -> str:
        return html(self, limit=60)

    def __repr__(self) -> str:
        return f"<program of {self.name}: {len(self)} instructions>"


class _Places(NamedTuple):
    """Slots, and their places in the memory of all numbers where they are there."""

    slots: list[Slot]
    places: Any

    @classmethod
    def of(cls, plan: Plan, slots: list[Slot]) -> _Places:
        known = plan.arrays.places
        return cls(
            slots, np.array([known[s] for s in slots]) if slots and all(s in known for s in slots) else None
        )


def record(function: Callable[..., Any]) -> Callable[..., Program]:
    """Run a function once, for real, and write down all that it computes.

    ``record(fn)(*args)`` returns the :class:`Program`; its ``result`` is what fn returned. The function
    may take and return floats, arrays, Values, Tensors and structures of them, and may make a whole step
    of training. Floats, arrays and nodes passed in are inputs; anything else is part of the program.

    Raises
    ------
    CutGraphError: the function asks for a number as such, as ``float()`` does, which would freeze it.
    RecordError: it does something that cannot be repeated from a list of array calls.

    >>> from autograd import Value, tanh
    >>> w = Value(0.5, label="w")
    >>> program = record(lambda x: tanh(w * x))(2.0)
    >>> round(program(4.0).data, 6)
    0.964028
    """

    @functools.wraps(function)
    def recorded(*arguments: Any, **options: Any) -> Program:
        return Program(by_name(function), (*arguments, options)) if options else Program(function, arguments)

    return recorded


def by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes the arguments with a name as a dict, its last argument.

    >>> by_name(lambda x, y: x - y)(5, {"y": 3})
    2
    """

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        return function(*arguments[:-1], **arguments[-1])

    return called


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@quietly
def _run(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    return function(*arguments)


def _node(owner: Owner, leaves: Sequence[Any]) -> Any:
    return leaves[owner] if isinstance(owner, int) else owner


def _in_kind(slot: Any, kind: Any, arrays: Any = None) -> Any:
    """A result as the function returned it: a Tensor, a Value, an array, a float, or a constant."""
    if not isinstance(slot, Slot):
        return kind.detach() if isinstance(kind, (Value, Tensor)) else slot
    array = slot.value if arrays is None else arrays[slot]
    if isinstance(kind, Tensor):
        return Tensor(array, label=kind.label)
    if isinstance(kind, Value):
        return constant(float(array), kind.label)
    return float(array) if slot.weak else np.array(array)[()]
