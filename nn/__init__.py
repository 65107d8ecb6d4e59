"""Neurons, layers, losses and optimisers on the engine of ``autograd``."""

from . import functional
from .functional import cross_entropy, mse_loss
from .layers import Linear, ReLU, Sigmoid, Tanh
from .containers import Sequential
from .module import Module, Parameter
from .optimizers import SGD, Adam, Optimizer
from .scalar import MLP, Layer, Neuron

__all__ = [
    "Adam",
    "Layer",
    "Linear",
    "MLP",
    "Module",
    "Neuron",
    "Optimizer",
    "Parameter",
    "ReLU",
    "SGD",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "cross_entropy",
    "functional",
    "mse_loss",
]
