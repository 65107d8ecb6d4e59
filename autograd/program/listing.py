"""A program as a table for people: what each instruction computes, and the numbers of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..formula import show
from ..graph import CONSTANT
from .naming import names_of
from .scalars import Group, is_worth_it
from .slot import Slot
from .trace import trace
from .wording import Wording, text, worded

if TYPE_CHECKING:
    from .program import Program

_LONGEST_VALUE = 26
_NARROWEST = 24  # of a formula
_FEW = 6  # elements that are printed one by one


class Row(NamedTuple):
    """One line: what is set to what, in which module, what kind of array that is, and what it holds then."""

    wording: Wording
    scope: str
    kind: str
    value: str


class Section(NamedTuple):
    """Lines that belong together: arguments, memory, or all that is computed in one phase."""

    title: str
    rows: list[Row]


def phases(program: Program) -> list[str]:
    """For each instruction whether it is of the forward or the backward pass, or of the update after it."""
    places = [place for place, instruction in enumerate(program.instructions) if instruction.backward]
    first, last = (places[0], places[-1]) if places else (len(program), len(program))
    return [
        "forward" if place < first else "backward" if place <= last else "update"
        for place in range(len(program))
    ]


def sections(program: Program) -> list[Section]:
    """All lines of a program."""
    names = names_of(program)
    seen = trace(program, summary)

    def given(slot: Slot, origin: str) -> Row:
        return Row(Wording(names[slot], "=", origin), "", kind(slot), seen.given[slot])

    found = [
        Section("arguments", [given(slot, f"argument {place}") for place, slot in program.inputs.items()]),
        Section("memory", [given(slot, origin) for slot, origin in memory_of(program, names)]),
    ]
    told = zip(phases(program), program.instructions, seen.computed, strict=True)
    for phase, steps in groupby(told, lambda step: step[0]):
        rows = [Row(worded(i, names), i.scope, kind(i.output), value) for _, i, value in steps]
        found.append(Section(phase, rows))
    return [section for section in found if section.rows]


def memory_of(program: Program, names: dict[Slot, str]) -> Iterator[tuple[Slot, str]]:
    """Every slot of memory from outside, and what it is."""
    parameters = {id(memory) for _, memory, operation in program.tensors if operation is not CONSTANT}
    inside: dict[int, list[str]] = {}
    for slot in program.leaves:
        if id(slot.value) in parameters and slot.value.base is not None:
            inside.setdefault(id(slot.value.base), []).append(names[slot])
    for slot in program.leaves:
        origin = "parameter" if id(slot.value) in parameters else "memory"
        views = inside.get(id(slot.value))
        yield slot, f"memory of {', '.join(views)}" if views else origin
    for value, slot in program.cells:
        yield slot, "constant" if value.operation is CONSTANT else "parameter"
    for _, slot in program.gradients_before:
        yield slot, "gradient from before"


def kind(slot: Slot) -> str:
    """The dtype and the shape of what a slot holds; a Python number is a float."""
    if slot.weak:
        return "float"
    return f"{slot.dtype}{list(slot.shape) if slot.shape else ''}"


def summary(x: Any) -> str:
    """A number, the elements of a small array, of a large one the least and the greatest.

    >>> summary(2.5), summary(np.array([1.0, 2.0])), summary(np.arange(9.0)), summary(np.eye(3) > 0)
    ('2.5', '[1., 2.]', '0 … 8', '3 of 9 true')
    """
    if x is None:
        return ""
    array = np.asarray(x)
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array)} of {array.size} true" if array.ndim else str(bool(x)).lower()
    if not array.ndim:
        return show(x)
    if array.size <= _FEW and len(elements := show(array)) <= _LONGEST_VALUE:
        return elements
    finite = array[np.isfinite(array)]
    lost = array.size - finite.size
    ends = f"{finite.min():.4g} … {finite.max():.4g}" if finite.size else ""
    return ", ".join(filter(None, [ends, f"{lost} not finite" if lost else ""]))


def _told(program: Program, limit: int | None) -> Iterator[Row | str]:
    """Rows, with the titles of sections, the scopes and what is left out between them."""
    for title, rows in sections(program):
        yield title
        shown = len(rows) if limit is None else min(limit, len(rows))
        last = 0 if shown == len(rows) else shown // 3
        first = shown - last
        scope = ""
        for place, row in enumerate(rows):
            if first <= place < len(rows) - last:
                if place == first:
                    left_out = len(rows) - last - first
                    yield f"  … {left_out:,} lines are left out; listing(limit=None) has them all"
                continue
            if row.scope != scope:
                scope = row.scope
                yield f"  in {scope or program.name}"
            yield row


# -- as text ----------------------------------------------------------------------------------


def listing(program: Program, limit: int | None, width: int) -> str:
    """The text of a program; see :meth:`Program.listing`."""
    told = list(_told(program, limit))
    titles = {line for line in told if isinstance(line, str)}
    indent = "  " if not titles.isdisjoint(("backward", "update")) else ""
    write = _columns([line for line in told if isinstance(line, Row)], width - len(indent))
    lines = [indent + write(line) if isinstance(line, Row) else line for line in told]
    if not indent:
        lines = [line.removeprefix("  ") for line in lines if line not in ("arguments", "memory", "forward")]
    return "\n".join([*_head(program), *lines, _returns(program)])


def _columns(rows: list[Row], width: int) -> Callable[[Row], str]:
    """What writes a row so that columns stand below each other and no line is wider than it may be."""
    cells = [(*row.wording, row.kind, row.value) for row in rows] or [("",) * 5]
    target, sign, formula, kinds, values = (max(map(len, column)) for column in zip(*cells, strict=True))
    room = width - target - sign - kinds - values - 6
    formula = min(formula, max(room, _NARROWEST))

    def write(row: Row) -> str:
        wording = row.wording
        made = (
            f"{wording.target:{target}} {wording.sign:>{sign}} {_short(wording.formula, formula):{formula}}"
        )
        return _short(f"{made}  {row.kind:{kinds}}  {row.value}".rstrip(), width)

    return write


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _head(program: Program) -> list[str]:
    count = len(program.inputs)
    lines = [
        f"program of {program.name}: {len(program):,} instruction{'s' * (len(program) != 1)}, "
        f"{count:,} input{'s' * (count != 1)}"
    ]
    return [*lines, grouping] if (grouping := grouped_as(program)) else lines


def grouped_as(program: Program) -> str:
    """How calls on single numbers were grouped into calls on arrays; empty where there are few of them."""
    scalars = program.plan.scalars if is_worth_it(program.tape) else None
    if scalars is None:
        return ""
    groups = [step for step in scalars.steps if isinstance(step, Group)]
    return (
        f"replayed as {len(program.plan.calls):,} calls on arrays, in {scalars.levels:,} levels: "
        f"{sum(group.size for group in groups):,} numbers in {len(groups):,} groups"
    )


def _returns(program: Program) -> str:
    names = names_of(program)
    return f"returns {', '.join(text(x, names) for x in program.outputs)}"


# -- in a notebook ----------------------------------------------------------------------------


def html(program: Program, limit: int | None) -> str:
    """The listing as a table; its colours are those of the page around it, light or dark."""
    rows = "".join(map(_table_row, _told(program, limit)))
    first, *more = [escape(line) for line in (*_head(program), _returns(program))]
    return (
        f"<p>{'<br>'.join((f'<b>{first}</b>', *more))}</p><div style='overflow-x: auto'>"
        f"<table style='border-collapse: collapse; font: 12px/1.5 monospace'>{rows}</table></div>"
    )


_CELL = "text-align: left; white-space: pre; padding: 0 1em 0 0; border: 0; background: none"


def _table_row(line: Row | str) -> str:
    if isinstance(line, Row):
        cells = (*line.wording, line.kind, line.value)
        return "<tr>" + "".join(f"<td style='{_CELL}'>{escape(cell)}</td>" for cell in cells) + "</tr>"
    style = f"{_CELL}; padding-top: .4em; font-weight: {400 if line.startswith(' ') else 600}; opacity: .75"
    return f"<tr><th colspan='5' style='{style}'>{escape(line.strip())}</th></tr>"
