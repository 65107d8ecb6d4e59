"""From sentences to what a network takes: tokens, a vocabulary, ids, padding, and one-hot rows.

    "The cat sat." → the cat sat . → 2 4 6 3 → a row of zeros with a single one for each

A vocabulary numbers the words of the training text, the frequent ones first, behind <pad> and <unk>: <pad>
fills short sentences so that all have one length, and <unk> stands for words that it does not know. A row of
one-hot numbers picks a row of a matrix: one_hot(i) W = W[i], which is why an embedding is a table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets import Vocabulary, one_hot, pad, tokenize
from nn.functional import embedding

SENTENCES = ("The cat sat.", "The dog sat on the mat.", "A cat saw the dog.")
NEW = "The zebra sat."


class Result(NamedTuple):
    """What becomes of the sentences, step by step."""

    tokens: list[list[str]]
    vocabulary: Vocabulary
    ids: NDArray[np.int64]
    """(sentences, longest), padded"""
    mask: NDArray[np.bool_]
    """where they are no padding"""
    rows: NDArray[np.float32]
    """(sentences, longest, words)"""
    new_words: list[str]
    """a new sentence, to ids and back"""
    table_difference: float
    """between the rows times a matrix, and the table of that matrix at the ids"""


def run() -> Result:
    """Take all steps."""
    tokens = [tokenize(sentence) for sentence in SENTENCES]
    vocabulary = Vocabulary(tokens)
    ids, mask = pad([vocabulary.ids(sentence) for sentence in tokens], value=vocabulary["<pad>"])
    rows = one_hot(ids, len(vocabulary))
    weight = np.random.default_rng(0).normal(size=(len(vocabulary), 4))
    difference = np.abs(rows @ weight - embedding(ids, weight)).max()
    new = vocabulary.words(vocabulary.ids(tokenize(NEW)))
    return Result(tokens, vocabulary, ids, mask, rows, new, float(difference))


def show(result: Result) -> None:
    """Print every step."""
    print("vocabulary: " + ", ".join(f"{i} {word}" for i, word in enumerate(result.vocabulary)))
    for sentence, tokens, ids in zip(SENTENCES, result.tokens, result.ids, strict=True):
        print(f"{sentence!r} → {' '.join(tokens)} → {ids}")
    print(f"{NEW!r} → {' '.join(result.new_words)}")
    print(f"one-hot rows of the first sentence, of all {result.rows.shape}:")
    for i, row in zip(result.ids[0], result.rows[0], strict=True):
        print(f"  {result.vocabulary.tokens[i]:6} {''.join(str(int(number)) for number in row)}")
    print(f"rows times a matrix, against a look-up in it: {result.table_difference:g} apart")


if __name__ == "__main__":
    show(run())
