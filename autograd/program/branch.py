"""Questions that Python asked of a number while it was recorded: each run has to answer them as before."""

from __future__ import annotations

from typing import Any


def check(truth: Any, expected: bool) -> None:
    """Raise ``Diverged`` where a branch of Python's would be another one now."""
    if bool(truth) is not expected:
        raise Diverged("a branch would be another one")


class Diverged(Exception):  # noqa: N818 - it is no error, the program is recorded anew
    """What was recorded would not be done now: a branch, a shape, a mode or a setting is another one."""
