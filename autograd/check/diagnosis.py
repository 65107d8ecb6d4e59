"""The diagnosis: which likely mistake turns the measured derivative into the claimed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .mistakes import FALLBACK, FALLBACK_SENTENCE, MISTAKES, Case
from .problem import Part

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Finding:
    """A likely mistake in the derivative with respect to one input."""

    name: str
    input: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.input}: {self.name} ({self.sentence})"


def explains(suspect: Array, case: Case) -> bool:
    """Whether a suspected wrong derivative is the claimed one, and is wrong where that is."""
    claim, right = case.claim, case.right
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(claim), np.abs(right))
        largest = np.max(np.where(np.isfinite(size), size, 0.0), axis=1, keepdims=True)
        rounding = 1e-10 * size + 1e-15 * largest  # each output has a size of its own
        strict = 1e-6 * np.abs(claim - right) + 8 * case.error + rounding
        off = np.abs(suspect - claim)
        wrong = np.abs(suspect - right) > strict
    elsewhere = off <= 1e-5 * size + 8 * case.error + rounding
    return bool(np.all(np.where(case.bad, (off <= strict) & wrong, elsewhere)))


def diagnose(case: Case) -> Finding:
    """The likeliest mistake of one input's block."""
    if not np.all(np.isfinite(case.claim[case.bad])):
        return Finding(
            "not finite", case.part.name, "the derivative is NaN or infinite, the function's is not"
        )
    for mistake in MISTAKES:
        for suspect, words in mistake.suspects(case):
            if explains(suspect, case):
                return Finding(mistake.name, case.part.name, mistake.sentence.format(words))
    return Finding(FALLBACK, case.part.name, FALLBACK_SENTENCE)


def diagnose_all(
    claim: Array,
    right: Array,
    error: Array,
    bad: Array,
    point: Array,
    base: Array,
    inputs: list[Part],
    outputs: list[Part],
) -> list[Finding]:
    """The likely mistake of every input that has wrong elements, in order."""
    found = []
    for part in inputs:
        place = part.place
        if not bad[:, place].any():
            continue
        others = {p.name: right[:, p.place] for p in inputs if p is not part and p.size == part.size}
        case = Case(
            claim[:, place],
            right[:, place],
            error[:, place],
            bad[:, place],
            point[place],
            base,
            part,
            outputs,
            others,
        )
        found.append(diagnose(case))
    return found
