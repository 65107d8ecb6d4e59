"""``Transcript``: what a function did, as a list of instructions, and what of it is seen outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np

from ..errors import RecordError
from ..grad_mode import MODE, is_recording, is_traced, mode
from ..graph import Node
from ..modes import quietly
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value
from .agreement import Left, agree
from .arguments import argument_names, called, joined, ordered
from .branch import may_diverge
from .calls import draw
from .instruction import Instruction
from .layout import root
from .reach import Reach
from .recorder import Recorder, without_collections
from .results import Kind
from .settings import Settings, set_otherwise
from .signature import signature
from .simplify import simplified
from .slot import FORMATTED, Slot, without_marks
from .tape import Tape

Owner = Node | int
"""A node from before the recording, or the place of an argument."""


class Transcript:
    """A function that was run once and written down.

    Attributes
    ----------
    name: of the function.
    arguments: the name of each leaf of the arguments.
    signature: what other arguments have to share with these.
    tree: how the arguments are nested, with nothing in their places.
    inputs: the slots of the arguments, by their places among the leaves of all arguments.
    constants: the other arguments, by their places; they are part of the program.
    nodes: the places of arguments that are nodes.
    again: for each of them, the first place that the same node is in.
    tape: every call in order.
    leaves: the slots of memory that outlives the program, such as parameters.
    cells: Values whose number is read at every run.
    tensors: Tensors that have to be as they were, with their memory and operation.
    reach: what the function has from outside, by names.
    reached: the nodes that are used and are no arguments.
    gradients_before: gradients that are added to.
    absent: the nodes that must have no gradient, which would be added to.
    generators: random generators that are drawn from.
    modules: modules with the mode that they have to be in.
    settings: of modules and optimisers, what has to be as it was.
    sets: what of it the function itself changes, in words; then it would have to be recorded at every run.
    result: what the function returned.
    outputs: the slots of its parts; what is no slot is a constant.
    kinds: what each part was.
    build: puts parts together.
    gradients: the slots of the gradients that are left; None for a gradient that is forgotten.
    rebound: the slots of what the data of Values and of arguments is afterwards.
    into: the places of arguments that are written into.
    written: other memory that is written into.
    roots: the ids of the arrays that hold it.
    updated: the Tensors whose numbers are in it.
    undone: the part of it that is written into before the last branch.
    undoes: whether that, or random generators, have to be put back where a branch diverges.
    spoiled: the memory of gradients that is written into before the last branch.
    names: of memory and results that have one of their own.

    Raises
    ------
    RecordError: the function does what a list of array calls cannot repeat; everything is as it was.
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
        self.nodes = [place for place, x in enumerate(leaves) if isinstance(x, Node)]
        self.again = self.nodes_again(leaves)
        self.tree = _hollow(arguments)
        try:
            stand_ins = [self._stand_in(place, x, recorder) for place, x in enumerate(leaves)]
            given = build(stand_ins)
            self.constants = {place: x for place, x in enumerate(leaves) if place not in self.inputs}
            self.reach = Reach(function, self.constants.values())
            # Nothing becomes garbage meanwhile, and the collector would look through all of it.
            with mode(recorder=recorder, recording=is_recording()), without_collections():
                recorder.is_running = True
                result = quietly(called)(function, given)
                recorder.is_running = False
            if not self.is_nested_like(given) or not all(map(is_, flatten(given)[0], stand_ins)):
                raise RecordError(
                    f"{self.name} changes a list or a dict among its arguments, which a program would not; "
                    "return what changes"
                )
            self._write_down(result, recorder)
            for module in self.reach.modules:
                recorder.module(module)
            self._depend_on(recorder)
            self._find_written()
            self.refuse_shared(leaves)
            recorded = Left.by_recording(self, leaves)
            read = (slot for _, slot in (*self.cells, *self.gradients_before))
            self.tape.forget({*self.leaves, *self.inputs.values(), *read})
        except Exception as error:
            error.args = tuple(map(without_marks, error.args))
            raise
        finally:
            recorder.is_running = False
            recorder.put_back()
            self._places.clear()
        left = agree(self, function, arguments, leaves, recorded)
        self.kinds = left.kinds  # of the recorded ones nobody knows whether they are floats or NumPy's
        numbers = (x for _, x in left.numbers)
        self.result = self.build([kind.made_of(x) for kind, x in zip(self.kinds, numbers, strict=False)])
        self.sets = set_otherwise(self.modules, self.settings)

    # -- the parts of recording -----------------------------------------------------------

    def _stand_in(self, place: int, x: Any, recorder: Recorder) -> Any:
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

    def _write_down(self, result: Any, recorder: Recorder) -> None:
        """Take over what was computed: the calls, results, gradients and other data of nodes."""
        outputs, self.build = flatten(result)
        for x in outputs:
            if isinstance(x, str) and FORMATTED in x:
                raise RecordError(
                    f"{self.name} returns the text {without_marks(x)!r:.40} with a number that would be the "
                    "same at every run; return the number, and make a text of it outside"
                )
        slots = recorder.apart([x._data if isinstance(x, Node) else x for x in outputs])
        rebound, gradients = recorder.finish()
        self.kinds = [Kind.of(x) for x in outputs]
        self.tape: Tape = recorder.tape
        self.tape.others, same = simplified(self.tape.others)
        self.outputs = [same.get(x, x) if isinstance(x, Slot) else x for x in slots]
        self.names = {same.get(slot, slot): name for slot, name in reversed(recorder.names)}
        self.gradients: list[tuple[Owner, Slot | None]] = [
            (self._owner(node), None if slot is None else same.get(slot, slot)) for node, slot in gradients
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

    def _depend_on(self, recorder: Recorder) -> None:
        """Take over what a run reads besides the arguments, and what has to be as it was."""
        self._recorder = recorder
        self.leaves = list(recorder.leaves.values())
        self.generators, self.modules = list(recorder.generators), recorder.modules
        lent, assigned = recorder.leaves.keys(), recorder.attributes
        self.settings = [
            Settings(owner, recorder.touched, lent, assigned.get(owner, {})) for owner in recorder.watched
        ]
        self.reached = frozenset(recorder.touched) - self._places.keys()
        others = [(node, *seen) for node, seen in recorder.touched.items() if node in self.reached]
        self.cells = [(node, slot) for node, _, slot in others if isinstance(node, Value)]
        self.tensors = [(node, data, node.operation) for node, data, _ in others if isinstance(node, Tensor)]
        self.gradients_before = [(self._owner(n), slot) for n, slot in recorder.gradients_before.items()]
        self.absent = [self._owner(node) for node in recorder.absent if node in recorder.touched]

    def _find_written(self) -> None:
        """Find out what the program writes into, and what has to be undone if a branch diverges."""
        outside = set(self.leaves) | set(self.inputs.values())
        written: dict[Slot, int] = {}
        first: dict[Slot, int] = {}
        last_check = -1
        for place, instruction in self.tape.others.items():
            first.setdefault(instruction.output.storage, place)
            if may_diverge(instruction):
                last_check = place
            elif instruction.writes and instruction.output.storage in outside:
                written.setdefault(instruction.output.storage, place)
        inputs = {slot: place for place, slot in self.inputs.items()}
        self.written: list[Slot] = [slot for slot in written if slot not in inputs]
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
        self.updated = [
            tensor
            for tensor, memory, _ in self.tensors
            if any(np.may_share_memory(memory, m) for m in memories)
        ]

    def _owner(self, node: Node) -> Owner:
        return self._places.get(node, node)

    # -- what is there before and after a run ---------------------------------------------

    def given(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[Any, ...]:
        """All arguments of a run; dicts, and those by name, in the order that they were recorded in."""
        given: tuple[Any, ...] = ordered(joined(arguments, options), self.tree)
        return given

    def is_nested_like(self, arguments: tuple[Any, ...]) -> bool:
        """Whether arguments are as many, and nested in the same way, as those recorded."""
        return bool(signature(_hollow(arguments)) == signature(self.tree))

    def leaves_of(self, arguments: tuple[Any, ...]) -> list[Any]:
        """The leaves of arguments that may be arrays of another kind, or of another shape.

        Raises
        ------
        TypeError: they are nested in another way than those recorded, or other constants are among them.
        """
        if not self.is_nested_like(arguments):
            raise TypeError(f"{self.name} was recorded for arguments of another structure")
        leaves, _ = flatten(arguments)
        for place, constant in self.constants.items():
            if type(leaves[place]) is not type(constant) or leaves[place] != constant:
                raise TypeError(
                    f"{self.name} was recorded for {constant!r} as argument {self.arguments[place]}, and is "
                    f"given {leaves[place]!r}"
                )
        return leaves

    @property
    def returned(self) -> list[Slot]:
        """The slots of the results."""
        return [slot for slot in self.outputs if isinstance(slot, Slot)]

    def before(self) -> list[Slot]:
        """The slots of what is there before a run: numbers of Values, arguments, gradients, and memory."""
        cells, gradients = ([slot for _, slot in kept] for kept in (self.cells, self.gradients_before))
        return [*cells, *self.inputs.values(), *gradients, *self.leaves]

    def after(self) -> Iterator[Slot]:
        """The slots that are looked at after a run: results, gradients, and other data of nodes."""
        yield from self.returned
        yield from (slot for _, slot in (*self.gradients, *self.rebound) if slot is not None)

    def nodes_again(self, leaves: Sequence[Any]) -> list[int]:
        """For each argument that is a node, the first place that the same node is in."""
        first: dict[Node, int] = {}
        return [first.setdefault(leaves[place], place) for place in self.nodes]

    def refuse_shared(self, leaves: Sequence[Any]) -> None:
        """Refuse arguments that a run would change while it reads them as another argument or as memory.

        Raises
        ------
        RecordError: an array shares memory with one that the program writes into, of which it has a copy.
        """
        arrays = [x for x in leaves if type(x) is np.ndarray]
        if not self.into and self.roots.isdisjoint([id(root(x)) for x in arrays]):
            return
        given = {place: leaves[place] for place in self.inputs if type(leaves[place]) is np.ndarray}
        into = [place for place in self.into if place in given]
        changed = [(place, f"argument {self.arguments[place]}", given[place]) for place in into]
        changed += [(-1, self.names.get(slot, "memory from outside"), slot.value) for slot in self.written]
        for own, what, memory in changed:
            for place, array in given.items():
                if place != own and root(array) is root(memory) and np.may_share_memory(array, memory):
                    raise RecordError(
                        f"{self.name}: argument {self.arguments[place]} shares memory with {what}, which "
                        "the function changes; pass a copy of one of them"
                    )

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
        updated = set(self.updated)  # a list would compare the numbers in them
        for tensor, memory, _ in self.tensors:
            data = tensor._data
            if (
                data is not memory
                and tensor in updated
                and (data.shape, data.dtype) == (memory.shape, memory.dtype)
            ):
                memory[...] = data
                tensor._data = memory


def _hollow(arguments: tuple[Any, ...]) -> Any:
    """Nested arguments with nothing in their places."""
    leaves, build = flatten(arguments)
    return build([None] * len(leaves))
