"""Which groups of boxes stand inside which."""

from __future__ import annotations

from collections.abc import Sequence


def nesting(groups: Sequence[Sequence[int]]) -> tuple[list[int], dict[int, list[int]]]:
    """Which groups are outermost, and which stand directly inside each: a box is in one cluster only.

    >>> nesting([(1, 2, 3), (2, 3), (7, 8)])
    ([0, 2], {0: [1], 1: [], 2: []})
    """
    members = [frozenset(group) for group in groups]
    by_size = sorted(range(len(groups)), key=lambda index: (len(members[index]), -index))
    inside: dict[int, list[int]] = {index: [] for index in range(len(groups))}
    outermost: list[int] = []
    for rank, index in enumerate(by_size):
        around = next((other for other in by_size[rank + 1 :] if members[index] <= members[other]), None)
        (outermost if around is None else inside[around]).append(index)
    return sorted(outermost), inside
