"""``save`` and ``load``: all that a training needs to go on later as if it had never stopped.

A checkpoint is one safetensors file. The model's arrays stand in it under the names of its state, so that
other programs read them; what else there is has a name that starts with ``@``. See :mod:`nn.tensor_file` for
the form of the file, and :mod:`nn.atomic_file` for why a file is never half written.

>>> from nn import Linear, load, save
>>> model, draw = Linear(2, 1, rng=0), np.random.default_rng(1)
>>> save("training.safetensors", model=model, rng=draw, position={"epoch": 3})
>>> other, drawn = Linear(2, 1, rng=7), np.random.default_rng(7)
>>> load("training.safetensors", model=other, rng=drawn).position
{'epoch': 3}
>>> bool((other.weight.data == model.weight.data).all()), drawn.random() == draw.random()
(True, True)
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import state_tree
from .module import Module
from .tensor_file import CheckpointError, TensorFile, write

Array = np.ndarray[Any, Any]
Path = str | os.PathLike[str]
Random = np.random.Generator | Mapping[str, np.random.Generator]

PREFIX = "chainrule."
WITHOUT_MODEL_LIMIT = 1 << 30
# Optimisers keep up to three arrays of a parameter's size; the rest is for positions and histories.
TIMES_THE_MODEL, BESIDE_THE_MODEL = 16, 64 << 20


@dataclass(frozen=True)
class Checkpoint:
    """What :func:`load` read.

    >>> save("place.safetensors", position={"epoch": 3})
    >>> load("place.safetensors")
    Checkpoint(position={'epoch': 3}, weights={}, version='1')
    """

    position: Any
    """what was saved as the position; None if nothing was"""
    weights: dict[str, Array]
    """the model's arrays by name"""
    version: str | None
    """the version of the file; None for a file of another program"""


def save(
    path: Path,
    *,
    model: Any = None,
    optimizer: Any = None,
    schedule: Any = None,
    rng: Random | None = None,
    position: Any = None,
) -> None:
    """Save a training to a file; when this returns, the file is on the disk.

    Should the process be killed at any moment, the file is the old one or the new one, whole.

    Parameters
    ----------
    model: a module; its random generators, such as those of dropout, are saved with it.
    optimizer, schedule: what has a ``state_dict()``.
    rng: a random generator, or several by name.
    position: where in the data the training is, or anything else that is made of dictionaries, lists,
        tuples, numbers, words, None and arrays.

    Raises
    ------
    TypeError: a part has no state, or a state that cannot be saved.

    >>> from nn import SGD, Linear
    >>> model = Linear(2, 1, rng=0)
    >>> save("all.safetensors", model=model, optimizer=SGD(model.parameters()), position=("epoch", 3))
    """
    arrays: dict[str, Any] = {}
    if model is not None:
        arrays = dict(_state_of("model", model))
        for name in arrays:
            if name.startswith("@"):
                raise TypeError(
                    f"the model's array {name!r} cannot be saved: '@' starts the names of other parts"
                )
    metadata: dict[str, str] = {}
    for name, tree in _trees(model, optimizer, schedule, rng, position).items():
        metadata[PREFIX + name], inside = state_tree.flatten(tree)
        arrays |= {f"@{name}/{place}": array for place, array in inside.items()}
    write(path, arrays, metadata)


def _trees(model: Any, optimizer: Any, schedule: Any, rng: Random | None, position: Any) -> dict[str, Any]:
    """The state of each part that is there, except the model's arrays."""
    trees: dict[str, Any] = {}
    if generators := _generators(model):
        trees["model_rng"] = _random_states(generators)
    for name, part in (("optimizer", optimizer), ("schedule", schedule)):
        if part is not None:
            trees[name] = _state_of(name, part)
    if rng is not None:
        trees["rng"] = _random_states(_by_name(rng))
    if position is not None:
        trees["position"] = position
    return trees


def load(
    path: Path,
    *,
    model: Any = None,
    optimizer: Any = None,
    schedule: Any = None,
    rng: Random | None = None,
    convert: bool = False,
    limit: int | None = None,
) -> Checkpoint:
    """Load a training from a file into what is given, all of it or, on any error, nothing.

    Every byte is verified, and what the file states is compared with the model before room for it is made.
    A file of another program, such as ``safetensors.torch.save_file``, has no checksums; its form, names,
    shapes and dtypes are verified all the same.

    Parameters
    ----------
    model, optimizer, schedule, rng: what to load into. What is not given stays in the file.
    convert: let arrays of other dtypes be converted to the model's.
    limit: how many bytes of arrays to read at most; by default 64 MiB and 16 times the model, or 1 GiB
        without a model.

    Returns
    -------
    The position that was saved, and the model's arrays.

    Raises
    ------
    FileNotFoundError: there is no such file.
    CheckpointError: the file is damaged, cut short, or does not fit; the message says what is wrong.

    >>> from nn import Linear
    >>> save("weights.safetensors", model=Linear(2, 1, rng=0))
    >>> list(load("weights.safetensors", model=Linear(2, 1, rng=1)).weights)
    ['weight', 'bias']
    >>> load("weights.safetensors", model=Linear(3, 1))
    Traceback (most recent call last):
    nn.tensor_file.CheckpointError: ...weight has shape (1, 2), and (1, 3) in the model
    """
    with TensorFile(path) as file:
        own = {name: entry for name, entry in file.entries.items() if not name.startswith("@")}
        if model is not None:
            state = _state_of("model", model)
            _compare(path, state, own, convert)
            if limit is None:
                size = sum(np.asarray(array).nbytes for array in state.values())
                limit = BESIDE_THE_MODEL + TIMES_THE_MODEL * size
        stated = sum(entry.end - entry.start for entry in file.entries.values())
        limit = WITHOUT_MODEL_LIMIT if limit is None else limit
        if stated > limit:
            raise CheckpointError(f"{path}: it holds {stated:,} bytes; the limit is {limit:,}: pass limit=")
        arrays = {name: file.read(name) for name in file.entries}
        version, metadata = file.version, file.metadata

    trees: dict[str, Any] = {}
    for name, text in metadata.items():
        if version is not None and name.startswith(PREFIX):
            part = name.removeprefix(PREFIX)
            start = f"@{part}/"
            inside = {n.removeprefix(start): array for n, array in arrays.items() if n.startswith(start)}
            try:
                trees[part] = state_tree.restore(text, inside)
            except ValueError as error:
                raise CheckpointError(f"{path}: damaged: {error}") from error
    weights = {name: arrays[name] for name in own}
    _apply(path, _parts(path, model, optimizer, schedule, rng, weights, trees))
    return Checkpoint(trees.get("position"), weights, version)


