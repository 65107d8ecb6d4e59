"""How much memory a process has had at most, for tests that measure it in a process of its own."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import textwrap
from pathlib import Path


def peak_mebibytes() -> float:
    """The most memory that this process has had.

    Linux counts what was there before the program was started, by the process that started it, towards
    ``ru_maxrss``, but not towards the high-water mark in ``/proc``.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert found is not None
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1024
    )


def printed_by(program: str, *arguments: object) -> list[str]:
    """The words that a program prints in a process of its own, in which it can call ``peak_mebibytes``."""
    source = f"import sys; sys.path.append({str(Path(__file__).parent)!r})\n" + textwrap.dedent(program)
    command = [sys.executable, "-c", source, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
