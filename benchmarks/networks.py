"""Networks: one step of training, forward, backward and update, beside PyTorch and four others.

Every library runs in a process of its own on one thread, the others each in an environment of their own
that this script makes under ``.venv-bench/`` on its first run. The processes take turns, a block of steps
each; the medians over all steps are compared, in seconds of the processor, so that other work on the
machine counts for little. Every process starts from the same numbers, and must come
to the same loss.

    python benchmarks/networks.py [rounds]
"""

import subprocess
import sys
import time

from peers.workers import Worker, medians, same, turns

OURS, BY_HAND, TORCH = "chainrule", "numpy", "torch"
LIBRARIES = (OURS, BY_HAND, TORCH, "mygrad", "hips", "tinygrad")
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


def start() -> list[Worker]:
    """All workers that can be had."""
    workers = []
    for name in LIBRARIES:
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
    same(losses)
    blocks = {worker.name: max(BLOCKS[case] // SLOW.get(worker.name, 1), 2) for worker in able}
    return medians(turns({worker.name: (worker, case) for worker in able}, blocks, rounds))


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
    for case, step in results.items():
        cells = [f"{step[name] * 1e6:,.0f}" if name in step else "–" for name in names]
        ratio = f"{step[TORCH] / step[OURS]:.2f}" if TORCH in step else "–"
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
