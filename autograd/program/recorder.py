"""``Recorder``: writes down every array call that a function makes, and undoes what it changed.

`Tensor` and `Value` are the doors: the first touch of a node puts a slot in the place of its data,
and :meth:`Recorder.release` takes it out again. Slots then meet NumPy, and NumPy tells the recorder.
"""

from __future__ import annotations

import contextlib
import copy
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from ..errors import RecordError
from ..graph import Node, get_data, get_grad, next_number, set_grad
from ..operation import Operation
from ..value import Value, record_node
from .calls import Calls
from .settings import MISSING
from .slot import Slot


@dataclass
class Recorder(Calls):
    """The calls that were written down, and the nodes whose data has to be put back.

    Attributes
    ----------
    touched: the nodes from before the recording that took part, with their data and slot from before.
    given: for each argument that is a node, the name of the argument and what stands in for the node.
    made: the nodes that were made while recording.
    gradients_before: slots for gradients that were there before and were read.
    had: of nodes that may be changed, the gradient, whether they have one at all, and the number.
    attributes: of modules and optimisers, those that were assigned, as they were.
    assigned, absent: nodes whose gradient was assigned, and those found without one before that.
    modules: modules with the mode they were in before.
    watched: what has settings that were read, as Python has them: modules and optimisers.
    first: nodes with a higher number were made, or changed, while recording.
    """

    touched: dict[Node, tuple[Any, Slot]] = field(default_factory=dict)
    given: dict[Node, tuple[str, Node]] = field(default_factory=dict)
    made: list[Node] = field(default_factory=list)
    gradients_before: dict[Node, Slot] = field(default_factory=dict)
    had: dict[Node, tuple[Any, Operation | None, int]] = field(default_factory=dict)
    attributes: dict[Any, dict[str, Any]] = field(default_factory=dict)
    assigned: set[Node] = field(default_factory=set)
    absent: set[Node] = field(default_factory=set)
    modules: dict[Any, bool] = field(default_factory=dict)
    watched: dict[Any, None] = field(default_factory=dict)
    first: int = field(default_factory=next_number)

    # -- what is there before -------------------------------------------------------------

    def argument(self, node: Node, name: str) -> tuple[Node, Slot]:
        """What stands in for an argument that is a node, and its slot.

        Not the node itself: what the function reaches in another way has to be told from its arguments,
        which may be other nodes at the next run.
        """
        own = copy.copy(node)
        own.number = node.number
        set_grad(own, get_grad(node))
        scalar = isinstance(node, Value)
        own._data = slot = self.input(np.float64(node._data) if scalar else node._data, scalar)
        self.touched[own] = node._data, slot
        self.given[node] = name, own
        return own, slot

    def refuse_given(self, node: Node) -> None:
        """Refuse an argument that the function does not take from its arguments.

        Raises
        ------
        RecordError: always; the program would take whatever comes in its place for both.
        """
        name, _ = self.given[node]
        raise RecordError(
            f"{node.name()} is the argument {name}, and the recorded function also reaches it in another "
            "way, such as through an optimiser or a variable from outside; with another argument a program "
            "could not tell the two apart. Leave it out of the arguments, or use it as an argument only"
        )

    def touch(self, node: Node) -> None:
        """Put a slot in the place of a node's data, if the node is older than the recording and a leaf.

        Raises
        ------
        RecordError: it is the result of an older graph, which would be the same at every run.
        """
        data = node._data
        if isinstance(data, Slot) or node.number > self.first or node in self.touched:
            return
        if node._parents:
            raise RecordError(
                f"the recorded function uses {node.name()}, the result of a graph from before the recording, "
                "which a program would not compute again; compute it inside of the function, or .detach() it"
            )
        if node in self.given:
            self.refuse_given(node)
        node.sync()
        node._data = self.outside(data) if type(data) is float else self.leaf(data)
        self.touched[node] = data, node._data
        self.remember(node)

    def touch_all(self, nodes: Iterable[Node]) -> None:
        """Touch each of the nodes."""
        for node in nodes:
            if not isinstance(node._data, Slot):
                self.touch(node)

    def assign(self, node: Node) -> None:
        """Remember that the gradient of a node is assigned."""
        if node in self.given:
            self.refuse_given(node)
        self.remember(node)
        self.assigned.add(node)

    def gradient_of(self, node: Node) -> Any:
        """The gradient of a node, as a slot if it is from before the recording."""
        if node in self.given:
            self.refuse_given(node)
        gradient = get_grad(node)
        made_here = node.number > self.first and node not in self.touched  # or changed here
        if node in self.assigned or isinstance(gradient, (Slot, Node)) or made_here:
            return gradient
        if gradient is None:
            self.absent.add(node)
            return None
        if node not in self.gradients_before:
            self.gradients_before[node] = (
                self.outside(gradient) if type(gradient) is float else Slot(self, np.array(gradient)[()])
            )
        return self.gradients_before[node]

    def module(self, module: Any) -> None:
        """Remember the mode that a module was in, and that its settings and those of all in it were read."""
        if module not in self.modules:
            self.modules[module] = module.training
            for each in module.modules():
                self.watch(each)

    def watch(self, owner: Any) -> None:
        """Remember that the settings of a module or an optimiser were read."""
        self.watched[owner] = None

    def remember(self, node: Node) -> None:
        """Remember what a node has besides its data, before that is changed."""
        self.had.setdefault(node, (get_grad(node), node.operation, node.number))

    def set_attribute(self, owner: Any, name: str) -> None:
        """Remember an attribute of a module or an optimiser, before it is set or deleted."""
        self.attributes.setdefault(owner, {}).setdefault(name, vars(owner).get(name, MISSING))

    def has_written(self, memory: np.ndarray[Any, Any], but: Any = None) -> bool:
        """Whether memory was written into, by this array or by one that overlaps it, but for one of them."""
        return any(x is not but and np.may_share_memory(x, memory) for x, _ in self.saved.values())

    def relocate(self, node: Node, memory: np.ndarray[Any, Any]) -> None:
        """A parameter has moved into other memory: so has its slot.

        Raises
        ------
        RecordError: it was changed as a part of the memory that it leaves, which a program would not see.
        """
        now = node._data
        before, slot = self.touched.get(node, (None, now))
        if before is not memory:
            if self.has_written(slot.value, but=slot.value):
                raise RecordError(
                    f"{node.name()} is moved twice, by two optimisers or together with other parameters than "
                    "before, and a program keeps it in one place; record these steps as two functions"
                )
            memory[...] = slot.value
            if (saved := self.saved.pop(id(slot.value), None)) is not None:
                self.saved[id(memory)] = memory, saved[1]
            self.leaves.pop(id(slot.value), None)
            self.leaves[id(memory)] = slot
            slot.value = memory
            self.touched[node] = memory, slot
        if now is not slot:  # it was given other data
            node._data = self.write(np.copyto, (slot, now), {}, slot)

    def scalar(self, operation: Operation, parents: tuple[Value, ...]) -> Value:
        """Compute an operation on Values, and record it in the graph, too."""
        self.touch_all(parents)
        numbers = tuple(map(get_data, parents))
        if Slot in map(type, numbers):
            data = Slot.apply(operation, numbers, {})
        else:
            assert operation.scalar is not None
            data = float(operation.scalar(*numbers))
        node = record_node(operation, data, parents)
        self.made.append(node)
        return node

    def compute(self, operation: Operation, parents: Iterable[Node], static: dict[str, Any]) -> Any:
        """Compute an operation on the data of nodes."""
        self.touch_all(parents)
        numbers = tuple([parent._data for parent in parents])
        if any(type(x) is Slot for x in numbers):
            return Slot.apply(operation, numbers, static)
        return operation.compute(numbers, static)

    # -- the end --------------------------------------------------------------------------

    def finish(self) -> tuple[list[tuple[Node, Slot]], list[tuple[Node, Slot | None]]]:
        """The nodes that were given other data, and the gradients that are left in the nodes from before.

        Raises
        ------
        RecordError: a node was given data of another shape or dtype.
        """
        rebound: list[tuple[Node, Slot]] = []
        gradients: list[tuple[Node, Slot | None]] = []
        others: list[str] = []
        self.touch_all(sorted(self.assigned, key=attrgetter("number")))
        for node, (_, own) in self.touched.items():
            now = node._data = self._constant(node._data)
            if now is not own:
                rebound.append((node, now))
                is_array = isinstance(own.value, np.ndarray)
                if is_array and (now.shape, now.dtype) != (own.shape, own.dtype):
                    name = node.label or "a leaf"
                    others.append(f"{name}, of shape {own.shape}, {own.dtype}, was given {now!r}")
                elif is_array:
                    self.save(own)
                    own.value[...] = now.value  # the memory stays, with other numbers in it
            gradient = get_grad(node)
            if node in self.assigned and gradient is not None:
                set_grad(node, gradient := self._constant(gradient))
            if gradient is None or isinstance(gradient, Slot):
                gradients.append((node, gradient))
        if others:
            raise RecordError(
                f"{'; '.join(others)}; the memory of a program does not change its shape or dtype. Do this "
                "outside of the recorded function"
            )
        self.release()
        return rebound, gradients

    def release(self) -> None:
        """Take the slots out of all nodes, and leave the numbers that they came to."""
        for node in (*self.touched, *self.made):
            if isinstance(node._data, Slot):
                if node.label:
                    self.names.append((node._data, node.label))
                node._data = _plain(node._data, node)
            gradient = get_grad(node)
            if isinstance(gradient, Slot):
                set_grad(node, _plain(gradient, node))
        self.made.clear()  # slots know the recorder, and shall not keep a graph

    def put_back(self) -> None:
        """Put nodes, memory, attributes and random generators back as they were before the recording."""
        self.release()
        for node, (data, _) in self.touched.items():
            node._data = data  # also of what stood in for an argument, which somebody may hold
        for node, (gradient, operation, number) in self.had.items():
            node.operation, node.number = operation, number
            set_grad(node, gradient)
        for memory, numbers in reversed(self.saved.values()):  # which may overlap
            memory[...] = numbers
        for generator, state in self.generators.items():
            generator.bit_generator.state = state
        for owner, attributes in self.attributes.items():
            for name, x in attributes.items():
                if x is MISSING:
                    vars(owner).pop(name, None)
                else:
                    vars(owner)[name] = x
        self.modules.update([(module, module.training) for module in self.modules])
        # A program has the recorder, and shall not keep the arguments that it was recorded with.
        for kept in (self.had, self.saved, self.touched, self.given):
            kept.clear()

    def apart(self, results: list[Any]) -> list[Any]:
        """Results, copied where nodes had them in memory that holds the nodes' other data from now on."""
        renewed = {own for node, (_, own) in self.touched.items() if node._data is not own}
        renewed = {own for own in renewed if isinstance(own.value, np.ndarray)}
        return [x.copy() if isinstance(x, Slot) and x.storage in renewed else x for x in results]

    def _constant(self, x: Any) -> Any:
        """What was assigned, as a slot of its own if it is a constant."""
        if isinstance(x, (float, np.ndarray)):
            constant = self.leaf(np.array(x))
            constant.weak = isinstance(x, float)
            return self.call(np.copy, (constant,))
        return x


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """Keep the garbage collector out where many objects are made and none is dropped."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _plain(slot: Slot, node: Node) -> Any:
    return float(slot.value) if isinstance(node, Value) else np.array(slot.value)
