"""Frozen numbers from PyTorch, see ``make_reference.py``."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
Array = np.ndarray[Any, Any]


@functools.cache
def arrays() -> dict[str, Array]:
    """Every array by its name, such as ``function/conv2d/output``."""
    with np.load(HERE / "layers.npz", allow_pickle=False) as file:
        index, numbers = json.loads(str(file["index"])), file["numbers"]
    found, start = {}, 0
    for name, (dtype, shape) in index.items():
        end = start + int(np.prod(shape))
        found[name] = numbers[start:end].reshape(shape).astype(dtype)
        start = end
    return found


def part(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    """The arrays whose names start with this one and a stroke, by the rest of their names."""
    start = f"{name}/"
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def section(name: str) -> dict[str, Array]:
    """The arrays of one case, such as ``layer/GRU``."""
    return part(arrays(), name)


def updates() -> dict[str, Any]:
    """What the optimisers, schedules and gradient clipping do, and the order of the layers' states."""
    loaded: dict[str, Any] = json.loads((HERE / "updates.json").read_text())
    return loaded
