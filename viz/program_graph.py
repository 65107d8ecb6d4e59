"""A program as a graph of nodes, which pictures know how to show.

Every instruction is a node, and so is all that is there before the first: what it computes with are its
parents. Memory that is written into becomes another node each time, so that the graph has no cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.graph import Node, next_number, set_grad
from autograd.operation import Operation
from autograd.program import Program
from autograd.program.branch import check
from autograd.program.instruction import Instruction
from autograd.program.listing import memory_of, phases
from autograd.program.naming import names_of
from autograd.program.slot import Slot
from autograd.program.trace import trace
from autograd.program.wording import symbol_of, worded


class Place(Node):
    """What an instruction leaves behind, or what was there before the first."""

    __slots__ = ()

    def __init__(
        self, data: Any, label: str, parents: Sequence[Node] = (), symbol: str = "", scope: str = ""
    ) -> None:
        self._data = data
        self._parents = tuple(parents)
        self.operation = Operation(symbol, lambda: None) if symbol else None
        self.number = next_number()
        self.label, self.scope = label, scope
        set_grad(self, None)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return np.shape(self._data)

    @property
    def dtype(self) -> Any:
        """The dtype of an array; None for a number."""
        return self._data.dtype if self.shape else None


@dataclass(eq=False)
class ProgramGraph:
    """The nodes of a program in order.

    Attributes
    ----------
    given: the node of every slot that holds something before the program runs.
    made: the node of each instruction.
    phases: for each instruction whether it is of the forward or the backward pass, or of the update.
    marks: what is to be said of nodes: which are inputs, which is returned, which are in place.
    """

    program: Program
    names: dict[Slot, str]
    given: dict[Slot, Place] = field(default_factory=dict)
    made: list[Place] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    marks: dict[Node, str] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program) -> ProgramGraph:
        """The graph of a program, with the numbers of one run.

        >>> from autograd.program import record
        >>> graph = ProgramGraph.of(record(lambda x: x * x + 1)(3.0))
        >>> [(node.label, node.op, node.plain) for node in graph.nodes]
        [('x', '', 3.0), ('v1', '*', 9.0), ('v2', '· + 1', 10.0)]
        """
        graph = cls(program, names_of(program), phases=phases(program))
        seen = trace(program, _copied)
        origins = dict(memory_of(program, graph.names))
        for slot in program.before():
            node = graph.given[slot] = Place(seen.given[slot], graph.names[slot])
            graph.marks[node] = origins.get(slot, "input").partition(" of ")[0]
        graph._compute(seen.computed)
        for slot in program.outputs:
            if isinstance(slot, Slot):
                graph.marks[graph.latest[slot]] = "returned"
        return graph

    def _compute(self, computed: Sequence[Any]) -> None:
        self.latest: dict[Slot, Place] = dict(self.given)
        written: dict[int, Place] = {}  # by memory: the last that was written into it
        homeless = {node for node in self.given.values() if self.marks[node] != "input"}
        for instruction, phase, data in zip(self.program.instructions, self.phases, computed, strict=True):
            parents: list[Place] = []
            for slot in instruction.inputs():
                node, last = self.latest[slot], written.get(_memory(slot))
                parents.append(node)
                if last is not None and last.number > node.number:
                    parents.append(last)
            output = instruction.output
            if instruction.writes and output not in set(instruction.inputs()):
                parents.insert(0, self.latest[output])
            elif instruction.writes:
                parents = list(dict.fromkeys(parents))
            scope = instruction.scope if phase == "forward" else f"{phase}.{instruction.scope}".rstrip(".")
            node = Place(data, self.names[output], parents, _symbol(instruction), scope)
            self.made.append(node)
            for parent in homeless.intersection(parents):  # memory belongs to what uses it first
                parent.scope = scope
                homeless.discard(parent)
            if instruction.function is not check:
                self.latest[output] = node
                if instruction.writes:
                    written[_memory(output)] = node
                    self.marks[node] = "in place"

    @property
    def nodes(self) -> tuple[Place, ...]:
        """All nodes in order."""
        return (*self.given.values(), *self.made)

    @property
    def roots(self) -> list[Place]:
        """The nodes that nothing is computed from."""
        used = {parent for node in self.made for parent in node.parents}
        return [node for node in self.nodes if node not in used]


def _symbol(instruction: Instruction) -> str:
    """What an instruction does, as short as can be: of what it computes with only what is no node."""
    simple = all(isinstance(part, Slot) for part in instruction.arguments) and not instruction.options
    if simple and not instruction.writes:
        return symbol_of(instruction.function)
    wording = worded(instruction, _Anything())
    if instruction.function is check:
        return f"check {wording.formula.split()[-1]}"
    if not instruction.writes:
        return wording.formula.removesuffix("(·)")
    return f"{wording.sign} {wording.formula}".removesuffix(" ·").removeprefix("= ")


class _Anything(dict[Slot, str]):
    """A dot in the place of every name."""

    def __missing__(self, slot: Slot) -> str:
        return "·"


def _memory(slot: Slot) -> int:
    """What tells memory apart: arrays that look into one array share it."""
    array = slot.storage.value
    base = getattr(array, "base", None)
    return id(array if base is None else base)


def _copied(data: Any) -> Any:
    if isinstance(data, np.ndarray) and data.ndim:
        return data.copy()
    return None if data is None else bool(data) if np.asarray(data).dtype.kind == "b" else float(data)
