"""``Program``: a function as a flat list of instructions, which can be printed and run again.

A list of single assignments is how derivatives were first computed by machine (Wengert 1964).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RecordError, ShapeError
from ..modes import quietly
from ..structure import flatten
from .branch import Diverged
from .instruction import Instruction
from .listing import html, listing
from .plan import Plan
from .replay import Replay
from .signature import differences, signature
from .slot import Slot
from .transcript import Transcript

if TYPE_CHECKING:
    from .elsewhere import Pure


class Program(Transcript):
    """What a function computed, as a list of instructions.

    Calling it runs the instructions on other inputs of the same shapes and dtypes. Parameters and other
    memory that the function changed are changed, too, and gradients are left where it left them.

    >>> from autograd import record
    >>> program = record(lambda x: x * x + 1)(3.0)
    >>> program(5.0)
    26.0
    >>> print(program)
    program of <lambda>: 2 instructions, 1 input
    x  = argument 0  float  5
    v1 = x * x       float  25
    v2 = v1 + 1      float  26
    returns v2
    """

    # -- running --------------------------------------------------------------------------

    @functools.cached_property
    def instructions(self) -> list[Instruction]:
        """Every call in order."""
        return self.tape.instructions(self.slots(), self._recorder)

    def slots(self) -> list[Slot]:
        """The slots of what is there before a run, what it leaves, and what has a name."""
        return [*self.before(), *self.after(), *self.names]

    @functools.cached_property
    def replay(self) -> Replay:
        """The program made ready to be run; made at the first run."""
        return Replay(self)

    @property
    def plan(self) -> Plan:
        """The calls of a run, bound to memory."""
        return self.replay.plan

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Run the program on these arguments.

        Raises
        ------
        ShapeError: they differ in structure, shape or dtype from those that it was recorded for.
        RecordError: a branch would be another one now, or a parameter was replaced; record it again.
        """
        given = self.given(arguments, options)
        if signature(given) != self.signature:
            raise ShapeError(
                f"{self.name} was recorded for other arguments: {differences(self.signature, given)}"
            )
        try:
            return self.replay.run(flatten(given)[0])
        except Diverged as reason:
            raise RecordError(
                f"{self.name} would not do now what was recorded: {reason}; record it again"
            ) from None

    @quietly
    def batch(self, *arguments: Any, **options: Any) -> Any:
        """Run a program of single numbers on many inputs at once: arrays (batch,) in the place of numbers.

        The function stays as it was written, for one item; the results are arrays (batch,).

        Raises
        ------
        RecordError: the program computes with arrays, changes what is outside of it, or would take another
            branch for an item.
        ShapeError: the arrays are not of one length.
        TypeError: there are others than those recorded, or another constant among them.

        >>> import numpy as np
        >>> from autograd import record
        >>> program = record(lambda x, y: x * y + x)(1.0, 2.0)
        >>> program.batch(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))
        array([1., 4., 9.])
        """
        from .batch import run_batch

        return self.build(run_batch(self, self.leaves_of(self.given(arguments, options))))

    # -- elsewhere ------------------------------------------------------------------------

    def to_jax(self) -> Pure:
        """The program as a pure function of JAX's arrays, for ``jax.jit``, ``jax.vmap`` and ``jax.sharding``.

        Raises
        ------
        ImportError: JAX is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure
        from .engines import jax

        return Pure(self, jax())

    def to_torch(self) -> Pure:
        """The program as a function of PyTorch's tensors, on whatever device they are.

        Raises
        ------
        ImportError: PyTorch or array_api_compat is not installed.
        RecordError: an instruction has no equivalent there.
        """
        from .elsewhere import Pure
        from .engines import torch

        return Pure(self, torch())

    # -- in words -------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.tape)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def listing(self, limit: int | None = 60, width: int = 110) -> str:
        """The program as a table: what is set to what, its dtype and shape, and what it holds then.

        Each name is set once, except for memory that is written into: ``w -= v9`` is in place. The numbers
        are those of one more run from where things stand, which leaves no trace.

        Parameters
        ----------
        limit: how many lines of arguments, of memory and of each phase are shown; None for all.
        width: how many characters a line may have; formulas are cut to it.

        Raises
        ------
        ValueError: the limit is negative, or the width is not positive.
        """
        if (limit is not None and limit < 0) or width < 1:
            raise ValueError(
                f"listing(limit={limit}, width={width}): a limit is at least 0, a width at least 1"
            )
        return listing(self, limit, width)

    def __str__(self) -> str:
        return self.listing()

    def _repr_html_(self) -> str:
        return html(self, limit=60)

    def __repr__(self) -> str:
        return f"<program of {self.name}: {len(self)} instructions>"
