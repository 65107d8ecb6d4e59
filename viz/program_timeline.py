"""The timeline of a program for the stepper: one moment for each instruction.

>>> from autograd.program import record
>>> line = program_timeline(record(lambda x: x * x + 1)(3.0))
>>> for moment in line.moments:
...     print(moment.symbols, "|", moment.numbers)
v1 = x · x | 3 · 3 = 9
v2 = v1 + 1 | 9 + 1 = 10
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd.graph import Node
from autograd.program import Program
from autograd.program.branch import check
from autograd.program.instruction import Instruction
from autograd.program.slot import Slot
from autograd.program.wording import Wording, worded
from autograd.recording import Recording
from autograd.steps import Step, Steps
from viz.formatting import MISSING
from viz.moment import Moment, Phase
from viz.moment import Slot as Change
from viz.picture import lower
from viz.program_graph import ProgramGraph
from viz.stepper_shown import Gauge, Shown, exact
from viz.telling import readable
from viz.text import shortened, visible
from viz.timeline import LONGEST_NAME, Timeline, few_enough

_PHASES: dict[str, Phase] = {"forward": "forward", "backward": "reverse", "update": "update"}


def program_timeline(program: Program) -> Timeline:
    """All moments of one run of a program, which leaves no trace.

    Raises
    ------
    ValueError: there are more instructions than anyone could step through.
    """
    few_enough(len(program), "record a part of the function")
    graph = ProgramGraph.of(program)
    nodes = graph.nodes
    names = {slot: shortened(visible(name), LONGEST_NAME) for slot, name in graph.names.items()}
    called: dict[Node, str] = {node: shortened(visible(node.label), LONGEST_NAME) for node in nodes}
    ids: dict[Node, int] = {node: place for place, node in enumerate(nodes)}
    recording = Recording(nodes, called, {node: node.plain for node in nodes}, ids)
    edges = tuple(
        (ids[parent], ids[node], position)
        for node in graph.made
        for position, parent in enumerate(node.parents)
    )
    last = nodes[-1]
    nothing = Step("seed", -1, last, last, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, recording)
    gauge = Gauge([])
    return Timeline(
        Steps(nothing, [], {}),
        tuple(called.values()),
        lower(graph.roots),
        edges,
        (0,) * len(nodes),
        {f"d{ids[node]}": gauge.data(node.plain) for node in graph.given.values() if node.plain is not None},
        tuple(_moments(graph, names, ids, gauge)),
        gauge,
        title=f"Program of {visible(program.name)}",
    )


def _moments(
    graph: ProgramGraph, names: dict[Slot, str], ids: dict[Node, int], gauge: Gauge
) -> Iterator[Moment]:
    numbers = {slot: _number(node.plain) for slot, node in graph.given.items()}
    edge = 0
    for instruction, node, phase in zip(graph.program.instructions, graph.made, graph.phases, strict=True):
        output, result = instruction.output, _number(node.plain)
        numbers.setdefault(output, MISSING)
        symbols = worded(instruction, names)
        plugged = _plugged(instruction, worded(instruction, numbers))
        numbers[output] = result
        changes: dict[str, Change] = {}
        if node.plain is not None:
            changes[f"d{ids[node]}"] = gauge.data(node.plain)
            if instruction.writes and output in graph.given:
                changes[f"d{ids[graph.given[output]]}"] = gauge.data(node.plain)
        for _ in node.parents:
            changes[f"e{edge}"] = Shown("")
            edge += 1
        image = gauge.image(node.plain) if node.plain is not None else None
        yield Moment(
            _PHASES[phase],
            readable(visible(str(symbols))),
            readable(f"{plugged} = {result}" if instruction.function is not check else plugged),
            ids[node],
            changes,
            facts={
                "sentence": _sentence(instruction, names[output]),
                "after": [result] if image is None else [result, image],
            },
        )


def _plugged(instruction: Instruction, wording: Wording) -> str:
    """The formula with numbers; of ``w -= v`` it is ``w - v``."""
    in_place = instruction.writes and wording.sign not in ("", "=")
    return f"{wording.target} {wording.sign[:-1]} {wording.formula}" if in_place else wording.formula


def _sentence(instruction: Instruction, name: str) -> str:
    way = ", going back through" if instruction.backward else " in"
    where = f"{way} {instruction.scope}" if instruction.scope else ""
    if instruction.function is check:
        return f"The branch that was recorded depends on {name}: a run in which it differs is recorded anew"
    if instruction.writes:
        return f"{name} is written into{where}: the same memory, other numbers"
    if instruction.is_view:
        return f"{name} is a view{where}: the same memory, seen in another way"
    return f"{name} is computed{where}"


def _number(data: Any) -> str:
    if isinstance(data, bool):
        return str(data).lower()
    return MISSING if data is None else exact(data)
