"""The tiny GPT with this project, one step a name, from the weights and the names in the folder named.

As it is, compiled, and scalar by scalar in plain Python (tests/microgpt_reference.py).
"""

import itertools
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
from work import serve

import autograd
from chainrule.microgpt import Settings, TensorGPT
from nn import Adam, PolynomialLR, cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from microgpt_reference import Reference

FOLDER = Path(sys.argv[1])
NAMES = json.loads((FOLDER / "names.json").read_text())
STEPS, RATE = 1000, 0.01
with np.load(FOLDER / "weights.npz") as file:
    WEIGHTS = dict(file)


def train(compiled):
    model = TensorGPT(Settings(), WEIGHTS, np.float32)
    optimizer = Adam(model.parameters(), lr=RATE, betas=(0.85, 0.99))
    schedule = PolynomialLR(optimizer, total_iters=STEPS)

    def step(tokens, following):
        optimizer.zero_grad()
        loss = cross_entropy(model(tokens), following)
        loss.backward()
        optimizer.step()
        return loss

    if compiled:
        step = autograd.compile(step)
    names = itertools.cycle([np.array(tokens) for tokens in NAMES])

    def next_step():
        tokens = next(names)
        loss = step(tokens[:-1], tokens[1:])
        schedule.step()
        return loss.item()

    return next_step


def scalar_by_scalar():
    reference, names = Reference(WEIGHTS, RATE, STEPS), itertools.cycle(NAMES)
    return lambda: reference.step(next(names))


cases = {"eager": partial(train, False), "compiled": partial(train, True), "scalars": scalar_by_scalar}
serve(cases, f"chainrule, NumPy {np.__version__}")
