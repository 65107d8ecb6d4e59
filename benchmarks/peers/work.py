"""What every library is asked to do, with NumPy only: the same numbers, the same steps, the same answers.

A worker reads lines ``case steps`` and answers each with one line of JSON, see :func:`serve`. Workers of all
libraries live side by side and take turns.
"""

import itertools
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATE = 0.01
DENSE = {
    "784-16-16-10": ((784, 16, 16, 10), 32),
    "784-128-10": ((784, 128, 10), 64),
    "784-512-512-10": ((784, 512, 512, 10), 128),
}
"""Widths and batch of networks with relu in between."""
DENSE |= {f"784-128-10, batch {batch}": ((784, 128, 10), batch) for batch in (256, 1024, 4096)}
DENSE |= {"784-512-512-10, batch 4096": ((784, 512, 512, 10), 4096)}
CONVOLUTION = {"convolutional": 32, "convolutional, batch 512": 512}
"""The batch; 28×28 images, 8 and 16 channels of 3×3, pooling by 2 after each."""
LSTM = {
    "lstm": 32,
    "lstm, one sequence": 1,
}  # the batch; 20 steps of 32 numbers, 32 units, the last one counts
STATUS = Path("/proc/self/status")
FEATURES, UNITS, TIMES, CLASSES = 32, 32, 20, 10


def weights(*shapes: tuple[int, ...]) -> list[Any]:
    """Uniform in ±1/√(what one output sums over), float32, the same in every process."""
    random = np.random.default_rng(7)
    return [
        random.uniform(-1, 1, shape).astype(np.float32) / np.sqrt(np.float32(np.prod(shape[1:]) or 1))
        for shape in shapes
    ]


def inputs(case: str) -> tuple[Any, Any]:
    """A batch of inputs and of classes."""
    random = np.random.default_rng(11)
    if case in DENSE:
        widths, batch = DENSE[case]
        shape: tuple[int, ...] = (batch, widths[0])
    elif case in CONVOLUTION:
        shape = (CONVOLUTION[case], 1, 28, 28)
    else:
        shape = (TIMES, LSTM[case], FEATURES)
    classes = random.integers(0, CLASSES, shape[1] if case in LSTM else shape[0])
    return random.normal(size=shape).astype(np.float32), classes


def dense(case: str) -> list[Any]:
    """Weight (out, in) and bias of each layer."""
    widths, _ = DENSE[case]
    return weights(*(shape for a, b in itertools.pairwise(widths) for shape in ((b, a), (b,))))


def convolutional() -> list[Any]:
    """Weights and biases of two convolutions and one linear layer."""
    return weights((8, 1, 3, 3), (8,), (16, 8, 3, 3), (16,), (CLASSES, 16 * 7 * 7), (CLASSES,))


def lstm() -> list[Any]:
    """w_ih, w_hh, b_ih, b_hh of the LSTM, then weight and bias of the linear layer."""
    return weights(
        (4 * UNITS, FEATURES), (4 * UNITS, UNITS), (4 * UNITS,), (4 * UNITS,), (CLASSES, UNITS), (CLASSES,)
    )


def serve(cases: dict[str, Callable[[], Callable[[], Any]]], version: str) -> None:
    """Answer requests until the input ends; a case is a function that makes a step, which gives the loss.

    An answer has the ``seconds`` of the processor and of the ``wall`` clock of every step, the ``loss`` of
    the last, seconds of the processor in ``other`` processes that were started (compilers), and the bytes
    of memory at the ``start`` of the request, before a step is made, and at its ``peak``.
    """
    print(json.dumps({"version": version, "cases": list(cases)}), flush=True)
    steps: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        case, _, count = line.strip().rpartition(" ")
        forget_peak()
        start, others = resident("VmRSS"), seconds_of_others()
        if case not in steps:
            steps[case] = cases[case]()
        step, seconds, wall, loss = steps[case], [], [], None
        for _ in range(int(count)):
            clock, processor = time.perf_counter(), time.process_time()
            loss = step()
            seconds.append(time.process_time() - processor)
            wall.append(time.perf_counter() - clock)
        answer = {
            "seconds": seconds,
            "wall": wall,
            "other": seconds_of_others() - others,
            "loss": float(loss),  # type: ignore[arg-type]
            "start": start,
            "peak": resident("VmHWM"),
        }
        print(json.dumps(answer), flush=True)


def seconds_of_others() -> float:
    """Processor time of the processes that this one started and that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def resident(line: str) -> int:
    """Bytes of this process in memory, now (VmRSS) or at most (VmHWM), as Linux counts; 0 elsewhere."""
    if not STATUS.exists():
        return 0
    found = re.search(rf"{line}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) * 1024 if found else 0


def forget_peak() -> None:
    """Let the most memory be what is used now."""
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5")
