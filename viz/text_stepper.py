"""The stepper as text, for terminals and for those who read with their ears.

>>> from autograd import Value
>>> from viz.timeline import timeline
>>> x = Value(3.0, label="x")
>>> line = timeline(x * x)
>>> print(frame(line, line.story(), 3))
Backward · step 3 of 4
  x.grad += ∂out/∂x [argument 1] · out.grad
  0 + (3 × 1) = 3
  where ∂out/∂x = x = 3
<BLANKLINE>
    name  op   data  grad
  + x             3     3  1 of 2
  > out   mul     9     1  seed
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from viz.moment import Moment, Slot
from viz.stepper_shown import Shown
from viz.timeline import Timeline

_MOST_ROWS = 24


def frame(line: Timeline, steps: Sequence[Moment], place: int, forward: bool = True) -> str:
    """One step: what happens, and what every node holds after it.

    Parameters
    ----------
    line: the whole pass.
    steps: those moments of it that are told, see :meth:`Timeline.story`.
    place: how many of them have happened.
    forward: whether the forward pass is told.
    """
    from viz.stepper import place_in_story

    moment = steps[place - 1] if place else None
    lines = [place_in_story(place, steps)]
    if moment is not None:
        lines += [f"  {moment.symbols}", f"  {moment.numbers}"]
        formula = moment.facts.get("formula")
        if formula and moment.parent is not None:
            derivative = f"∂{line.names[moment.node]}/∂{line.names[moment.parent]}"
            lines.append(f"  where {' = '.join((derivative, *formula, moment.facts['local'][0]))}")
        if "was" in moment.facts:
            lines.append(f"  it was {moment.facts['was'][0]}, a change of {moment.facts['change']}")
    return "\n".join((*lines, "", *_table(line, line.slots(place, forward), moment), ""))


def _table(line: Timeline, slots: Mapping[str, Slot], moment: Moment | None) -> list[str]:
    nodes = range(len(line.nodes))
    around = 0 if moment is None else moment.node if moment.parent is None else moment.parent
    start = max(0, min(around - _MOST_ROWS // 2, len(nodes) - _MOST_ROWS))
    shown = nodes[start : start + _MOST_ROWS]
    rows = [("", "name", "op", "data", "grad", "")]
    for place in shown:
        box = line.picture.boxes[place]
        rows.append(
            (
                _mark(place, moment),
                line.names[place],
                "" if box.kind in ("leaf", "constant") else box.name,
                _text(slots.get(f"d{place}")),
                "" if box.kind == "constant" else _text(slots.get(f"g{place}")),
                _progress(line, slots, place),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    made = []
    for mark, name, op, data, grad, progress in rows:
        cells = f"{mark:1} {name:{widths[1]}}  {op:{widths[2]}}  {data:>{widths[3]}}  {grad:>{widths[4]}}"
        made.append(f"  {cells}  {progress}".rstrip())
    left_out = len(nodes) - len(shown)
    return [*made, f"  … and {left_out} more nodes"] if left_out else made


def _mark(place: int, moment: Moment | None) -> str:
    if moment is None:
        return ""
    getting = moment.node if moment.parent is None else moment.parent
    return "+" if place == getting else ">" if place == moment.node else ""


def _text(slot: Slot | None) -> str:
    return slot.text if isinstance(slot, Shown) else "–"


def _progress(line: Timeline, slots: Mapping[str, Slot], place: int) -> str:
    if f"g{place}" not in slots:
        return ""
    total, arrived = line.totals[place], slots.get(f"c{place}", 0)
    return "seed" if not total else "complete" if arrived == total else f"{arrived} of {total}"
