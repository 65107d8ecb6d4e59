"""The dense steps with HIPS autograd."""

from importlib.metadata import version

from work import DENSE, RATE, dense, inputs, serve

import autograd.numpy as np
from autograd import value_and_grad


def perceptron(case):
    parameters = dense(case)
    x, classes = inputs(case)
    rows = np.arange(len(x))

    def loss(parameters):
        y = x
        for place in range(0, len(parameters), 2):
            y = np.dot(y, parameters[place].T) + parameters[place + 1]
            if place < len(parameters) - 2:
                y = np.maximum(y, 0)
        y = y - np.max(y, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(y), axis=1)) - y[rows, classes])

    both = value_and_grad(loss)

    def step():
        value, gradients = both(parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= RATE * gradient
        return value

    return step


serve({case: (lambda case=case: perceptron(case)) for case in DENSE}, f"HIPS autograd {version('autograd')}")
