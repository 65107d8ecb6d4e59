"""Two small data sets to learn on: real handwritten digits, and two moons drawn from a formula.

Neither needs a network: the digits are the file `data/digits.npz`, whose source and licence are in
`data/README.md` beside it.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

__all__ = ["digits", "moons"]

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


def moons(
    samples: int = 100, noise: float = 0.1, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points on two half circles that reach into each other, and which of the two each is on.

    The points have shape (samples, 2), the labels (samples,). With t running from 0 to π, label -1 is the
    upper half circle (cos t, sin t) and label +1 the lower one, (1 - cos t, 1/2 - sin t). Both coordinates of
    each point are then moved by normal noise of that standard deviation, and the points are shuffled, so that
    a slice holds some of both. An odd point goes to the lower moon.

    >>> points, labels = moons(samples=5, noise=0.0, seed=0)
    >>> points.shape, sorted(labels.tolist())
    ((5, 2), [-1, -1, 1, 1, 1])
    >>> upper = points[labels == -1]
    >>> bool(np.allclose(np.hypot(upper[:, 0], upper[:, 1]), 1.0))
    True
    """
    if samples < 0 or noise < 0:
        raise ValueError(f"moons needs samples >= 0 and noise >= 0, and got samples={samples}, noise={noise}")
    upper_angle = np.linspace(0.0, np.pi, samples // 2)
    lower_angle = np.linspace(0.0, np.pi, samples - samples // 2)
    upper = np.stack([np.cos(upper_angle), np.sin(upper_angle)], axis=1)
    lower = np.stack([1.0 - np.cos(lower_angle), 0.5 - np.sin(lower_angle)], axis=1)
    points = np.concatenate([upper, lower])
    labels = np.concatenate([np.full(len(upper), -1), np.full(len(lower), 1)]).astype(np.int64)

    random = np.random.default_rng(seed)
    points += random.normal(scale=noise, size=points.shape)
    order = random.permutation(samples)
    return points[order], labels[order]
