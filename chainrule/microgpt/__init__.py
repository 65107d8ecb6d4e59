"""A tiny GPT that invents names, twice: on Values, where every number can be seen, and on Tensors.

Both are the same network: embeddings of the token and of its place; a block of attention with four heads and
a perceptron with relu, each behind a normalisation by the mean square and added to what came in; no biases.
Its form is that of A. Karpathy's microgpt (2026), a descendant of Radford et al., Language Models are
Unsupervised Multitask Learners, 2019.

>>> letters, settings = Letters(), Settings()
>>> weights = first_weights(settings, 0)
>>> tokens = letters.encode("ann")
>>> values, tensors = ValueGPT(settings, weights), TensorGPT(settings, weights)
>>> abs(float(values.loss(tokens)) - float(tensors.loss(tokens))) < 1e-12
True
"""

from .settings import Letters, Settings, Weights, first_weights, sample
from .tensors import IGNORED, TensorGPT
from .values import ValueGPT

__all__ = [
    "IGNORED",
    "Letters",
    "Settings",
    "TensorGPT",
    "ValueGPT",
    "Weights",
    "first_weights",
    "sample",
]
