"""Programs: what a function computes, written down once and replayed.

>>> import numpy as np
>>> from autograd.program import record
>>> program = record(lambda x: np.sqrt(x) + 1)(np.array([4.0, 9.0]))
>>> program(np.array([16.0, 25.0]))
array([5., 6.])
"""

from .compiled import Compiled, compile
from .program import Program
from .recorded import record

__all__ = ["Compiled", "Program", "compile", "record"]
