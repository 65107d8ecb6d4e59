"""The dense steps with MyGrad."""

import mygrad as mg
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy
from work import DENSE, RATE, dense, inputs, serve


def perceptron(case):
    parameters = [mg.tensor(array) for array in dense(case)]
    x, classes = inputs(case)

    def step():
        y = x
        for place in range(0, len(parameters), 2):
            y = mg.matmul(y, parameters[place].T) + parameters[place + 1]
            if place < len(parameters) - 2:
                y = relu(y)
        loss = softmax_crossentropy(y, classes)
        loss.backward()
        for parameter in parameters:
            parameter.data -= RATE * parameter.grad
            parameter.null_grad()
        return loss.item()

    return step


serve({case: (lambda case=case: perceptron(case)) for case in DENSE}, f"MyGrad {mg.__version__}")
