"""One moment of a pass: what happens, and what it changes of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from viz.stepper_shown import Shown

Phase = Literal["forward", "seed", "backward", "kept", "again", "update", "next", "reverse"]
Slot = Shown | int

PHASES: dict[Phase, str] = {
    "forward": "Forward",
    "seed": "Seed",
    "backward": "Backward",
    "kept": "Add up",
    "again": "Again",
    "update": "Update",
    "next": "Next forward",
    "reverse": "Backward",
}
"""What the phases of a pass are called, in their order."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: one step of a pass.

    Attributes
    ----------
    symbols, numbers: what happens, with names and with numbers plugged in.
    node, parent, edge: whose gradient is passed on, to which node, over which edge.
    changes: the slots that are filled, and with what.
    size: the largest magnitude of the gradient that it makes; None where that is not finite.
    facts: what the explanation beside the picture is made of.
    """

    phase: Phase
    symbols: str
    numbers: str
    node: int
    changes: Mapping[str, Slot]
    parent: int | None = None
    edge: int | None = None
    size: float | None = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
