"""A picture as a row of features, and back: 256×256 pixels in red, green and blue are 196,608 of them.

    feature[(y · width + x) · channels + c] = pixel[y, x, c] / 255

A network of fully connected layers takes a row of numbers; a picture is laid out line by line, pixel by
pixel, colour by colour. Bytes from 0 to 255 become numbers from 0 to 1, and the way back is exact. One neuron
that looks at such a picture has 196,608 weights; a convolution of 3×3 has 27.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.images import channels_first, to_features, to_images
from nn import Conv2d, Linear

HEIGHT, WIDTH, COLOURS = 256, 256, 3


class Result(NamedTuple):
    """The features of a picture, whether the way back is exact, and what looks at it."""

    features: NDArray[np.float32]
    """(1, 196608)"""
    same: bool
    place: int
    """which feature the green of the pixel at line 10, column 20 is"""
    value: float
    pixel: int
    planes: tuple[int, ...]
    """the shape that convolutions take: (1, channels, height, width)"""
    neuron_weights: int
    convolution_weights: int


def picture() -> NDArray[np.uint8]:
    """A disc before a sky: red falls from left to right, green from top to bottom."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(y - 128, x - 128) < 80
    return np.stack([255 - x, 255 - y, np.where(inside, 255, 64)], axis=-1).astype(np.uint8)


def run() -> Result:
    """Lay the picture out, and put it together again."""
    image = picture()
    features = to_features(image[None])
    place = (10 * WIDTH + 20) * COLOURS + 1
    return Result(
        features,
        bool(np.array_equal(to_images(features, image.shape)[0], image)),
        place,
        float(features[0, place]),
        int(image[10, 20, 1]),
        channels_first(image[None]).shape,
        Linear(features.shape[1], 1, rng=0).weight.size,
        Conv2d(COLOURS, 1, 3, rng=0).weight.size,
    )


def show(result: Result) -> None:
    """Print the sizes."""
    print(f"{HEIGHT} × {WIDTH} × {COLOURS} = {result.features.size:,} features")
    print(f"and back: {'every byte is the same' if result.same else 'NOT the same'}")
    print(f"line 10, column 20, green: {result.pixel} is feature {result.place:,}, {result.value:.4f}")
    print(f"for convolutions: {result.planes}")
    print(f"one neuron {result.neuron_weights:,} weights, one 3×3 convolution {result.convolution_weights}")


if __name__ == "__main__":
    show(run())
