"""The steps with this project."""

import itertools

import numpy as np
from work import CONVOLUTION, DENSE, LSTM, RATE, convolutional, dense, inputs, lstm, serve

import autograd
import nn


def trained(model, state, case, forward=None):
    model.load_state_dict(dict(zip(model.state_dict(), state, strict=True)))
    x, classes = inputs(case)
    x = autograd.Tensor(x)  # as PyTorch has it in a tensor of its own
    optimizer = nn.SGD(model.parameters(), lr=RATE)
    forward = forward or model

    def step():
        optimizer.zero_grad()
        loss = nn.cross_entropy(forward(x), classes)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def perceptron(case):
    widths, _ = DENSE[case]
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return trained(nn.Sequential(*layers[:-1]), dense(case), case)


def images():
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
    return trained(model, convolutional(), CONVOLUTION)


def sequence(case):
    model = nn.Sequential(nn.LSTM(32, 32), nn.Linear(32, 10))
    recurrent, output = model[0], model[1]
    return trained(model, lstm(), case, lambda x: output(recurrent(x)[1][0][0]))


cases = {case: (lambda case=case: perceptron(case)) for case in DENSE}
cases |= {CONVOLUTION: images} | {case: (lambda case=case: sequence(case)) for case in LSTM}
serve(cases, f"chainrule, NumPy {np.__version__}")
