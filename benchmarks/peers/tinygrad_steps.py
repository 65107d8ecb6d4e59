"""The dense steps with tinygrad on the CPU, eager."""

import os
from importlib.metadata import version

os.environ |= {"DEV": "CPU", "TRAINING": "1"}

from tinygrad import Tensor
from tinygrad.nn.optim import SGD
from work import DENSE, RATE, dense, inputs, serve


def perceptron(case):
    parameters = [Tensor(array).is_param_() for array in dense(case)]
    x, classes = inputs(case)
    x, classes = Tensor(x), Tensor(classes.astype("int32"))
    optimizer = SGD(parameters, lr=RATE)

    def step():
        optimizer.zero_grad()
        y = x
        for place in range(0, len(parameters), 2):
            y = y.linear(parameters[place].T, parameters[place + 1])
            if place < len(parameters) - 2:
                y = y.relu()
        loss = y.sparse_categorical_crossentropy(classes)
        loss.backward()
        # Together, or the loss would be computed after the update, from the new parameters.
        Tensor.realize(loss, *optimizer.schedule_step())
        return loss.item()

    return step


serve({case: (lambda case=case: perceptron(case)) for case in DENSE}, f"tinygrad {version('tinygrad')}")
