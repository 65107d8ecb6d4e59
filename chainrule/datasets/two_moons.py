"""Two moons: points on two half circles, drawn from a formula."""

import numpy as np
from numpy.typing import NDArray


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
