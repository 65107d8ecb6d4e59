"""The command line, the demo, the data sets and the examples: where autograd, nn and viz come together.

>>> import chainrule
>>> chainrule.__version__.count(".")
2
"""

from importlib.metadata import version as _version

__all__ = ["__version__"]

__version__ = _version("chainrule")
