"""What the two networks share: their sizes, the numbers for letters, and the first weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float64]]


class Letters:
    """Numbers for the letters, and one more for the boundary: where a name begins and ends.

    >>> letters = Letters()
    >>> letters.encode("ann")
    [26, 0, 13, 13, 26]
    >>> letters.decode([0, 13, 13])
    'ann'
    """

    def __init__(self, letters: str = ascii_lowercase) -> None:
        self.letters, self.boundary = letters, len(letters)
        self._numbers = {letter: number for number, letter in enumerate(letters)}

    def __len__(self) -> int:
        return len(self.letters) + 1

    def encode(self, name: str) -> list[int]:
        """The numbers of a name, between two boundaries.

        Raises
        ------
        KeyError: a letter has no number.
        """
        return [self.boundary, *(self._numbers[letter] for letter in name), self.boundary]

    def decode(self, tokens: Iterable[int]) -> str:
        """The letters of numbers; boundaries are left out."""
        return "".join(self.letters[token] for token in tokens if token != self.boundary)


@dataclass(frozen=True)
class Settings:
    """The sizes of the network.

    Raises
    ------
    ValueError: the width cannot be divided among the heads.
    """

    tokens: int = 27
    width: int = 16
    heads: int = 4
    layers: int = 1
    block: int = 16
    """how many tokens it sees at most"""
    epsilon: float = 1e-5
    """what the normalisation adds to the mean square"""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be divided among {self.heads} heads")

    def shapes(self) -> dict[str, tuple[int, int]]:
        """The shape (in, out) of every matrix, by name: a row of numbers x becomes ``x @ matrix``.

        >>> sum(rows * columns for rows, columns in Settings().shapes().values())
        4192
        """
        shapes = {"token": (self.tokens, self.width), "place": (self.block, self.width)}
        for layer in range(self.layers):
            for name in ("query", "key", "value", "output"):
                shapes[f"layers.{layer}.{name}"] = (self.width, self.width)
            shapes[f"layers.{layer}.wide"] = (self.width, 4 * self.width)
            shapes[f"layers.{layer}.narrow"] = (4 * self.width, self.width)
        shapes["head"] = (self.width, self.tokens)
        return shapes


def first_weights(settings: Settings, rng: np.random.Generator | int, deviation: float = 0.08) -> Weights:
    """Normal random matrices by name, the same for both networks.

    >>> first_weights(Settings(), 0)["layers.0.wide"].shape
    (16, 64)
    """
    draw = np.random.default_rng(rng)
    return {name: draw.normal(0.0, deviation, shape) for name, shape in settings.shapes().items()}


def sample(
    model: Any,
    letters: Letters,
    rng: np.random.Generator,
    *,
    temperature: float = 0.5,
    start: Sequence[int] = (),
) -> str:
    """Let a network write a name: it draws one letter after another until it draws the boundary.

    Parameters
    ----------
    model: has ``settings``, and ``predict(tokens)``, the scores of the next token as an array.
    temperature: what scores are divided by; less is more cautious.
    start: the tokens that the name starts with.
    """
    tokens = [letters.boundary, *start]
    while len(tokens) <= model.settings.block:
        scores = model.predict(tokens) / temperature
        likely = np.exp(scores - scores.max())
        token = int(rng.choice(len(letters), p=likely / likely.sum()))
        if token == letters.boundary:
            break
        tokens.append(token)
    return letters.decode(tokens)
