"""What can be trained: for each task its data, its network and its usual settings, in one table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import datasets
from chainrule.datasets.images import channels_first, to_features
from chainrule.microgpt import IGNORED, Letters, TensorGPT, first_weights, sample
from chainrule.microgpt import Settings as Sizes
from nn import Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential, accuracy, cross_entropy, split

Arrays = tuple[Any, Any]
CONVOLUTIONS = "conv"


@dataclass(frozen=True)
class Settings:
    """What a training depends on: with the same settings it gives the same numbers.

    ``network`` is the widths of the hidden layers, such as ``16-16``, or ``conv``.
    """

    task: str
    network: str
    epochs: int
    batch: int
    rate: float
    seed: int = 0


@dataclass(frozen=True)
class Job:
    """All that training needs: a network, data to learn from and to be tested on, and a loss."""

    model: Module
    data: Arrays
    test: Arrays
    loss: Callable[[Any, Any], Any]
    metrics: Mapping[str, Callable[[Any, Any], float]] = field(default_factory=lambda: {"accuracy": accuracy})
    betas: tuple[float, float] = (0.9, 0.999)
    afterwards: Callable[[np.random.Generator], str] | None = None
    """what the trained network has to say"""


@dataclass(frozen=True)
class Task:
    """One row of the table: how to set a task up."""

    job: Callable[[Settings, Path | None], Job]
    has_files: bool = False
    """whether its data are files that ``--data`` names"""


def network(choice: str, shape: tuple[int, ...], classes: int, draw: np.random.Generator) -> Sequential:
    """A classifier: fully connected layers with relu, or two convolutions with pooling and one such layer.

    Parameters
    ----------
    shape: that of one input, (features,) or (channels, height, width) for convolutions.

    Raises
    ------
    ValueError: the choice is neither widths nor ``conv``, or the inputs are no images.

    >>> model = network("16-16", (784,), 10, np.random.default_rng(0))
    >>> sum(parameter.size for parameter in model.parameters())
    13002
    """
    if choice == CONVOLUTIONS:
        if len(shape) != 3:
            raise ValueError(
                f"the network {CONVOLUTIONS!r} takes images; for this task name widths, such as 16-16"
            )
        channels, height, width = shape
        side = [((length - 4) // 2 - 4) // 2 for length in (height, width)]
        return Sequential(
            Conv2d(channels, 8, 5, rng=draw), ReLU(), MaxPool2d(2),
            Conv2d(8, 16, 5, rng=draw), ReLU(), MaxPool2d(2),
            Flatten(), Linear(16 * side[0] * side[1], classes, rng=draw),
        )  # fmt: skip
    try:
        widths = [shape[0], *map(int, choice.split("-")), classes]
        if min(widths) < 1:
            raise ValueError
    except ValueError:
        raise ValueError(
            f"a network is widths of hidden layers such as 16-16, or 'conv', not {choice!r}"
        ) from None
    layers: list[Module] = []
    for before, after in itertools.pairwise(widths[:-1]):
        layers += [Linear(before, after, rng=draw), ReLU()]
    return Sequential(*layers, Linear(widths[-2], classes, rng=draw))


def _images(read: Callable[[Path | None], datasets.ImageSet]) -> Callable[[Settings, Path | None], Job]:
    def job(settings: Settings, folder: Path | None) -> Job:
        found = read(folder)
        prepared = channels_first if settings.network == CONVOLUTIONS else to_features
        images, tests = prepared(found.images), prepared(found.test_images)
        model = network(settings.network, images.shape[1:], 10, np.random.default_rng(settings.seed))
        return Job(model, (images, found.labels), (tests, found.test_labels), cross_entropy)

    return job


def _digits(settings: Settings, folder: Path | None) -> Job:
    pixels, labels = datasets.digits()
    if settings.network == CONVOLUTIONS:
        raise ValueError("images of 8×8 pixels are too small for 'conv'; name widths, such as 16-16")
    # The same test images for every seed.
    data, test = split(pixels.astype(np.float32), labels, fraction=360 / len(pixels), rng=0)
    model = network(settings.network, (64,), 10, np.random.default_rng(settings.seed))
    return Job(model, data, test, cross_entropy)


def _moons(settings: Settings, folder: Path | None) -> Job:
    parts = [datasets.moons(1000, noise=0.15, seed=seed) for seed in (1, 2)]
    data, test = ((points.astype(np.float32), np.array(labels > 0, np.int64)) for points, labels in parts)
    model = network(settings.network, (2,), 2, np.random.default_rng(settings.seed))
    return Job(model, data, test, cross_entropy)


def _names(settings: Settings, folder: Path | None) -> Job:
    """A GPT that learns to write names; its data are a row of numbers a name."""
    sizes, letters = Sizes(), Letters()
    encoded = [letters.encode(name) for name in datasets.names()]
    inputs, _ = datasets.pad([tokens[:-1] for tokens in encoded], value=letters.boundary)
    targets, _ = datasets.pad([tokens[1:] for tokens in encoded], value=IGNORED)
    order = np.random.default_rng(0).permutation(len(encoded))
    inputs, targets = inputs[order], targets[order]
    tests = len(encoded) // 10
    model = TensorGPT(sizes, first_weights(sizes, settings.seed), np.float32)

    def loss(scores: Any, targets: Any) -> Any:
        return cross_entropy(scores.reshape((-1, len(letters))), targets.reshape(-1), ignore_index=IGNORED)

    def invented(draw: np.random.Generator) -> str:
        return "20 names it invents: " + ", ".join(sample(model, letters, draw) for _ in range(20))

    data, test = (inputs[tests:], targets[tests:]), (inputs[:tests], targets[:tests])
    return Job(model, data, test, loss, {}, (0.85, 0.99), invented)


TASKS: dict[str, Task] = {
    "mnist": Task(_images(datasets.mnist), has_files=True),
    "fashion": Task(_images(datasets.fashion), has_files=True),
    "digits": Task(_digits),
    "moons": Task(_moons),
    "names": Task(_names),
}
"""Every task: the names are those of ``names.py``, which has the usual settings."""
