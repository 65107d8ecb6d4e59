"""Losses as functions, with PyTorch's names and arguments.

``reduction`` is "mean", "sum" or "none" everywhere. Integer targets may be plain arrays. The equations are
those of one element, with x for the input and y for the target.
"""

from .classes import cross_entropy, nll_loss
from .numbers import cosine_similarity, hinge_loss, huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .probabilities import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_similarity",
    "cross_entropy",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
]
