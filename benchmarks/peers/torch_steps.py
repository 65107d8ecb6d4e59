"""The steps with PyTorch: eager, compiled as they are, and as one pure function, compiled as a whole.

    python torch_steps.py [compiled]

torch.compile wants a C++ compiler. ``compiled`` imports it first, so that this is not counted as compiling.
"""

import itertools
import os
import sys
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from work import CONVOLUTION, DENSE, LSTM, RATE, convolutional, dense, inputs, lstm, serve

if "compiled" in sys.argv:
    import torch._inductor.compile_fx
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def loaded(model, state):
    tensors = [torch.tensor(array) for array in state]
    model.load_state_dict(dict(zip(model.state_dict(), tensors, strict=True)))
    return model


def trained(model, case, forward=None, style=""):
    x, classes = map(torch.tensor, inputs(case))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    forward = forward or model

    def step(x, classes):
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(x), classes)
        loss.backward()
        optimizer.step()
        return loss

    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss_of(parameters):
        return F.cross_entropy(torch.func.functional_call(model, parameters, (x,)), classes)

    @torch.no_grad()
    def functional(x, classes):
        gradients, loss = torch.func.grad_and_value(loss_of)(parameters)
        for name, gradient in gradients.items():
            parameters[name].sub_(gradient, alpha=RATE)
        return loss

    if style == "compiled":
        step = torch.compile(step)
    elif style == "functional":
        step = torch.compile(functional, fullgraph=True)
    return lambda: step(x, classes).item()


def perceptron(case, style=""):
    widths, _ = DENSE[case]
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return trained(loaded(nn.Sequential(*layers[:-1]), dense(case)), case, style=style)


def images(case, style=""):
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
    return trained(loaded(model, convolutional()), case, style=style)


def sequence(case):
    model = nn.Sequential(nn.LSTM(32, 32), nn.Linear(32, 10))
    recurrent, output = model[0], model[1]
    return trained(loaded(model, lstm()), case, lambda x: output(recurrent(x)[1][0][0]))


makers = dict.fromkeys(DENSE, perceptron) | dict.fromkeys(CONVOLUTION, images)
cases = {case: partial(make, case) for case, make in makers.items()}
for style in ("compiled", "functional"):
    cases |= {f"{style} {case}": partial(make, case, style=style) for case, make in makers.items()}
cases |= {case: partial(sequence, case) for case in LSTM}
serve(cases, f"PyTorch {torch.__version__}")
