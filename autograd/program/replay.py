"""``Replay``: a program that is run: what goes in, what is looked after, what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..grad_mode import is_traced
from ..graph import Node, get_data, get_grad, latest_change, note_changes, set_grad
from ..tensor import Tensor
from ..value import Value
from .agreement import write_back
from .branch import Diverged
from .layout import root
from .plan import Plan
from .recorder import without_collections
from .scalars import grouped, is_worth_it
from .settings import set_otherwise
from .slot import Slot
from .transcript import Owner

if TYPE_CHECKING:
    from .program import Program

COPIED = 1 << 18
"""Up to how many bytes copying an argument takes less time than binding the calls anew that take it."""


class Replay:
    """A program on memory that is laid out once.

    Attributes
    ----------
    plan: the calls, and the array of every slot.
    latest: the leaves of the arguments of the last run.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        with without_collections():
            self.plan = _planned(program)
        arrays = self.plan.arrays
        self._lock = threading.Lock()
        self.latest: Sequence[Any] = ()
        self._looked = -1  # the latest change when everything was last looked at
        # What the check before every run compares, all at once.
        self._tensors, self._memories, self._operations = (
            [each[column] for each in program.tensors] for column in range(3)
        )
        # Inputs that the program writes into, leaves as a gradient, or takes single numbers from, are always
        # copied.
        left = (slot for _, slot in (*program.rebound, *program.gradients) if slot is not None)
        copied = frozenset(slot.storage for slot in left) | self.plan.sources
        self._inputs = [
            _Input(place, slot, arrays[slot], slot in copied, self.plan.followers(slot), arrays[slot])
            for place, slot in program.inputs.items()
        ]
        # The gradients of Tensors are left where they are computed; others are handed over.
        self._left: list[tuple[Node, Any]] = []
        handed: list[tuple[Owner, Slot]] = []
        for owner, gradient in program.gradients:
            if gradient is not None and not isinstance(owner, Tensor):
                handed.append((owner, gradient))
            elif isinstance(owner, Node):
                self._left.append((owner, None if gradient is None else arrays[gradient]))
        self._used = {id(root(array)) for _, array in self._left if array is not None}
        self._spoiled = [arrays[slot] for slot in program.spoiled]
        self._handed = _Handed.of(handed, self.plan)
        self._rebound = _Handed.of(program.rebound, self.plan)

    def run(self, leaves: Sequence[Any]) -> Any:
        """Run the program on the leaves of arguments that are known to fit; one thread at a time.

        Raises
        ------
        Diverged: it would not do now what was recorded; everything is as it was.
        """
        with self._lock, np.errstate(all="ignore"):
            self._look_at_arguments(leaves)
            if self._looked != latest_change():
                self._look_at_the_rest()
            self._feed(leaves)
            self._call()
            return self._leave(leaves)

    def _look_at_arguments(self, leaves: Sequence[Any]) -> None:
        """See whether arguments and gradients are such as were recorded.

        Raises
        ------
        Diverged: they are not.
        """
        program = self.program
        program.refuse_shared(leaves)
        if otherwise := program.reach.changed():
            raise Diverged(otherwise)
        if program.nodes:
            nodes = [leaves[place] for place in program.nodes]
            if not program.reached.isdisjoint(nodes):
                raise Diverged("an argument is a node that the function also reaches in another way")
            if any([node._parents for node in nodes]):
                raise Diverged("an argument is the result of a graph")
            if any(map(is_traced, nodes)):
                raise Diverged("an argument is what a transform differentiates by")
            if len(nodes) > 1 and program.nodes_again(leaves) != program.again:
                raise Diverged("other arguments are the same node")
        for owner in program.absent:
            if get_grad(_node(owner, leaves)) is not None:
                raise Diverged("a gradient is there, which would be added to")
        for owner, _ in program.gradients_before:
            if get_grad(_node(owner, leaves)) is None:
                raise Diverged("a gradient that was added to is not there")

    def _look_at_the_rest(self) -> None:
        """See whether everything but the arguments is as it was; so it stays until something is changed.

        Raises
        ------
        Diverged: it is not.
        """
        program, latest = self.program, latest_change()
        if not all(map(is_, map(get_data, self._tensors), self._memories)):
            raise Diverged("a parameter was given another array")
        if not all(map(is_, map(attrgetter("operation"), self._tensors), self._operations)):
            raise Diverged("the gradient of a parameter was switched on or off")
        if otherwise := set_otherwise(program.modules, program.settings) or program.sets:
            raise Diverged(otherwise)
        self._looked = latest

    def _feed(self, leaves: Sequence[Any]) -> None:
        """Bring in arguments, numbers of Values, and gradients that are added to."""
        program, plan, arrays = self.program, self.plan, self.plan.arrays
        for given in self._inputs:
            x, own = leaves[given.place], given.own
            array = x._data if isinstance(x, Node) else x
            if array is given.now:
                continue
            fits = type(array) is np.ndarray and array.strides == own.strides and not given.is_copied
            fits = fits and id(root(array)) not in self._used  # a gradient, which is computed anew
            # The calls take the array itself if it is large, or comes again; the others are copied.
            if not fits or (own.nbytes < COPIED and array is not given.before):
                given.before = array
                own[...] = array
                array = own
            if array is not given.now:
                given.now = array
                plan.move(given.slot, array, given.followers)
        if plan.memory is not None and program.cells:  # they have the first places
            plan.memory[: len(program.cells)] = [value._data for value, _ in program.cells]
        else:
            for value, slot in program.cells:
                arrays[slot][...] = value._data
        for owner, slot in program.gradients_before:
            arrays[slot][...] = get_grad(_node(owner, leaves))

    def _call(self) -> None:
        """Make all calls; where a branch goes another way, undo what was changed before it.

        Gradients that another failure may have left half computed are as they were if they were added to,
        and else forgotten.
        """
        program, plan = self.program, self.plan
        before = program.snapshot(program.undone) if program.undoes else None
        gradients = [(array, array.copy()) for array in self._spoiled]
        try:
            for call in plan.calls:
                call()
        except BaseException as failure:
            for array, numbers in gradients:
                array[...] = numbers
            if before is not None:
                program.restore(before)
            if not isinstance(failure, Diverged):
                note_changes(program.updated)  # some of them may be written into already
                added_to = {owner: plan.arrays[slot] for owner, slot in program.gradients_before}
                for tensor, gradient in self._left:
                    if get_grad(tensor) is gradient:
                        tensor.grad = added_to.get(tensor)
            raise

    def _leave(self, leaves: Sequence[Any]) -> Any:
        """Leave data and gradients where the function left them; its results."""
        program, arrays = self.program, self.plan.arrays
        changed: list[Node] = [*program.updated]
        if self._rebound.owners:
            for owner, number in zip(self._rebound.owners, self._rebound.numbers(self.plan), strict=True):
                node = _node(owner, leaves)
                if isinstance(node, Node):
                    changed.append(node)
                if isinstance(node, Value):
                    node._data = number
                else:
                    write_back(node, number)
        before, after = note_changes(changed)
        if self._looked == before:
            self._looked = after
        for tensor, gradient in self._left:
            set_grad(tensor, gradient)
        if self._handed.owners:
            for owner, number in zip(self._handed.owners, self._handed.numbers(self.plan), strict=True):
                set_grad(_node(owner, leaves), number)
        self.latest = leaves
        return program.build(
            [
                kind.made_of(arrays[x] if isinstance(x, Slot) else x)
                for x, kind in zip(program.outputs, program.kinds, strict=True)
            ]
        )


