"""One sample through a network of sums of products, drawn by another library; prints what came out.

    python pictures.py micrograd|torchviz

micrograd's picture is that of its notebook ``trace_graph``, which its package leaves out: one box for
each number, with a small one before it for the operation.
"""

import json
import os
import random
import sys
import time
from itertools import pairwise
from pathlib import Path

import graphviz
from graphviz.backend import dot_command

WIDTHS = (2, 16, 16, 1)


def sample(kind):
    """The sample of ``benchmarks/pictures.py``, of another kind of scalar."""
    draw = random.Random(1)
    weights = [
        [[kind(draw.uniform(-1, 1)) for _ in range(inputs)] + [kind(0.0)] for _ in range(outputs)]
        for inputs, outputs in pairwise(WIDTHS)
    ]
    values = [kind(0.3), kind(-0.5)]
    for depth, rows in enumerate(weights):
        values = [sum((w * x for w, x in zip(row, values, strict=False)), row[-1]) for row in rows]
        if depth < len(weights) - 1:
            values = [value.relu() for value in values]
    return values[0]


def micrograd():
    from micrograd.engine import Value

    root = sample(Value)
    root.backward()

    def draw():
        nodes, edges, stack = {id(root): root}, [], [root]
        while stack:
            value = stack.pop()
            for child in value._prev:
                edges.append((child, value))
                if id(child) not in nodes:
                    nodes[id(child)] = child
                    stack.append(child)
        dot = graphviz.Digraph(graph_attr={"rankdir": "LR"})
        for name, value in nodes.items():
            dot.node(str(name), f"{{ data {value.data:.4f} | grad {value.grad:.4f} }}", shape="record")
            if value._op:
                dot.node(f"{name}{value._op}", value._op)
                dot.edge(f"{name}{value._op}", str(name))
        for child, value in edges:
            dot.edge(str(id(child)), f"{id(value)}{value._op}")
        return dot

    return draw


def torchviz():
    import torch
    from torchviz import make_dot

    root = sample(lambda x: torch.tensor(x, requires_grad=True))
    return lambda: make_dot(root)


sys.setrecursionlimit(100_000)
pure = Path(sys.executable).with_name("graphviz-pure")
if pure.exists():
    dot_command.DOT_BINARY = pure
draw = {"micrograd": micrograd, "torchviz": torchviz}[sys.argv[1]]()
before, start = os.times(), time.perf_counter()
dot = draw()
picture = dot.pipe(format="svg", encoding="utf-8")
after = os.times()
print(
    json.dumps(
        {
            "seconds": sum(after[:4]) - sum(before[:4]),
            "wall": time.perf_counter() - start,
            "bytes": len(picture.encode()),
            "boxes": picture.count('class="node"'),
        }
    )
)
