"""Frozen numbers from PyTorch, see ``make_reference.py``."""

import json
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
Array = np.ndarray[Any, Any]


def arrays() -> dict[str, Array]:
    """Every array by its name, such as ``conv2d/output``."""
    with np.load(HERE / "layers.npz", allow_pickle=False) as file:
        index, numbers = json.loads(str(file["index"])), file["numbers"]
    found, start = {}, 0
    for name, (dtype, shape) in index.items():
        end = start + int(np.prod(shape))
        found[name] = numbers[start:end].reshape(shape).astype(dtype)
        start = end
    return found


def updates() -> dict[str, Any]:
    """What the optimisers, schedules and gradient clipping do, and the order of the modules' states."""
    loaded: dict[str, Any] = json.loads((HERE / "updates.json").read_text())
    return loaded
