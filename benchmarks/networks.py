"""Networks: one step of training, forward, backward and update, beside PyTorch and four others.

Every library runs in a process of its own on one thread, the others each in an environment of their own
that this script makes under ``.venv-bench/`` on its first run. The processes take turns, a block of steps
each; the medians over all steps are compared, in seconds of the processor, so that other work on the
machine counts for little. Every process starts from the same numbers, and must come
to the same loss.

    python benchmarks/networks.py [rounds]
"""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
ENVIRONMENTS = ROOT / ".venv-bench"
OURS, BY_HAND, TORCH = "chainrule", "numpy", "torch"
PACKAGES = {
    "torch": ["torch==2.13.0", "numpy"],
    "mygrad": ["mygrad==2.5.0"],
    "hips": ["autograd==1.9.1"],
    "tinygrad": ["tinygrad==0.14.0", "numpy", "ziglang"],
}
BLOCKS = {
    "784-16-16-10": 100,
    "784-128-10": 50,
    "convolutional": 10,
    "lstm": 20,
    "lstm, one sequence": 20,
}
SLOW = {"tinygrad": 10}
"""How many steps a block has; a slow library makes fewer."""
WANTED = {  # how many times as fast as PyTorch
    "784-16-16-10": 2.5,
    "784-128-10": 1.3,
    "convolutional": 0.7,
    "lstm": 1.5,
    "lstm, one sequence": 1.5,
}


class Worker:
    """One library in its process."""

    def __init__(self, name: str) -> None:
        python = Path(sys.executable) if name in (OURS, BY_HAND) else environment(name)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        clean["PATH"] = f"{python.parent}{os.pathsep}{clean.get('PATH', '')}"
        self.name = name
        self.process = subprocess.Popen(
            [str(python), str(PEERS / f"{name}_steps.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean | threads,
            cwd=PEERS,
        )
        greeting = self.answer()
        self.version, self.cases = greeting["version"], greeting["cases"]

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, case: str, steps: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{case} {steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def environment(name: str) -> Path:
    """The Python of a library's environment, which is made if it is not there."""
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"making {folder.relative_to(ROOT)} with {', '.join(PACKAGES[name])} ...", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES[name]], check=True)
        if name == "tinygrad" and not shutil.which("clang"):
            compiler = python.with_name("clang")  # which ziglang carries
            compiler.write_text(f'#!/bin/sh\nexec "{python}" -m ziglang clang "$@"\n')
            compiler.chmod(0o755)
        done.touch()
    return python


def start() -> list[Worker]:
    """All workers that can be had."""
    workers = []
    for name in (OURS, BY_HAND, *PACKAGES):
        try:
            workers.append(Worker(name))
        except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
            print(f"left out: {name} ({error})")
    return workers


def measure(workers: list[Worker], case: str, rounds: int) -> dict[str, float]:
    """The median seconds of a step for each library."""
    able = [worker for worker in workers if case in worker.cases]
    losses: dict[str, float] = {}
    for worker in list(able):  # the first steps are not counted, but have to end in the same loss
        try:
            losses[worker.name] = worker.run(case, 5)["loss"]
        except RuntimeError as error:
            print(f"left out: {worker.name} for {case} ({error})")
            able.remove(worker)
            workers.remove(worker)
    expected = losses[OURS]
    assert all(math.isclose(loss, expected, rel_tol=1e-3) for loss in losses.values()), losses
    seconds: dict[str, list[float]] = {worker.name: [] for worker in able}
    for _ in range(rounds):
        for worker in able:
            steps = max(BLOCKS[case] // SLOW.get(worker.name, 1), 2)
            seconds[worker.name] += worker.run(case, steps)["seconds"]
    return {name: statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    began = time.perf_counter()
    workers = start()
    print("; ".join(worker.version for worker in workers))
    print(f"Python {sys.version.split()[0]}, one thread, float32, medians of {rounds} blocks that take turns")
    names = [worker.name for worker in workers]
    results = {case: measure(workers, case, rounds) for case in BLOCKS}
    print(f"\n| one step of training, µs | {' | '.join(names)} | × as fast as PyTorch | wanted |")
    print(f"|---|{'---|' * len(names)}---|---|")
    for case, medians in results.items():
        cells = [f"{medians[name] * 1e6:,.0f}" if name in medians else "–" for name in names]
        ratio = f"{medians[TORCH] / medians[OURS]:.2f}" if TORCH in medians else "–"
        print(f"| {case} | {' | '.join(cells)} | {ratio} | {WANTED[case]} |")
    for case in results:
        if BY_HAND in results[case]:
            ratio = results[case][OURS] / results[case][BY_HAND]
            print(f"\n{case}: {ratio:.2f} times the hand-written NumPy step", end="")
    print(f"\n({time.perf_counter() - began:.0f} s)")
    for worker in workers:
        worker.close()


if __name__ == "__main__":
    main()
