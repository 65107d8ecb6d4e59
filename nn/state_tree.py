"""State, however nested, as a text and a few arrays: what files can hold, and nothing that can be executed.

>>> tree = {"time": 3, "moments": [np.zeros(2), np.ones(2)], "rate": float("inf")}
>>> text, arrays = flatten(tree)
>>> list(arrays)
['moments/0', 'moments/1']
>>> restore(text, arrays)
{'time': 3, 'moments': [array([0., 0.]), array([1., 1.])], 'rate': inf}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def flatten(tree: Any) -> tuple[str, dict[str, Array]]:
    """The text and the arrays of a tree of dictionaries, lists, tuples, numbers, words, None and arrays.

    The arrays are named by their paths. A number comes back as it was, to the last bit: Python's JSON has
    the shortest decimal that does.

    Raises
    ------
    TypeError: something in the tree is of another kind; the message has its path.
    """
    arrays: dict[str, Array] = {}
    return json.dumps(_encoded(tree, "", arrays), allow_nan=False), arrays


def restore(text: str, arrays: Mapping[str, Array]) -> Any:
    """The tree of a text and its arrays: the reverse of :func:`flatten`.

    Raises
    ------
    ValueError: the text is none of flatten's, or an array is missing.
    """
    try:
        return _decoded(json.loads(text), arrays)
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"a state cannot be restored: {error!r}") from error


# JSON has dictionaries with words for keys, lists, numbers, words, true, false and null. Whatever else there
# is becomes a dictionary with the single key "@", for its kind, beside "is" for what it is.


def _encoded(tree: Any, path: str, arrays: dict[str, Array]) -> Any:
    if tree is None or isinstance(tree, (bool, str)) or type(tree) is int:
        return tree
    if isinstance(tree, (np.ndarray, np.generic)):
        while path in arrays:  # the keys 0 and "0" have one path
            path += "'"
        arrays[path] = np.asarray(tree)
        return {"@": "array", "is": path, "scalar": isinstance(tree, np.generic)}
    if isinstance(tree, float):
        return float(tree) if math.isfinite(tree) else {"@": "float", "is": repr(float(tree))}
    below = f"{path}/" if path else ""
    if isinstance(tree, Mapping):
        if all(isinstance(key, str) for key in tree) and "@" not in tree:
            return {key: _encoded(value, below + key, arrays) for key, value in tree.items()}
        pairs = [
            [_encoded(key, f"{below}key {i}", arrays), _encoded(value, f"{below}{key}", arrays)]
            for i, (key, value) in enumerate(tree.items())
        ]
        return {"@": "dict", "is": pairs}
    if isinstance(tree, (list, tuple)):
        items = [_encoded(item, f"{below}{i}", arrays) for i, item in enumerate(tree)]
        return {"@": "tuple", "is": items} if isinstance(tree, tuple) else items
    raise TypeError(
        f"{path or 'the state'} is {type(tree).__name__} {tree!r:.60}: only numbers, words, None, arrays, "
        "and dictionaries, lists and tuples of them can be saved"
    )


def _decoded(tree: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(tree, list):
        return [_decoded(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "@" not in tree:
        return {key: _decoded(value, arrays) for key, value in tree.items()}
    kind, content = tree["@"], tree["is"]
    if kind == "array":
        array = arrays[content]
        return array[()] if tree["scalar"] else array
    if kind == "float":
        return float(content)
    if kind == "dict":
        return {_decoded(key, arrays): _decoded(value, arrays) for key, value in content}
    if kind == "tuple":
        return tuple(_decoded(item, arrays) for item in content)
    raise ValueError(f"a state cannot be restored: there is no kind {kind!r}")
