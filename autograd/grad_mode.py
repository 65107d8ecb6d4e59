"""The mode that a thread computes in: whether graphs are recorded, under which scope, and who else listens.

>>> from autograd import Value
>>> with no_grad():
...     is_recording(), Value(2.0).requires_grad
(False, True)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .anomaly import Watch
    from .graph import Node
    from .program.recorder import Recorder


class Mode(NamedTuple):
    """How operations are recorded in this thread at this moment."""

    recording: bool = True
    traced: frozenset[Node] = frozenset()  # the leaves of the transforms under way
    watch: Watch | None = None
    scope: str = ""  # the path of the module that is computing
    lent: list[Node] | None = None  # nodes whose .grad is a node while the transforms run
    recorder: Recorder | None = None  # writes down every array call of a program


MODE: ContextVar[Mode | None] = ContextVar("autograd_mode", default=None)
"""None stands for ``Mode()``: the common case costs one comparison."""


@contextlib.contextmanager
def mode(**changes: Any) -> Iterator[Mode]:
    """Change the mode of this thread for the duration of a block."""
    changed = (MODE.get() or Mode())._replace(**changes)
    token = MODE.set(changed)
    try:
        yield changed
    finally:
        MODE.reset(token)


def no_grad() -> contextlib.AbstractContextManager[Mode]:
    """Compute without recording, in this thread; a context manager and a decorator.

    >>> from autograd import Value, no_grad
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * 3
    >>> y.parents
    ()
    """
    return mode(recording=False)


class scope:  # noqa: N801 - used as a function, and a class because modules enter one at every call
    """Mark what is computed in a block as belonging together: pictures group by it.

    Scopes nest: ``b`` inside ``a`` is ``a.b``.

    >>> from autograd import Value
    >>> with scope("encoder"), scope("0"):
    ...     y = Value(1.0) * 2
    >>> y.scope
    'encoder.0'
    """

    __slots__ = ("_name", "_token")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        current = MODE.get() or Mode()
        path = f"{current.scope}.{self._name}" if current.scope else self._name
        self._token = MODE.set(current._replace(scope=path))

    def __exit__(self, *failure: object) -> None:
        MODE.reset(self._token)


def recorder_now() -> Recorder | None:
    """The recorder of the program that is being recorded in this thread, if there is one."""
    current = MODE.get()
    return None if current is None else current.recorder


def is_traced(node: Node) -> bool:
    """Whether a transform that is under way in this thread differentiates by a leaf."""
    current = MODE.get()
    return current is not None and node in current.traced


def lend(array: np.ndarray[Any, Any], name: str = "") -> Any:
    """An array that outlives a step, such as a running mean, as a recorded program has to see it.

    What changes such an array in place has to get it from here; without a recording it is the array.
    The program calls it by the name.

    >>> mean = np.zeros(2)
    >>> lend(mean) is mean
    True
    """
    recorder = recorder_now()
    return array if recorder is None else recorder.leaf(array, name)


def random_numbers(generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Uniform numbers in [0, 1), which a recorded program draws anew at every run.

    >>> random_numbers(np.random.default_rng(0), (2,)).shape
    (2,)
    """
    recorder = recorder_now()
    return generator.random(shape) if recorder is None else recorder.draw(generator, shape)


def is_recording() -> bool:
    """Whether operations are recorded in this thread."""
    current = MODE.get()
    return current is None or current.recording
