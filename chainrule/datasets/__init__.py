"""Data to learn on. Nothing here uses a network: what is small comes with the package, the rest from files.

========================  =================================================================
``digits``                1,797 handwritten digits of 8×8 pixels, with the package
``moons``                 two half circles, drawn from a formula
``names``                 5,163 first names, with the package
``mnist``, ``fashion``    70,000 images of 28×28 pixels, from files you have installed
``read_idx, read_csv``    any IDX or CSV file
``text``, ``images``      modules: from text and pictures to numbers
========================  =================================================================

The sources and licences of what comes with the package are in ``chainrule/data/README.md``.
"""

from . import images, text
from .first_names import names
from .idx import read_idx
from .mnist_files import FASHION_CLASSES, ImageSet, fashion, mnist
from .small_digits import DIGIT_COUNTS, digits
from .table import classes, features, read_csv
from .text import Vocabulary, one_hot, pad, tokenize
from .two_moons import moons

__all__ = [
    "DIGIT_COUNTS",
    "FASHION_CLASSES",
    "ImageSet",
    "Vocabulary",
    "classes",
    "digits",
    "fashion",
    "features",
    "images",
    "mnist",
    "moons",
    "names",
    "one_hot",
    "pad",
    "read_csv",
    "read_idx",
    "text",
    "tokenize",
]
