"""From text to numbers: tokens, a vocabulary that numbers them, one-hot rows, and padding.

>>> sentences = ["The cat sat.", "The dog sat, too."]
>>> vocabulary = Vocabulary(tokenize(sentence) for sentence in sentences)
>>> ids = [vocabulary.ids(tokenize(sentence)) for sentence in sentences]
>>> padded, mask = pad(ids, value=vocabulary["<pad>"])
>>> padded.shape, mask.sum(axis=1).tolist()
((2, 6), [4, 6])
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAD, UNKNOWN = "<pad>", "<unk>"
# A word may have an apostrophe or a hyphen within it; any other mark is a token by itself.
WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def tokenize(text: str, *, by: str = "words", lower: bool = True) -> list[str]:
    """Cut a text into tokens: words and punctuation marks, or single characters.

    Raises
    ------
    TypeError: this is no text, but perhaps a list of texts: tokenise each.
    ValueError: ``by`` is neither "words" nor "characters".

    >>> tokenize("Don't stop, Ann!")
    ["don't", 'stop', ',', 'ann', '!']
    >>> tokenize("Ann", by="characters")
    ['a', 'n', 'n']
    """
    if not isinstance(text, str):
        raise TypeError(f"tokenize takes one text, not a {type(text).__name__}")
    if by not in ("words", "characters"):
        raise ValueError(f"tokenize by 'words' or 'characters', not by {by!r}")
    text = text.lower() if lower else text
    return WORD.findall(text) if by == "words" else list(text)


class Vocabulary:
    """Numbers for tokens: the special ones first, then the others, the most frequent first.

    Tokens that are equally frequent are in alphabetical order, so that the same texts always give the same
    numbers.

    Parameters
    ----------
    texts: lists of tokens to count.
    minimum: leave out tokens that occur fewer times.
    maximum: how many tokens to keep at most, the special ones included.
    special: tokens that are always there. Where ``"<unk>"`` is one of them, it stands for every token that
        is not in the vocabulary.

    Raises
    ------
    ValueError: a special token stands twice, or there are more than the maximum.

    >>> vocabulary = Vocabulary([["a", "b", "a"], ["c", "a", "b"]], minimum=2)
    >>> vocabulary.tokens
    ('<pad>', '<unk>', 'a', 'b')
    >>> vocabulary.ids(["b", "c"])
    array([3, 1])
    """

    def __init__(
        self,
        texts: Iterable[Iterable[str]],
        *,
        minimum: int = 1,
        maximum: int | None = None,
        special: Sequence[str] = (PAD, UNKNOWN),
    ) -> None:
        if len(set(special)) != len(special) or (maximum is not None and len(special) > maximum):
            raise ValueError(
                f"special tokens {list(special)} must differ and be no more than maximum={maximum}"
            )
        counts = Counter(token for text in texts for token in text)
        ordered = sorted((-count, token) for token, count in counts.items() if count >= minimum)
        common = [token for _, token in ordered if token not in special]
        self.tokens: tuple[str, ...] = (*special, *common)[:maximum]
        self.unknown = special.index(UNKNOWN) if UNKNOWN in special else None
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __getitem__(self, token: str) -> int:
        """The number of one token.

        Raises
        ------
        KeyError: it is not in the vocabulary, and there is no ``"<unk>"`` to stand for it.
        """
        number = self._numbers.get(token, self.unknown)
        if number is None:
            raise KeyError(
                f"{token!r} is not in the vocabulary of {len(self)} tokens, and neither is {UNKNOWN!r}"
            )
        return number

    def ids(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of tokens, an array of shape (tokens,)."""
        return np.array([self[token] for token in tokens], np.int64)

    def words(self, ids: Iterable[int]) -> list[str]:
        """The tokens of numbers: the reverse of :meth:`ids`.

        >>> Vocabulary([["a", "b"]]).words([3, 2])
        ['b', 'a']
        """
        found = []
        for number in ids:
            if not 0 <= number < len(self):
                raise IndexError(f"{number} is not the number of a token; they go from 0 to {len(self) - 1}")
            found.append(self.tokens[number])
        return found

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens)"


def one_hot(ids: Any, classes: int, dtype: Any = np.float32) -> NDArray[Any]:
    """A row of zeros with a single one for each number: ids (...) give (..., classes).

    Raises
    ------
    TypeError: the ids are no integers.
    IndexError: an id is out of range.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    numbers = np.asarray(ids)
    if numbers.size == 0:
        return np.zeros((*numbers.shape, classes), dtype)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"one_hot: the ids are integers, not {numbers.dtype}")
    if not 0 <= numbers.min() <= numbers.max() < classes:
        raise IndexError(f"one_hot: ids from {numbers.min()} to {numbers.max()} do not fit {classes} classes")
    rows = np.zeros((*numbers.shape, classes), dtype)
    np.put_along_axis(rows, numbers[..., None].astype(np.intp), 1, axis=-1)
    return rows


def pad(
    sequences: Iterable[Sequence[int] | NDArray[Any]],
    length: int | None = None,
    value: int = 0,
    side: str = "right",
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Make sequences equally long: the numbers (sequences, length), and where they are no padding.

    Parameters
    ----------
    length: by default that of the longest; what is longer loses its end.
    value: what to fill with.
    side: fill on the "right" or on the "left".

    Raises
    ------
    TypeError: a sequence is no sequence of integers.

    >>> padded, mask = pad([[5, 6, 7], [8]])
    >>> padded
    array([[5, 6, 7],
           [8, 0, 0]])
    >>> mask[1].tolist()
    [True, False, False]
    """
    if side not in ("right", "left"):
        raise ValueError(f"pad on the 'right' or the 'left', not on the {side!r}")
    rows = [_integers(sequence) for sequence in sequences]
    width = max(map(len, rows), default=0) if length is None else length
    padded = np.full((len(rows), width), value, np.int64)
    mask = np.zeros(padded.shape, bool)
    for i, row in enumerate(rows):
        kept = row[:width]
        where = slice(0, len(kept)) if side == "right" else slice(width - len(kept), width)
        padded[i, where], mask[i, where] = kept, True
    return padded, mask


def _integers(sequence: Any) -> NDArray[np.int64]:
    numbers = np.asarray(sequence)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise TypeError(
            f"pad takes sequences of integers, such as [[5, 6, 7], [8]]; one of them is {sequence!r:.60}"
        )
    return numbers.astype(np.int64)
