"""Where boxes, edges and frames go."""

import itertools
import random
from typing import get_args

import pytest

from viz.layout import Direction, Layout, place

Sizes = list[tuple[float, float]]
Edges = list[tuple[int, int]]
Groups = list[tuple[int, ...]]


def tangle() -> tuple[Sizes, Edges, Groups]:
    """Boxes of many sizes, each used by some that come later."""
    draw = random.Random(0)
    sizes = [(draw.uniform(60, 200), draw.uniform(30, 90)) for _ in range(40)]
    edges = [(draw.randrange(max(0, target - 9), target), target) for target in range(1, 40) for _ in "ab"]
    return sizes, edges, []


GRAPHS: dict[str, tuple[Sizes, Edges, Groups]] = {
    "one box": ([(60, 30)], [], []),
    "no edge": ([(60, 30), (80, 40)], [], []),
    "twice": ([(60, 30), (80, 40)], [(0, 1), (0, 1)], []),
    "diamond": ([(60, 30)] * 4, [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], []),
    "layers": (
        [(60, 30)] * 8,
        [(i, j) for i in (0, 1) for j in (2, 3, 4)] + [(i, j) for i in (2, 3, 4) for j in (5, 6)] + [(6, 7)],
        [(2, 3, 4), (5, 6)],
    ),
    "nested": ([(60, 30)] * 6, [(0, 2), (1, 3), (2, 4), (3, 4), (4, 5)], [(1, 2, 3, 4), (2, 3)]),
    "groups that wait for each other": ([(60, 30)] * 4, [(0, 1), (1, 2), (2, 3)], [(0, 2), (1, 3)]),
    "tangle": tangle(),
}


def rectangles(found: Layout, sizes: Sizes) -> list[tuple[float, float, float, float]]:
    return [
        (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        for (x, y), (wide, high) in zip(found.centres, sizes, strict=True)
    ]


def apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_upon_anything(name: str, direction: Direction) -> None:
    sizes, edges, groups = GRAPHS[name]
    found = place(sizes, edges, groups, direction)
    boxes = rectangles(found, sizes)
    assert all(apart(a, b) for a, b in itertools.combinations(boxes, 2))
    for left, top, right, bottom in boxes:
        assert left > -1 and top > -1 and right < found.width + 1 and bottom < found.height + 1
    assert len(found.frames) == len(groups)
    for frame, members in zip(found.frames, groups, strict=True):
        for index, box in enumerate(boxes):
            inside = frame[0] < box[0] and frame[1] < box[1] and box[2] < frame[2] and box[3] < frame[3]
            assert inside if index in members else apart(frame, box)


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", [name for name in GRAPHS if "wait" not in name])
def test_edges_go_with_the_flow_from_side_to_side(name: str, direction: Direction) -> None:
    sizes, edges, groups = GRAPHS[name]
    found = place(sizes, edges, groups, direction)
    boxes = rectangles(found, sizes)
    leaves, enters = {"LR": (2, 0), "RL": (0, 2), "TB": (3, 1), "BT": (1, 3)}[direction]
    axis = enters % 2
    for (source, target), (start, *curve, tip) in zip(edges, found.paths, strict=True):
        assert len(curve) % 3 == 0
        assert start[axis] == pytest.approx(boxes[source][leaves], abs=1.5)
        assert tip[axis] == pytest.approx(boxes[target][enters], abs=1.5)
        assert (tip[axis] - start[axis]) * found.flow[axis] > 0
        assert boxes[target][1 - axis] <= tip[1 - axis] <= boxes[target][3 - axis]
    assert found == place(sizes, edges, groups, direction), "the same again"


def test_arguments_come_in_one_beside_the_other() -> None:
    found = place([(60, 30), (60, 30), (60, 90)], [(1, 2), (0, 2)])
    first, second = (path[-1] for path in found.paths)
    assert first[1] < second[1]
    assert found.centres[1][1] < found.centres[0][1], "so that the edges do not cross"
    joined = place([(60, 30), (60, 30), (60, 90)], [(1, 2), (0, 2)], joined=[2])
    assert joined.paths[0][-1] == joined.paths[1][-1]


def test_a_long_edge_goes_around_the_boxes_on_its_way() -> None:
    sizes, edges, _ = GRAPHS["diamond"]
    found = place(sizes, edges)
    middles = [found.centres[1], found.centres[2]]
    passes = [point for point in found.paths[4] if abs(point[0] - middles[0][0]) <= 31]
    for _, y in middles:
        assert all(abs(point[1] - y) > 15 for point in passes)


def test_a_chain_of_a_thousand_boxes_with_a_factor_used_all_along() -> None:
    edges = [edge for box in range(1, 1000) for edge in ((box - 1, box), (0, box))]
    found = place([(60, 30)] * 1000, edges)
    assert len(found.paths) == len(edges)
    assert sum(len(path) for path in found.paths) < 50_000, "very long edges go straight on"


def test_a_box_of_very_many_arguments() -> None:
    found = place([(60, 30)] * 101, [(index, 100) for index in range(100)])
    entered = [path[-1][1] for path in found.paths]
    assert entered == sorted(entered)