def _compare(path: Path, state: Mapping[str, Any], entries: Mapping[str, Any], convert: bool) -> None:
    """Compare what a file states with a model, before anything is read."""
    missing = [name for name in state if name not in entries]
    unexpected = [name for name in entries if name not in state]
    if missing or unexpected:
        raise CheckpointError(
            f"{path}: the file is of another model: missing {missing}, unexpected {unexpected}"
        )
    for name, array in state.items():
        array, entry = np.asarray(array), entries[name]
        if entry.shape != array.shape:
            raise CheckpointError(f"{path}: {name} has shape {entry.shape}, and {array.shape} in the model")
        if entry.numpy_dtype() != array.dtype and not convert:
            raise CheckpointError(
                f"{path}: {name} is {entry.numpy_dtype()}, and {array.dtype} in the model; pass convert=True "
                "to convert it"
            )


@dataclass
class _Part:
    """One thing to load into: how to read its state, and how to give it another."""

    name: str
    state: Callable[[], Any]
    take: Callable[[Any], Any]
    new: Any


def _parts(
    path: Path,
    model: Any,
    optimizer: Any,
    schedule: Any,
    rng: Random | None,
    weights: dict[str, Array],
    trees: dict[str, Any],
) -> list[_Part]:
    """What to load into, each with what the file has for it."""
    parts: list[_Part] = []
    if model is not None:
        parts.append(_Part("model", model.state_dict, model.load_state_dict, weights))
        generators = _generators(model)
        states = trees.get("model_rng", {})
        if "model_rng" in trees and generators.keys() != states.keys():
            raise CheckpointError(
                f"{path}: the file has the random generators {list(states)}, the model {list(generators)}"
            )
        if states:
            parts.append(_random_part("the model's random generators", generators, states))
    for name, part in (("optimizer", optimizer), ("schedule", schedule)):
        if part is not None:
            _state_of(name, part)  # says so if it has none
            parts.append(_Part(name, part.state_dict, part.load_state_dict, _stated(path, trees, name)))
    if rng is not None:
        named, states = _by_name(rng), _stated(path, trees, "rng")
        if named.keys() != states.keys():
            raise CheckpointError(
                f"{path}: the file has the random generators {list(states)}, not {list(named)}"
            )
        parts.append(_random_part("rng", named, states))
    return parts


def _stated(path: Path, trees: dict[str, Any], name: str) -> Any:
    if name not in trees:
        raise CheckpointError(f"{path}: the file holds no {name}, only {', '.join(trees) or 'the model'}")
    return trees[name]


def _apply(path: Path, parts: list[_Part]) -> None:
    """Give every part its new state; if one refuses, give all of them their old one back."""
    before = [copy.deepcopy(part.state()) for part in parts]
    for position, part in enumerate(parts):
        try:
            part.take(part.new)
        except BaseException as error:
            for earlier, state in zip(parts[: position + 1], before, strict=False):
                earlier.take(state)
            if isinstance(error, Exception):
                raise CheckpointError(f"{path}: the {part.name} does not take its state: {error}") from error
            raise


def _state_of(name: str, part: Any) -> Any:
    state, take = getattr(part, "state_dict", None), getattr(part, "load_state_dict", None)
    if state is None or take is None:
        raise TypeError(f"the {name} is a {type(part).__name__}, without state_dict() and load_state_dict()")
    return state()


# -- random generators ------------------------------------------------------------------------


def _generators(model: Any) -> dict[str, np.random.Generator]:
    """The random generators within a model, by the paths of their modules."""
    if not isinstance(model, Module):
        return {}
    return {
        f"{path}.{name}" if path else name: value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }


def _by_name(rng: Random) -> dict[str, np.random.Generator]:
    named = dict(rng) if isinstance(rng, Mapping) else {"": rng}
    for generator in named.values():
        if not isinstance(generator, np.random.Generator):
            raise TypeError(
                f"rng is a numpy.random.Generator, or several by name, not {type(generator).__name__}"
            )
    return named


def _random_states(generators: Mapping[str, np.random.Generator]) -> dict[str, Any]:
    return {name: dict(generator.bit_generator.state) for name, generator in generators.items()}


def _random_part(title: str, generators: dict[str, np.random.Generator], states: Any) -> _Part:
    def take(states: dict[str, Any]) -> None:
        for name, generator in generators.items():
            generator.bit_generator.state = states[name]

    return _Part(title, lambda: _random_states(generators), take, states)
