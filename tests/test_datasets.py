"""The data sets hold what they say, and the same numbers every time."""

import numpy as np
import pytest

from chainrule.datasets import DIGIT_COUNTS, digits, moons


def test_digits_are_whole_and_scaled() -> None:
    images, labels = digits()
    assert images.shape == (1797, 64) and images.dtype == np.float64
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == list(DIGIT_COUNTS)
    assert np.array_equal(np.unique(images * 16), np.arange(17))


def test_digits_are_new_arrays_at_every_call() -> None:
    images, labels = digits()
    images[:], labels[:] = 0, 0
    again, labels_again = digits()
    assert again.any() and labels_again.any()


def test_moons_without_noise_lie_on_two_half_circles() -> None:
    points, labels = moons(samples=200, noise=0.0, seed=3)
    upper, lower = points[labels == -1], points[labels == 1]
    assert len(upper) == len(lower) == 100
    np.testing.assert_allclose(np.hypot(upper[:, 0], upper[:, 1]), 1.0)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1.0, lower[:, 1] - 0.5), 1.0)
    assert upper[:, 1].min() > -1e-9 and lower[:, 1].max() < 0.5 + 1e-9


def test_moons_follow_the_seed_and_are_shuffled() -> None:
    points, labels = moons(seed=1)
    same, same_labels = moons(seed=1)
    other, _ = moons(seed=2)
    assert np.array_equal(points, same) and np.array_equal(labels, same_labels)
    assert not np.array_equal(points, other)
    assert set(labels[:20].tolist()) == {-1, 1}


def test_moons_of_any_number() -> None:
    for samples in (0, 1, 2, 7):
        points, labels = moons(samples=samples)
        assert points.shape == (samples, 2) and labels.shape == (samples,)
    with pytest.raises(ValueError, match="samples=-1"):
        moons(samples=-1)
