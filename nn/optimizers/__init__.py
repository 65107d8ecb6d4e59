"""Optimisers: update rules of a few lines each, over parameters that lie in one flat array.

Parameters may be Tensors, Values, or both. In the equations g is the gradient, lr the rate, t the
number of the step; every operation is elementwise. PyTorch's arguments, defaults and names of state.
"""

from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .base import Optimizer
from .descent import SGD, Adadelta, Adagrad, RMSprop

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "SGD",
]
