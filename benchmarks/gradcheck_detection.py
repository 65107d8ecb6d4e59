"""How many wrong derivatives a gradient checker finds, and how many right ones it blames.

    python benchmarks/gradcheck_detection.py              ours, and each peer that is set up
    python benchmarks/gradcheck_detection.py --install    set the peers up first, each in .venv-bench/<name>
    python benchmarks/gradcheck_detection.py --every 10   a tenth of the cases

The cases are in ``gradcheck/cases.py``: wrong derivatives of every kind and size, some in one element
of a thousand, functions of size 1e-8 to 1e8; and right derivatives, also of functions that are hard to
measure. Every checker runs with its default settings on the same cases, in float64. A case is
*rejected* whenever the checker does not accept it, whatever it says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gradcheck.cases import SIZES, Case, all_cases

from autograd import check_derivative

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv-bench"
PEERS = {"torch": ["torch==2.13.0", "numpy"], "jax": ["jax"], "autograd": ["autograd"]}
LIMIT = 1.99e-5  # derivatives that are wrong by a relative 2e-5 or more have to be found


@dataclass
class Outcome:
    """What one checker said of all cases: accepted or not, and for ours the mistake it named."""

    title: str
    seconds: float
    accepted: dict[str, Any]
    named: dict[str, str | None]


def ours(cases: list[Case], title: str, wrap: Callable[[Any], Any]) -> Outcome:
    """Run our checker."""
    accepted: dict[str, Any] = {}
    named: dict[str, str | None] = {}
    start = time.perf_counter()
    for case in cases:
        report = check_derivative(wrap(case.function), case.claimed, *case.inputs, raise_exception=False)
        accepted[case.name] = report.ok
        named[case.name] = report.mistake if report.verdict == "wrong rule" else report.verdict
    return Outcome(title, time.perf_counter() - start, accepted, named)


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function for real numbers only, so that differences have to do."""

    def real(*inputs: Any) -> Any:
        if any(np.iscomplexobj(x) for x in inputs):
            raise TypeError("real numbers only")
        return function(*inputs)

    return real


def python_of(peer: str) -> Path:
    folder = ENVIRONMENTS / peer
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def install(peer: str) -> None:
    """Make the peer's environment."""
    venv.create(ENVIRONMENTS / peer, with_pip=True, clear=True)
    subprocess.run([python_of(peer), "-m", "pip", "install", "--quiet", *PEERS[peer]], check=True)


def of_peer(peer: str, every: int) -> Outcome | None:
    """Run a peer's checker in its environment, if there is one."""
    if not python_of(peer).exists():
        print(f"{peer}: not set up; --install does it, in {ENVIRONMENTS.relative_to(ROOT)}/{peer}")
        return None
    command = [python_of(peer), "-m", "gradcheck.peer", peer, str(every)]
    run = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"{peer}: {run.stderr.strip().splitlines()[-1]}")
        return None
    found = json.loads(run.stdout.splitlines()[-1])
    return Outcome(found["title"], found["seconds"], found["accepted"], {})


def share(cases: list[Case], outcome: Outcome) -> str:
    """How many of the cases were rejected."""
    rejected = sum(outcome.accepted[case.name] is not True for case in cases)
    return f"{rejected} of {len(cases)}" + (f" ({100 * rejected / len(cases):.1f} %)" if cases else "")


def table(heading: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    widths = [max(len(row[i]) for row in [heading, *rows]) for i in range(len(heading))]
    lines = [heading, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def print_results(cases: list[Case], outcomes: list[Outcome]) -> None:
    right = [case for case in cases if case.kind == "right"]
    wrong = [case for case in cases if case.kind != "right" and case.relative >= LIMIT]
    smaller = [case for case in cases if case.kind != "right" and case.relative < LIMIT]
    heading = ["", *[outcome.title for outcome in outcomes]]

    def row(title: str, chosen: list[Case]) -> list[str]:
        return [title, *[share(chosen, outcome) for outcome in outcomes]]

    kinds = sorted({case.kind for case in wrong})
    rows = [
        row("right ones rejected (false alarms)", right),
        row("wrong ones rejected", wrong),
        row("... wrong in one element", [case for case in wrong if "one element" in case.name]),
        row("... where outputs are of size 1e-8", [case for case in wrong if "×1e-08" in case.name]),
        *[row(f"... {kind}", [case for case in wrong if case.kind == kind]) for kind in kinds],
        *[
            row(
                f"... factor {1 + size}",
                [c for c in wrong if c.kind == "factor" and f"{1 + size} /" in c.name],
            )
            for size in SIZES[:-1]
        ],
        row("beyond what is asked: factor 1.00001", smaller),
        ["seconds", *[f"{outcome.seconds:.0f}" for outcome in outcomes]],
    ]
    print(table(heading, rows))
    for outcome in outcomes:
        if outcome.named:
            hits = {kind: [outcome.named[c.name] == kind for c in wrong if c.kind == kind] for kind in kinds}
            every = [hit for each in hits.values() for hit in each]
            print(f"\n{outcome.title}: the seeded mistake is the one named in {100 * np.mean(every):.1f} %:")
            print(", ".join(f"{kind} {100 * np.mean(each):.0f} %" for kind, each in hits.items()))
        blamed = sorted({c.name.split(" / ")[1] for c in right if outcome.accepted[c.name] is not True})
        print(f"\n{outcome.title}: false alarms on {', '.join(blamed) or 'none'}")
        errors = sum(isinstance(answer, str) for answer in outcome.accepted.values())
        if errors:
            print(f"{errors} cases ended in an exception of the checker's own")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true", help="set the peers up first")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run every Nth case only")
    options = parser.parse_args()
    if options.install:
        for peer in PEERS:
            install(peer)
    cases = all_cases()[:: options.every]
    outcomes: list[Outcome | None] = [
        ours(cases, "check_derivative", lambda function: function),
        ours(cases, "... without complex step", refusing),
        *[of_peer(peer, options.every) for peer in PEERS],
    ]
    print_results(cases, [outcome for outcome in outcomes if outcome is not None])


if __name__ == "__main__":
    main()
