"""Libraries in processes and environments of their own, which take turns at the same work.

A worker is a script of this folder that ends in ``work.serve``. Environments are made below ``.venv-bench/``
on first use. Each worker keeps to as many processor cores as it is to have threads, so that no library takes
more than another, whatever it makes of the settings.
"""

import json
import math
import os
import select
import shutil
import statistics
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PEERS = Path(__file__).resolve().parent
ROOT = PEERS.parent.parent
ENVIRONMENTS = ROOT / ".venv-bench"
PACKAGES = {
    "torch": ["torch==2.13.0", "numpy"],
    "jax": ["jax==0.10.2"],
    "mygrad": ["mygrad==2.5.0"],
    "hips": ["autograd==1.9.1"],
    "tinygrad": ["tinygrad==0.14.0", "numpy", "ziglang"],
}
"""What each environment has; a library that is not here runs in this one."""


class Worker:
    """One library in its process.

    Parameters
    ----------
    library: whose environment it is.
    script: a file of this folder, that of the library's steps if it is left out.
    """

    def __init__(self, library: str, script: str | None = None, *arguments: str, threads: int = 1) -> None:
        python = environment(library) if library in PACKAGES else Path(sys.executable)
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        clean["PATH"] = f"{python.parent}{os.pathsep}{clean.get('PATH', '')}"
        if threads == 1:
            clean["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        self.name = library
        self.process = subprocess.Popen(
            [str(python), str(PEERS / (script or f"{library}_steps.py")), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean | limits,
            cwd=PEERS,
        )
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))[-threads:]
            os.sched_setaffinity(self.process.pid, cores)
        greeting = self.answer()
        self.version, self.cases = greeting["version"], greeting["cases"]

    def answer(self, limit: float | None = None) -> dict[str, Any]:
        """What it says next.

        Raises
        ------
        RuntimeError: it ended, or said nothing for ``limit`` seconds and was ended.
        """
        assert self.process.stdout is not None
        if limit is not None and not select.select([self.process.stdout], [], [], limit)[0]:
            self.process.kill()
            raise RuntimeError(f"{self.name} took more than {limit:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, case: str, steps: int, limit: float | None = None) -> dict[str, Any]:
        """Make steps; the answer is as ``work.serve`` says."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{case} {steps}\n")
        self.process.stdin.flush()
        return self.answer(limit)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def environment(library: str) -> Path:
    """The Python of a library's environment, which is made if it is not there."""
    folder = ENVIRONMENTS / library
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"making {folder.relative_to(ROOT)} with {', '.join(PACKAGES[library])} ...", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES[library]], check=True)
        if library == "tinygrad" and not shutil.which("clang"):
            compiler = python.with_name("clang")  # which ziglang carries
            compiler.write_text(f'#!/bin/sh\nexec "{python}" -m ziglang clang "$@"\n')
            compiler.chmod(0o755)
        done.touch()
    return python


def same(losses: dict[str, float]) -> None:
    """See that all came to one loss."""
    first = next(iter(losses.values()))
    assert all(math.isclose(loss, first, rel_tol=1e-3) for loss in losses.values()), losses


def turns(
    runners: dict[str, tuple[Worker, str]], blocks: dict[str, int], rounds: int, clock: str = "seconds"
) -> dict[str, list[float]]:
    """The time of every step of each runner, a worker and its case; they take turns, a block each."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, (worker, case) in runners.items():
            times[name] += worker.run(case, blocks[name])[clock]
    return times


def medians(times: dict[str, list[float]]) -> dict[str, float]:
    """The median time of each."""
    return {name: statistics.median(each) for name, each in times.items()}
