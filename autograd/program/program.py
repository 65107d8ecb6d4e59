"""``record``: a function as a flat list of instructions, which can be printed and run again.

A list of single assignments is how derivatives were first computed by machine (Wengert 1964).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import RecordError, ShapeError
from ..grad_mode import MODE, is_recording, is_traced, mode
from ..graph import Node
from ..modes import quietly
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value
from .agreement import Left, agree
from .branch import Diverged
from .calls import draw
from .instruction import Instruction
from .listing import html, listing
from .naming import argument_names
from .plan import Plan
from .reach import modules_within_reach
from .recorder import Recorder, without_collections
from .replay import Owner, Replay, refuse_shared
from .results import in_kind, kind_of
from .settings import Settings, set_otherwise
from .signature import differences, signature
from .simplify import simplified
from .slot import Layout, Slot, root

if TYPE_CHECKING:
    from .elsewhere import Pure


class Program:
    """What a function computed, as a list of instructions.

    Calling it runs the instructions on other inputs of the same shapes and dtypes. Parameters and other
    memory that the function changed are changed, too, and gradients are left where it left them.

    Attributes
    ----------
    tape: every call in order.
    inputs: the slots of the arguments, by their places among the leaves of all arguments.
    constants: the other arguments, by their places; they are part of the program.
    structure: how the arguments are nested. again: which of them were the same node.
    nodes: the places of arguments that are nodes. outside: the nodes that are used and are no arguments.
    leaves: the slots of memory that outlives the program, such as parameters.
    outputs: the slots of the results; what is no slot is a constant. kinds: the results as they were.
    cells: Values whose number is read at every run. tensors: Tensors that have to be as they were.
    gradients: the slots of the gradients that are left; None for a gradient that is forgotten.
    gradients_before, absent: gradients that are added to, and those that must not be there.
    settings: of modules and optimisers, which have to be as they were. sets: what of them the function itself
        changes, in words; then it would have to be recorded at every run.
    rebound: the slots of what is assigned to the data of Values and of arguments.
    written: memory that is written into. undone: the part of it that is, before the last branch.
    into: the places of arguments that are written into. roots: the ids of the arrays that hold ``written``.
    spoiled: the memory of gradients that is, before the last branch.
    arguments: the name of each argument. names: of memory and results that have one of their own.

    >>> from autograd import record
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
        current = MODE.get()
        if current is not None and current.recorder is not None:
            raise RecordError(f"{self.name} is part of what is being recorded: call it without record()")
        self.arguments = argument_names(function, arguments)
        self.signature = signature(arguments)
        leaves, build = flatten(arguments)
        recorder = Recorder()
        self.inputs: dict[int, Slot] = {}
        self._places: dict[Node, int] = {}  # of what stands in for each node among the arguments
        self.again = self.nodes_again(leaves)
        self.structure = signature(build([None] * len(leaves)))
        try:
            recorded = self._record(function, leaves, build, recorder)
        finally:
            recorder.put_back()
        agree(self, function, arguments, leaves, recorded)
        self.sets = set_otherwise(self.modules, self.settings)

    def _record(
        self, function: Callable[..., Any], leaves: list[Any], build: Callable[..., Any], recorder: Recorder
    ) -> Left:
        """Run the function and write it down; what it left behind."""
        given = [self._given(place, x, recorder) for place, x in enumerate(leaves)]
        # Nothing becomes garbage meanwhile, and the collector would look through all of it.
        with mode(recorder=recorder, recording=is_recording()), without_collections():
            result = _run(function, build(given))
        outputs, self.build = flatten(result)
        for x in outputs:
            if isinstance(x, str) and any(text in x for text in recorder.texts):
                raise RecordError(
                    f"{self.name} returns the text {x!r:.40} with a number that would never be another "
                    "one; return the number, and make a text of it outside"
                )
        slots = recorder.apart([x._data if isinstance(x, Node) else x for x in outputs])
        rebound, gradients = recorder.finish()
        self.constants = {place: x for place, x in enumerate(leaves) if place not in self.inputs}
        self.kinds = [kind_of(x) for x in outputs]
        self.result = self.build([in_kind(slot, x) for slot, x in zip(slots, self.kinds, strict=True)])
        self._recorder, self.tape = recorder, recorder.tape
        self.tape.others, same = simplified(self.tape.others)
        self.leaves = list(recorder.leaves.values())
        self.generators, self.modules = list(recorder.generators), recorder.modules
        for module in modules_within_reach(function):
            recorder.module(module)
        lent = recorder.leaves.keys()
        assigned = recorder.attributes
        self.settings = [
            Settings(owner, recorder.touched, lent, assigned.get(owner, {})) for owner in recorder.watched
        ]
        self.names = {same.get(slot, slot): name for slot, name in recorder.names.items()}
        self.cells: list[tuple[Value, Slot]] = []
        self.tensors: list[tuple[Tensor, Any, Any]] = []
        for node, (before, slot) in recorder.touched.items():
            if node in self._places:
                continue
            if isinstance(node, Value):
                self.cells.append((node, slot))
            elif isinstance(node, Tensor):
                self.tensors.append((node, before, node.operation))
        self.nodes = [place for place, x in enumerate(leaves) if isinstance(x, Node)]
        self.outside = frozenset(recorder.touched) - self._places.keys()
        self.gradients_before = [(self._owner(n), slot) for n, slot in recorder.gradients_before.items()]
        self.outputs = [same.get(x, x) if isinstance(x, Slot) else x for x in slots]
        self.absent = [self._owner(node) for node in recorder.absent if node in recorder.touched]
        self.gradients: list[tuple[Owner, Slot | None]] = [
            (self._owner(n), None if slot is None else same.get(slot, slot)) for n, slot in gradients
        ]
        self._part_gradients(recorder)
        self.rebound: list[tuple[Owner, Slot]] = []
        for node, slot in rebound:
            slot = same.get(slot, slot)
            own = recorder.touched[node][1]
            if isinstance(node, Tensor):  # its memory stays, with other numbers in it
                self.tape.add(Instruction(np.copyto, (own, slot), {}, own, writes=True))
                slot = own
            if isinstance(node, Value) or node in self._places:
                self.rebound.append((self._owner(node), slot))
        self._prepare()
        refuse_shared(self, leaves)
        left = Left.by_recording(self, leaves)
        read = (slot for _, slot in (*self.cells, *self.gradients_before))
        self.tape.forget({*self.leaves, *self.inputs.values(), *read})
        return left

    def _given(self, place: int, x: Any, recorder: Recorder) -> Any:
        """An argument as the function is to see it."""
        if isinstance(x, Node):
            if x in recorder.given:  # the same node in two places
                _, own = recorder.given[x]
                self.inputs[place] = self.inputs[self._places[own]]
                return own
            if is_traced(x):
                raise RecordError(
                    f"argument {place} is {x.name()}, which a transform differentiates by; a program leaves "
                    "no graph: differentiate the function itself, or record its derivative"
                )
            if x.parents:
                raise RecordError(
                    f"argument {place} is {x.name()}, the result of a graph from before the recording; pass "
                    "it .detach()ed, or compute it inside of the recorded function"
                )
            own, self.inputs[place] = recorder.argument(x, self.arguments[place])
            self._places[own] = place
            return own
        if isinstance(x, (np.ndarray, np.generic)):
            self.inputs[place] = recorder.input(x)
        elif isinstance(x, float):
            self.inputs[place] = recorder.input(np.float64(x), weak=True)
        return self.inputs.get(place, x)

    def nodes_again(self, leaves: Sequence[Any]) -> list[int]:
        """For each argument that is a node, the first place that the same node is in."""
        first: dict[Node, int] = {}
        return [first.setdefault(x, place) for place, x in enumerate(leaves) if isinstance(x, Node)]

    def _owner(self, node: Node) -> Owner:
        return self._places.get(node, node)

    def _part_gradients(self, recorder: Recorder) -> None:
        """Copy gradients that two Tensors share the memory of: changing one of them is not changing both."""
        taken: set[Slot] = set()
        for place, (owner, slot) in enumerate(self.gradients):
            if slot is None or slot.weak:
                continue
            if slot.storage in taken:
                own = Slot(recorder, np.copy(slot.value))
                self.tape.add(Instruction(np.copy, (slot,), {}, own, backward=True))
                self.gradients[place] = owner, own
            taken.add(slot.storage)

    def _prepare(self) -> None:
        """Find out what the program writes into, and what has to be undone if a branch diverges."""
        outside = set(self.leaves) | set(self.inputs.values())
        written: dict[Slot, int] = {}
        first: dict[Slot, int] = {}
        last_check = -1
        for place, instruction in self.tape.others.items():
            first.setdefault(instruction.output.storage, place)
            if instruction.may_diverge:
                last_check = place
            elif instruction.writes and instruction.output.storage in outside:
                written.setdefault(instruction.output.storage, place)
        inputs = {slot: place for place, slot in self.inputs.items()}
        self.written = [slot for slot in written if slot not in inputs]
        self.undone = [slot for slot in self.written if written[slot] < last_check]
        left = {slot.storage for _, slot in self.gradients if slot is not None}
        self.spoiled = [slot for slot in left if first.get(slot, last_check) < last_check]
        drawn = any(i.function is draw for place, i in self.tape.others.items() if place < last_check)
        self.undoes = drawn or bool(self.undone)
        into = [(inputs[slot], slot) for slot in written if slot in inputs]
        self.rebound += into
        self.into = [place for place, _ in into]
        memories = [slot.value for slot in self.written]
        self.roots = frozenset(id(root(memory)) for memory in memories)
        self.changed = [
            tensor
            for tensor, memory, _ in self.tensors
            if any(np.may_share_memory(memory, m) for m in memories)
        ]

    # -- running --------------------------------------------------------------------------

    @functools.cached_property
    def instructions(self) -> list[Instruction]:
        """Every call in order."""
        return self.tape.instructions(self.slots(), self._recorder)

    def slots(self) -> list[Slot]:
        """The slots of what is there before a run, what it leaves, and what has a name."""
        left = (slot for _, slot in (*self.gradients, *self.rebound) if slot is not None)
        given = (slot for _, slot in (*self.cells, *self.gradients_before))
        returned = (slot for slot in self.outputs if isinstance(slot, Slot))
        return [*self.leaves, *self.inputs.values(), *given, *left, *returned, *self.names]

    @functools.cached_property
    def replay(self) -> Replay:
        """The program made ready to be run; made at the first run."""
        return Replay(self)

    @property
    def plan(self) -> Plan:
        """The calls of a run, bound to memory."""
        return self.replay.plan

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
            return self.replay.run(flatten(arguments)[0])
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

        >>> from autograd import record
        >>> program = record(lambda x, y: x * y + x)(1.0, 2.0)
        >>> program.batch(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))
        array([1., 4., 9.])
        """
        from .batch import run_batch

        return self.build(run_batch(self, flatten(arguments)[0]))

    def snapshot(self, slots: Sequence[Slot]) -> tuple[list[tuple[Slot, Any]], list[Any]]:
        """Copies of memory, and where the random generators stand."""
        return [(slot, slot.value.copy()) for slot in slots], [g.bit_generator.state for g in self.generators]

    def restore(self, snapshot: tuple[list[tuple[Slot, Any]], list[Any]]) -> None:
        """Put memory and generators back."""
        for slot, array in snapshot[0]:
            slot.value[...] = array
        for generator, state in zip(self.generators, snapshot[1], strict=True):
            generator.bit_generator.state = state

    def keep_memory(self) -> None:
        """Take the numbers of Tensors that were given another array into the memory that the program has."""
        changed = set(self.changed)  # a list would compare the numbers in them
        for tensor, memory, _ in self.tensors:
            data = tensor._data
            if data is not memory and tensor in changed and Layout.of(data)[:2] == Layout.of(memory)[:2]:
                memory[...] = data
                tensor._data = memory

    # -- elsewhere ------------------------------------------------------------------------

    def to_jax(self) -> Pure:
        """The program as a pure function of JAX's arrays, for ``jax.jit``, ``jax.vmap`` and ``jax.sharding``.

        Raises
        ------
        ImportError: JAX is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure
        from .engines import jax

        return Pure(self, jax())

    def to_torch(self) -> Pure:
        """The program as a function of PyTorch's tensors, on whatever device they are.

        Raises
        ------
        ImportError: PyTorch or array_api_compat is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure
        from .engines import torch

        return Pure(self, torch())

    # -- in words -------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.tape)

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


@quietly
def _run(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    return function(*arguments)
