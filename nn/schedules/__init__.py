"""Schedules of the learning rate: ``step()`` after each epoch, or each batch, sets ``optimizer.lr``.

In the equations k counts the calls of ``step()`` and lr₀ is the optimiser's rate when the schedule
was made. Names, arguments and defaults are those of ``torch.optim.lr_scheduler``.
"""

from .base import Schedule
from .curves import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
    WarmupLR,
)
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
    "WarmupLR",
]
