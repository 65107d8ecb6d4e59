"""Programs: steps that are recorded once and replayed, beside NumPy by hand, JAX, PyTorch and micrograd.

Every library runs in a process and an environment of its own (``.venv-bench/``, made on the first run), on
one core. The processes take turns, a block of steps each, and medians are compared, in seconds of the
processor. All start from the same numbers, and must come to the same loss. The networks are measured again
on two cores with two threads, by the wall clock.

"First three calls" is what it costs until a step runs at full speed: recorded, planned and checked against
the eager step here, compiled elsewhere; three steps are made on the way. Memory is what Linux counts as
resident at most, less what the process had before it made the model and the data, each in a fresh process.

The largest graph of Values, of ten million nodes, is left out unless it is asked for: it takes five minutes
and 7 GB.

    python benchmarks/programs.py [rounds] [largest]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from peers.workers import Worker, medians, same, turns

from chainrule.datasets import names
from chainrule.microgpt import Letters, Settings, first_weights

EAGER, OURS, HAND = "eager", "replayed", "NumPy by hand"
JAX, SYNCHRONOUS, PADDED = "jax.jit", "jax.jit, synchronous", "jax.jit, synchronous, names padded to 16"
TORCH, COMPILE, FUNCTIONAL = "PyTorch eager", "torch.compile", "torch.compile, one pure function"
SCALARS, MICROGRAD = "microgpt's scalars", "micrograd"
RUNNERS = {  # the environment, arguments of the script, the kind of case
    EAGER: ("chainrule", (), ""),
    OURS: ("chainrule", (), "compiled "),
    HAND: ("numpy", (), ""),
    JAX: ("jax", (), ""),
    SYNCHRONOUS: ("jax", ("synchronous",), ""),
    TORCH: ("torch", (), ""),
    COMPILE: ("torch", ("compiled",), "compiled "),
    FUNCTIONAL: ("torch", ("compiled",), "functional "),
}
BLOCKS = {"784-16-16-10": 50, "784-128-10": 20, "784-512-512-10": 4, "convolutional": 4}
SMALL = "784-16-16-10"
WARM = "784-128-10, batch 256"
"""What is made first, so that imports are not counted as recording or compiling."""
COMPILING = 90.0
"""How many seconds torch.compile may take for one case."""
RECORDING = 20
"""How many eager steps' time the first three calls may take."""
GOALS: dict[str, dict[str, float]] = {  # how many times as fast as each ours is to be
    SMALL: {HAND: 1 / 0.80, JAX: 1.5, SYNCHRONOUS: 1.5, TORCH: 5, COMPILE: 5, FUNCTIONAL: 5},
    "784-128-10": {HAND: 1 / 0.97, JAX: 1, SYNCHRONOUS: 1, TORCH: 1.5},
    "784-512-512-10": {HAND: 1, JAX: 1, SYNCHRONOUS: 1, TORCH: 1.1},
    "convolutional": {TORCH: 1},
    "microgpt": {JAX: 1.7, SYNCHRONOUS: 1.7, PADDED: 1.7, TORCH: 8, SCALARS: 1200},
    "1,000 steps": {JAX: 20, SYNCHRONOUS: 20, PADDED: 20},
    "moons": {MICROGRAD: 600},
}


class Row(NamedTuple):
    """A line of the table."""

    work: str
    ours: str
    against: str = "–"
    theirs: str = "–"
    ratio: str = "–"
    goal: str = ""
    two_threads: str = ""


class Measured(NamedTuple):
    """Seconds for one network: a step's median, and the first three calls, of each runner."""

    step: dict[str, float]
    first: dict[str, float]


def amount(seconds: float) -> str:
    """Three digits and a unit."""
    units = ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    number = seconds / size
    return f"{number:,.0f} {unit}" if number >= 100 else f"{number:#.3g} {unit}"


def judged(reached: float, goal: float | None, digits: int = 2) -> str:
    """The goal, with a word if it was missed."""
    return "" if goal is None else f"{goal:,.{digits}f}".rstrip("0").rstrip(".") + missed(reached >= goal)


def missed(reached: bool) -> str:
    return "" if reached else ", **missed**"


def compared(work: str, key: str, ours: float, name: str, theirs: float, two: str = "") -> Row:
    """Ours beside theirs, both in seconds."""
    ratio = theirs / ours
    goal = judged(ratio, GOALS[key].get(name))
    return Row(work, amount(ours), name, amount(theirs), f"{ratio:,.2f}", goal, two)


# -- networks -------------------------------------------------------------------------------------


