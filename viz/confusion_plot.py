"""``confusion``: which classes a classifier takes for which others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import ShapeError
from viz.plots import Inks, Plot, new_figure, plain, set_title, shade
from viz.theme import Theme

Array = np.ndarray[Any, Any]

_STRONG = 0.6  # on cells of at least this strength letters are in the colour of the ground
_READABLE = 30  # more classes than that leave no room for numbers


def confusion(
    output: Any, target: Any = None, *, names: Sequence[Any] | None = None, theme: Theme = "auto"
) -> Plot:
    """Draw a confusion matrix: a row for each true class, and how often each answer was given to it.

    A cell is the stronger, the larger its share of its row: blue for right answers, orange for wrong ones.

    Parameters
    ----------
    output: what :func:`nn.confusion_matrix` returned, (classes, classes); or, with targets, the answers
        (samples,) of a classifier, or its scores (samples, classes), the highest of which is the answer.
    target: the true classes (samples,): integers, or any other labels if the answers are such.
    names: names of the classes, in order; by default their labels.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    ShapeError: the matrix is not square, or there is not one answer for each target.
    ValueError: counts are no counts, or there is not one name for each class.
    ImportError: matplotlib is not installed.

    >>> plot = confusion(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), names=["cat", "dog"])
    >>> plot.figure.axes[0].get_title(loc="left")
    '75.0% right (3 of 4)'
    """
    matrix, labels = _matrix(output) if target is None else _counted(output, target)
    count = len(matrix)
    if names is not None:
        if len(names) != count:
            raise ValueError(f"confusion: {count} classes, and {len(names)} names: {list(names)!r:.60}")
        labels = list(names)
    inks = Inks.of(theme)
    side = min(max(0.45 * count + 1.6, 3.2), 9.0)
    figure, all_axes = new_figure(1, 1, side, side, theme)
    axes = all_axes[0, 0]
    axes.grid(False)
    # The root of the share: a few mistakes among many answers are what one looks for.
    strengths = np.sqrt(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    colours = [  # row by row, as the cells of a mesh are counted
        shade(inks.negative if row == column else inks.positive, float(strengths[row, column]))
        for row in range(count)
        for column in range(count)
    ]
    width = 0.6 if count <= _READABLE else 0.0
    mesh = axes.pcolormesh(np.zeros((count, count)), edgecolors=inks.grid, linewidth=width)
    mesh.set_array(None)
    mesh.set_facecolor(colours)
    if count <= _READABLE:
        for (row, column), number in np.ndenumerate(matrix):
            strong = strengths[row, column] > _STRONG
            colour = inks.ground if strong else inks.text if number else inks.faint
            axes.text(
                column + 0.5, row + 0.5, f"{number:,}", ha="center", va="center", color=colour, fontsize=9
            )
        ticks = np.arange(count) + 0.5
        written = [plain(str(label)) for label in labels]
        slanted = {"rotation": 45, "ha": "right"} if max(map(len, written)) > 3 else {}
        axes.set_xticks(ticks, written, **slanted)
        axes.set_yticks(ticks, written)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlabel="answer", ylabel="true class", aspect="equal")
    axes.invert_yaxis()
    right, total = int(np.trace(matrix)), int(matrix.sum())
    set_title(axes, f"{right / max(total, 1):.1%} right ({right:,} of {total:,})", theme)
    return Plot(figure, theme)


def _matrix(given: Any) -> tuple[Array, list[Any]]:
    """A matrix of counts as it was given, and its classes."""
    matrix = np.asarray(getattr(given, "plain", given))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ShapeError(
            f"confusion: one argument is a square matrix of counts, got shape {matrix.shape}; of answers and "
            "true classes, pass both"
        )
    if matrix.dtype.kind not in "iub" and not (np.isfinite(matrix).all() and (matrix % 1 == 0).all()):
        raise ValueError("confusion: the matrix holds numbers that are no counts; shares are computed here")
    if (matrix < 0).any():
        raise ValueError(f"confusion: a count is 0 or more, the matrix has {matrix.min()}")
    return matrix.astype(int), list(range(len(matrix)))


def _counted(output: Any, target: Any) -> tuple[Array, list[Any]]:
    """How often each class got each answer, and the classes."""
    answers, truth = (np.asarray(getattr(each, "plain", each)) for each in (output, target))
    given = answers.shape
    scores = answers.ndim == 2 and answers.shape[1] > 1
    answers = answers.argmax(axis=1) if scores else answers
    answers, truth = (
        each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each for each in (answers, truth)
    )
    if answers.ndim != 1 or answers.shape != truth.shape or not len(answers):
        raise ShapeError(f"confusion: answers of shape {given} for targets of shape {np.shape(target)}")
    for name, each in (("answers", answers), ("targets", truth)):
        if each.dtype.kind == "f" and (each % 1 != 0).any():
            raise ValueError(
                f"confusion: the {name} are fractions, such as {each[each % 1 != 0][0]:.4g}, where classes "
                "are expected; turn scores into answers first, such as scores > 0"
            )
    classes, places = np.unique(np.concatenate([truth, answers]), return_inverse=True)
    if scores or (truth.dtype.kind in "iu" and classes[0] >= 0 and classes[-1] < 2 * len(classes)):
        # Classes are numbered from 0, and one that did not come up has its row, too.
        count = max(int(classes[-1]) + 1, given[1] if scores else 0)
        classes, places = np.arange(count), np.concatenate([truth, answers]).astype(int)
        if places.min() < 0:
            raise ValueError(f"confusion: scores of {count} classes, and a target of {places.min()}")
    matrix = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(matrix, (places[: len(truth)], places[len(truth) :]), 1)
    return matrix, classes.tolist()
