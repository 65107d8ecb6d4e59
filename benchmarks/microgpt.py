"""The tiny GPT: one step of training on one name, on Tensors, on Values, scalar by scalar, and with PyTorch.

All four start from the same weights, take the same names in the same order, and must have the same losses.
They take turns, a block of steps each, on one thread; seconds are those of the processor. "Scalar by scalar"
is plain Python in which a number keeps a tuple of its local gradients (tests/microgpt_reference.py). PyTorch
runs in an environment of its own, as in networks.py.

    python benchmarks/microgpt.py [rounds]
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from microgpt_reference import Reference  # noqa: E402
from peers.workers import environment  # noqa: E402

from chainrule.datasets import names  # noqa: E402
from chainrule.microgpt import Letters, Settings, TensorGPT, ValueGPT, first_weights  # noqa: E402
from nn import Adam, PolynomialLR  # noqa: E402

STEPS, RATE = 1000, 0.01
NAMES = 50
"""How many names there are, again and again; a block of the fast runners is all of them."""
SCALARS, VALUES, TENSORS, TORCH = "scalar by scalar", "Values", "Tensors", "PyTorch"
BLOCKS = {SCALARS: 1, VALUES: 2, TENSORS: NAMES, TORCH: NAMES}
WANTED = {SCALARS: 200, TORCH: 1.5}
"""How many times as fast as these Tensors are to be."""


def trainer(model: Any) -> Callable[[list[int]], float]:
    """A step of ours: forward, backward, update."""
    optimizer = Adam(model.parameters(), lr=RATE, betas=(0.85, 0.99))
    schedule = PolynomialLR(optimizer, total_iters=STEPS)

    def step(tokens: list[int]) -> float:
        loss = model.loss(tokens)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return float(loss)

    return step


class Here:
    """A trainer in this process: it makes steps on one name after another."""

    def __init__(self, step: Callable[[list[int]], float], data: list[list[int]]) -> None:
        self.step, self.data = step, itertools.cycle(data)

    def run(self, steps: int) -> tuple[list[float], float]:
        seconds, loss = [], 0.0
        for tokens in itertools.islice(self.data, steps):
            start = time.process_time()
            loss = self.step(tokens)
            seconds.append(time.process_time() - start)
        return seconds, loss


class There:
    """A trainer in a process of its own."""

    def __init__(self, folder: Path) -> None:
        command = [str(environment("torch")), str(HERE / "peers" / "torch_microgpt.py"), str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=HERE / "peers")
        self.version = self.answer()["version"]

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def run(self, steps: int) -> tuple[list[float], float]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"microgpt {steps}\n")
        self.process.stdin.flush()
        answer = self.answer()
        return answer["seconds"], answer["loss"]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    letters, settings = Letters(), Settings()
    found = names()
    data = [letters.encode(found[i]) for i in np.random.default_rng(0).permutation(len(found))[:NAMES]]
    weights = first_weights(settings, 0)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "weights.npz", **weights)  # type: ignore[arg-type]
        (Path(folder) / "names.json").write_text(json.dumps(data))
        there = There(Path(folder))
        runners = {
            SCALARS: Here(Reference(weights, RATE, STEPS).step, data),
            VALUES: Here(trainer(ValueGPT(settings, weights)), data),
            TENSORS: Here(trainer(TensorGPT(settings, weights, np.float32)), data),
            TORCH: there,
        }
        losses = {name: runner.run(3)[1] for name, runner in runners.items()}
        assert max(losses.values()) - min(losses.values()) < 1e-4, losses
        # Names differ in length, so each step is compared with ours on the same name, at its median.
        seconds: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(rounds):
            for name, runner in runners.items():
                seconds[name] += runner.run(BLOCKS[name])[0]
        assert there.process.stdin is not None
        there.process.stdin.close()
        there.process.wait()
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, {there.version}, float32, one thread")
    print(f"losses after 3 steps equal to {max(losses.values()) - min(losses.values()):.0e}\n")
    print("| one step | ms, median | ms on the same names, ours | Tensors are × as fast | wanted |")
    print("|---|---|---|---|---|")
    ours = [statistics.median(seconds[TENSORS][place::NAMES]) for place in range(NAMES)]
    for name, times in seconds.items():
        same_names = [ours[place % NAMES] for place in range(len(times))]
        ratio = statistics.median(a / b for a, b in zip(times, same_names, strict=True))
        same = statistics.median(same_names)
        print(
            f"| {name} | {statistics.median(times) * 1e3:,.3f} | {same * 1e3:.3f} | {ratio:.2f} | "
            f"{WANTED.get(name, '')} |"
        )


def full_block() -> None:
    """The same where all 16 places are used: scalars take longer by the place, arrays hardly do."""
    letters, settings = Letters(), Settings()
    weights, tokens = first_weights(settings, 0), letters.encode("abcdefghijklmno")
    runners = (
        Here(Reference(weights, RATE, STEPS).step, [tokens]),
        Here(trainer(TensorGPT(settings, weights, np.float32)), [tokens]),
    )
    seconds: tuple[list[float], list[float]] = [], []
    for _ in range(4):
        for runner, steps, times in zip(runners, (1, 50), seconds, strict=True):
            times += runner.run(steps)[0]
    slow, fast = map(statistics.median, seconds)
    print(
        f"\nfull block of 16: {SCALARS} {slow * 1e3:.1f} ms, Tensors {fast * 1e3:.3f} ms, {slow / fast:.0f} ×"
    )


if __name__ == "__main__":
    main()
    full_block()
