"""``chainrule train``: train a network on one of the data sets, save it after every epoch, and report.

The tasks are a table in ``tasks.py``; ``run.py`` is the training, ``report.py`` what it leaves.
"""

from .command import add_options, run

__all__ = ["add_options", "run"]
