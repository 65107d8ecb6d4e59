"""The other package that is imported as ``autograd``, refused before it can mix with this one.

HIPS autograd has the same import name. Installed into one environment, the two write into one folder:
whichever came last has the ``__init__.py``, and the other's modules lie around it. Importing this module
looks for them.
"""

from __future__ import annotations

import os

# Files that HIPS autograd has had in every release and that this package has not.
_THEIRS = ("core.py", os.path.join("numpy", "__init__.py"))


def refuse_mixture(folder: str) -> None:
    """Raise an ImportError that says what to do if the folder also holds HIPS autograd.

    Raises
    ------
    ImportError: the folder holds files of HIPS autograd.

    >>> refuse_mixture(os.path.dirname(os.path.abspath(__file__)))
    """
    found = [name for name in _THEIRS if os.path.exists(os.path.join(folder, name))]
    if found:
        raise ImportError(
            f"{folder} holds files of another package, HIPS autograd ({', '.join(found)}), which has the "
            "same import name as chainrule's autograd, so one environment can hold only one of them. To keep "
            "chainrule: pip uninstall autograd, then pip install --force-reinstall --no-deps chainrule. To "
            "keep both: install each in an environment of its own"
        )


refuse_mixture(os.path.dirname(os.path.abspath(__file__)))