@dataclass(slots=True)
class _Input:
    """An argument that is computed with.

    Attributes
    ----------
    place: its place among the leaves of all arguments.
    own: memory of the program's own for it, laid out as what it was recorded from.
    is_copied: whether it is always copied there.
    followers: the places of the calls that take it.
    now: what they take. before: what was copied last.
    """

    place: int
    slot: Slot
    own: Any
    is_copied: bool
    followers: list[int]
    now: Any
    before: Any = None


class _Handed(NamedTuple):
    """Nodes that are handed numbers, and where these are in the memory of all numbers, if they are there."""

    owners: list[Owner]
    slots: list[Slot]
    places: Any

    @classmethod
    def of(cls, handed: Sequence[tuple[Owner, Slot]], plan: Plan) -> _Handed:
        owners, slots = [owner for owner, _ in handed], [slot for _, slot in handed]
        known = plan.arrays.places
        together = bool(slots) and all(slot in known for slot in slots)
        return cls(owners, slots, np.array([known[slot] for slot in slots]) if together else None)

    def numbers(self, plan: Plan) -> list[Any]:
        """The numbers or arrays, in memory of their own."""
        if self.places is not None:
            assert plan.memory is not None
            return plan.memory[self.places].tolist()  # type: ignore[no-any-return]
        arrays = plan.arrays
        return [
            float(arrays[slot]) if slot.weak or isinstance(owner, Value) else arrays[slot].copy()
            for owner, slot in zip(self.owners, self.slots, strict=True)
        ]


def _planned(program: Program) -> Plan:
    before, after = program.before(), list(program.after())
    numbers = [slot for slot in before if slot.place >= 0]
    scalars = grouped(program.tape, numbers, after) if is_worth_it(program.tape) else None
    return Plan(program.instructions if scalars is None else (), before, after, scalars)


def _node(owner: Owner, leaves: Sequence[Any]) -> Any:
    return leaves[owner] if isinstance(owner, int) else owner
