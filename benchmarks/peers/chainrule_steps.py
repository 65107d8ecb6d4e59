"""The steps with this project, as they are and compiled."""

import itertools
from functools import partial

import numpy as np
from work import CONVOLUTION, DENSE, LSTM, RATE, convolutional, dense, inputs, lstm, serve

import autograd
import nn


def trained(model, state, case, forward=None, compiled=False):
    model.load_state_dict(dict(zip(model.state_dict(), state, strict=True)))
    x, classes = inputs(case)
    optimizer = nn.SGD(model.parameters(), lr=RATE)
    forward = forward or model

    def step(x, classes):
        optimizer.zero_grad()
        loss = nn.cross_entropy(forward(x), classes)
        loss.backward()
        optimizer.step()
        return loss

    if compiled:
        step = autograd.compile(step)
    else:
        x = autograd.Tensor(x)  # as PyTorch has it in a tensor of its own
    return lambda: step(x, classes).item()


def perceptron(case, compiled=False):
    widths, _ = DENSE[case]
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return trained(nn.Sequential(*layers[:-1]), dense(case), case, compiled=compiled)


def images(case, compiled=False):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    return trained(model, convolutional(), case, compiled=compiled)


def sequence(case):
    model = nn.Sequential(nn.LSTM(32, 32), nn.Linear(32, 10))
    recurrent, output = model[0], model[1]
    return trained(model, lstm(), case, lambda x: output(recurrent(x)[1][0][0]))


makers = dict.fromkeys(DENSE, perceptron) | dict.fromkeys(CONVOLUTION, images)
cases = {case: partial(make, case) for case, make in makers.items()}
cases |= {f"compiled {case}": partial(make, case, compiled=True) for case, make in makers.items()}
cases |= {case: partial(sequence, case) for case in LSTM}
serve(cases, f"chainrule, NumPy {np.__version__}")
