"""Real handwritten digits of 8×8 pixels, in the package itself."""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# How many images there are of 0, of 1, …, of 9: what tells a whole file from a damaged one.
DIGIT_COUNTS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)


def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return 1,797 handwritten digits as images of 8×8 pixels and their labels.

    The images have shape (1797, 64): a row is one image, read line by line, and a pixel is ink from 0 (none)
    to 1. The labels have shape (1797,) and are the digits 0 to 9. Both are new arrays at every call.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998, doi 10.24432/C50P49, CC BY 4.0.

    >>> images, labels = digits()
    >>> images.shape, labels.shape
    ((1797, 64), (1797,))
    >>> for line in images[0].reshape(8, 8):
    ...     print("".join("·.+*#"[round(4 * ink)] for ink in line))
    ··.*+···
    ··*#+#.·
    ·.#··*+·
    ·.*··++·
    ·.+··++·
    ·.*··*+·
    ··#.+*··
    ··+*+···
    """
    path = files("chainrule") / "data" / "digits.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
        images, labels = data["images"], data["labels"]
    counts = tuple(np.bincount(labels, minlength=10).tolist())
    if images.shape != (sum(DIGIT_COUNTS), 64) or counts != DIGIT_COUNTS:
        raise ValueError(
            f"chainrule/data/digits.npz is damaged: it holds images of shape {images.shape}, {counts} of "
            f"each digit, and not {(sum(DIGIT_COUNTS), 64)}, {DIGIT_COUNTS}; install chainrule again"
        )
    return images / 16.0, labels.astype(np.int64)
