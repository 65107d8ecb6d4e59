"""The scalar step on moons: with this project, as it is and compiled, and with micrograd.

A case is a kind of step and how many points there are.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from work import serve

import autograd
from chainrule.datasets import moons

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scalar import Micrograd, program, sum_of_products

RATE = 0.1
POINTS = (2, 15, 100, 154, 1538, 15385)
KINDS = {"micrograd": (Micrograd, 0), "eager": (autograd.Value, None), "compiled": (autograd.Value, None)}


def train(kind, count):
    points, labels = moons(count, 0.1, seed=1)
    number, cleared = KINDS[kind]
    step = program(number, sum_of_products, RATE, cleared)
    if kind == "compiled":
        step = autograd.compile(step)
        labels = labels.astype(float)
    else:
        points, labels = points.tolist(), labels.tolist()
    return lambda: step(points, labels).data


sys.setrecursionlimit(1_000_000)
cases = {f"{kind} {count}": partial(train, kind, count) for kind in KINDS for count in POINTS}
serve(cases, f"micrograd; chainrule, NumPy {np.__version__}")