def networks(threads: int, rounds: int) -> dict[str, Measured]:
    """Every case with every runner that can be had."""
    workers: dict[Any, Worker] = {}
    for library, arguments, _ in RUNNERS.values():
        if (library, arguments) in workers:
            continue
        try:
            worker = workers[library, arguments] = Worker(library, None, *arguments, threads=threads)
            if library != "numpy" and "compiled" not in arguments:
                worker.run(f"compiled {WARM}" if library == "chainrule" else WARM, 3)
        except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
            print(f"left out: {library} ({error})", flush=True)
            workers.pop((library, arguments), None)
    if threads == 1:
        print("; ".join(dict.fromkeys(worker.version for worker in workers.values())), flush=True)
    measured = {}
    for case in BLOCKS:
        runners: dict[str, tuple[Worker, str]] = {}
        first, losses = {}, {}
        for name, (library, arguments, kind) in RUNNERS.items():
            worker = workers.get((library, arguments))  # type: ignore[assignment]
            if worker is None or kind + case not in worker.cases:
                continue
            if name in (COMPILE, FUNCTIONAL) and case != SMALL and (threads > 1 or name == FUNCTIONAL):
                continue  # compiling takes too long to do it where there is no goal
            try:
                answer = worker.run(kind + case, 5, COMPILING)
            except RuntimeError as error:
                print(f"left out from {case} on: {name} ({error})", flush=True)
                del workers[library, arguments]
                runners = {key: pair for key, pair in runners.items() if pair[0] is not worker}
                continue
            runners[name] = worker, kind + case
            losses[name] = answer["loss"]
            first[name] = sum(answer["seconds"][:3]) + answer["other"]
        same(losses)
        clock = "seconds" if threads == 1 else "wall"
        times = turns(runners, dict.fromkeys(runners, BLOCKS[case]), rounds, clock)
        measured[case] = Measured(medians(times), first)
    for worker in workers.values():
        worker.close()
    return measured


def network_rows(one: dict[str, Measured], two: dict[str, Measured]) -> Iterator[Row]:
    for case, (step, _) in one.items():
        again = two[case].step
        for name in step:
            if name == OURS:
                continue
            both = f"{again[name] / again[OURS]:.2f}" if name in again else ""
            yield compared(case, case, step[OURS], name, step[name], both)
    for case, (step, first) in one.items():
        count = first[OURS] / step[EAGER]
        others = ", ".join(
            f"{name} {amount(first[name])}" for name in (JAX, COMPILE, FUNCTIONAL) if name in first
        )
        yield Row(
            f"{case}, first three calls",
            f"{amount(first[OURS])}, {count:.0f} eager steps",
            "theirs",
            others,
            "",
            f"{RECORDING} eager steps{missed(count <= RECORDING)}",
        )


# -- microgpt -------------------------------------------------------------------------------------


def microgpt(rounds: int) -> Iterator[Row]:
    """A thousand steps on real names, compilation included; then steps on names whose lengths are known."""
    letters, settings, found = Letters(), Settings(), names()
    chosen = np.random.default_rng(0).permutation(len(found))[:1000]
    data = [letters.encode(found[i])[: settings.block + 1] for i in chosen]
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "weights.npz", **first_weights(settings, 0))  # type: ignore[arg-type]
        (Path(folder) / "names.json").write_text(json.dumps(data))
        runners: dict[str, tuple[Worker, str]] = {}
        for name, (library, case, *arguments) in {
            EAGER: ("chainrule", "eager"),
            OURS: ("chainrule", "compiled"),
            SCALARS: ("chainrule", "scalars"),
            JAX: ("jax", "microgpt"),
            SYNCHRONOUS: ("jax", "microgpt", "synchronous"),
            PADDED: ("jax", "padded", "synchronous"),
            TORCH: ("torch", "microgpt"),
        }.items():
            try:
                runners[name] = Worker(library, f"{library}_microgpt.py", folder, *arguments), case
            except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
                print(f"left out of microgpt: {name} ({error})", flush=True)
        beginnings = {name: worker.run(case, 3) for name, (worker, case) in runners.items()}
        same({name: answer["loss"] for name, answer in beginnings.items()})
        totals = {}
        for name, (worker, case) in runners.items():
            if name != SCALARS:  # which takes too long
                totals[name] = sum(beginnings[name]["seconds"] + worker.run(case, 997)["seconds"])
        blocks = dict.fromkeys(runners, 50) | {SCALARS: 1}
        times = turns(runners, blocks, rounds)
        for worker, _ in runners.values():
            worker.close()
    # Names differ in length, so each step is compared with ours on the same name. All have come back to the
    # first one, but the scalars, which go on with the fourth.
    for name, theirs in times.items():
        if name == OURS:
            continue
        mine = times[OURS][3:] if name == SCALARS else times[OURS]
        ratio = statistics.median(a / b for a, b in zip(theirs, mine, strict=False))
        goal = judged(ratio, GOALS["microgpt"].get(name))
        each = statistics.median(times[OURS])
        yield Row(
            "microgpt step", amount(each), name, amount(statistics.median(theirs)), f"{ratio:,.2f}", goal
        )
    for name in (JAX, SYNCHRONOUS, PADDED, TORCH, EAGER):
        if name in totals:
            yield compared("1,000 microgpt steps in all", "1,000 steps", totals[OURS], name, totals[name])
    lengths = len(set(map(len, data)))
    step = medians(times)
    recording = (totals[OURS] - 1000 * step[OURS]) / lengths
    count = recording / step[EAGER]
    others = f"{JAX} {amount((totals[JAX] - 1000 * step[JAX]) / lengths)}" if JAX in step else "–"
    yield Row(
        "microgpt, first calls for each length of a name",
        f"{amount(recording)}, {count:.0f} eager steps",
        "theirs",
        others,
        "",
        f"{RECORDING} eager steps{missed(count <= RECORDING)}",
    )


