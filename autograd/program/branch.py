"""Questions that Python asked of a number while it was recorded: each run has to answer them as before."""

from __future__ import annotations

from typing import Any

import numpy as np

from .instruction import Instruction, ufunc_of
from .standard import FUNCTIONS, SPECIAL


def check(truth: Any, expected: bool) -> None:
    """Raise ``Diverged`` where a branch of Python's would be another one now."""
    if bool(truth) is not expected:
        raise Diverged("a branch would be another one")


class Diverged(Exception):  # noqa: N818 - it is no error, the program is recorded anew
    """What was recorded would not be done now: a branch, a shape, a mode or a setting is another one."""


def may_diverge(instruction: Instruction) -> bool:
    """Whether a run may end at an instruction, because what comes of it may be of another shape or dtype.

    What comes of the functions of the array API standard, the shapes and dtypes of their arguments say,
    but for masks; and so it is with all that work element by element. Of others nobody knows.
    """
    function = instruction.function
    if function is check or instruction.chooses:
        return True
    known = (
        isinstance(function, np.ufunc) or ufunc_of(function) or function in FUNCTIONS or function in SPECIAL
    )
    return not (instruction.writes or instruction.is_view or known)
