"""The command line, the demo and the data sets: the one place that brings autograd, nn and viz together.

>>> import chainrule
>>> chainrule.__version__.count(".")
2
"""

from importlib.metadata import version as _version

__all__ = ["__version__"]

__version__ = _version("chainrule")