# -- scalars --------------------------------------------------------------------------------------

NODES = 650
"""How many nodes a point of the moons step has."""


def moons_step(rounds: int) -> Iterator[Row]:
    workers = {name: Worker("chainrule", "moons_steps.py") for name in (EAGER, OURS, MICROGRAD)}
    runners = {
        EAGER: (workers[EAGER], "eager 100"),
        OURS: (workers[OURS], "compiled 100"),
        MICROGRAD: (workers[MICROGRAD], "micrograd 100"),
    }
    answers = {name: worker.run(case, 3) for name, (worker, case) in runners.items()}
    same({name: answer["loss"] for name, answer in answers.items()})
    step = medians(turns(runners, {EAGER: 2, OURS: 20, MICROGRAD: 2}, rounds))
    for worker in workers.values():
        worker.close()
    for name in (MICROGRAD, EAGER):
        yield compared("moons step, 65,000 Values", "moons", step[OURS], name, step[name])
    _, recorded, planned = answers[OURS]["seconds"]
    count = sum(answers[OURS]["seconds"]) / step[EAGER]
    yield Row(
        "moons, first three calls",
        f"{amount(sum(answers[OURS]['seconds']))} (recording {amount(recorded)}, planning and checking "
        f"{amount(planned)}), {count:.0f} eager steps",
        goal=f"{RECORDING} eager steps{missed(count <= RECORDING)}",
    )


# -- growth and memory ----------------------------------------------------------------------------


def growth(largest: bool) -> Iterator[Row]:
    """Time and memory by size; the goal is that they grow in a straight line."""
    for points in (2, 15, 154, 1538, *([15_385] if largest else [])):
        worker = Worker("chainrule", "moons_steps.py")
        first = worker.run(f"compiled {points}", 3)
        again = worker.run(f"compiled {points}", 20)
        worker.close()
        nodes, step = points * NODES, statistics.median(again["seconds"])
        recording, most = sum(first["seconds"]), first["peak"] - first["start"]
        yield Row(
            f"moons step, {nodes:,} Values",
            f"{amount(step)}, {step / nodes * 1e9:.1f} ns a node; first three calls "
            f"{recording / nodes * 1e6:.0f} µs a node; {most / nodes:,.0f} bytes a node at most",
        )
    worker = Worker("chainrule")
    for case, batch in (("784-128-10", 64), *((f"784-128-10, batch {b}", b) for b in (256, 1024, 4096))):
        worker.run(f"compiled {case}", 5)
        step = statistics.median(worker.run(f"compiled {case}", 20)["seconds"])
        yield Row(f"784-128-10, batch {batch:,}", f"{amount(step)}, {step / batch * 1e6:.2f} µs a row")
    worker.close()


def memory() -> Iterator[Row]:
    for case in ("784-512-512-10, batch 4096", "convolutional, batch 512"):
        used = {}
        for name in (OURS, EAGER, TORCH):
            library, _, kind = RUNNERS[name]
            try:
                worker = Worker(library)
            except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
                print(f"left out: memory of {name} ({error})", flush=True)
                continue
            first, again = worker.run(kind + case, 4), worker.run(kind + case, 4)
            worker.close()
            used[name] = [(answer["peak"] - first["start"]) / 2**20 for answer in (again, first)]
        for name in used.keys() - {OURS}:
            yield Row(
                f"memory, {case}",
                f"{used[OURS][0]:.0f} MiB ({used[OURS][1]:.0f} while recording)",
                name,
                f"{used[name][0]:.0f} MiB",
                f"{used[name][0] / used[OURS][0]:.2f} × the memory",
                f"more than 1{missed(used[name][0] > used[OURS][0])}" if name == TORCH else "",
            )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    largest = "largest" in sys.argv[2:]
    began = time.perf_counter()
    print(f"Python {sys.version.split()[0]}, float32 (Values: float64), {os.cpu_count()} cores", flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache  # an earlier run's results are not to count
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
        one = networks(1, rounds)
        lap("networks on one thread", began)
        two = networks(2, max(rounds // 3, 1))
        lap("networks on two threads", began)
    rows += network_rows(one, two)
    for part in (microgpt(rounds), moons_step(max(rounds // 3, 1)), growth(largest), memory()):
        rows += part
        lap(part.__name__, began)
    print("\n| work | ours, replayed | against | theirs | × as fast | goal | × as fast on 2 threads |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(f"\n({time.perf_counter() - began:.0f} s)")


def lap(part: str, began: float) -> None:
    print(f"  {part}: done after {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
