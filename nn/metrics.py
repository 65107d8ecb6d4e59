"""Metrics: what people look at beside the loss; plain functions from arrays to a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError
from autograd.array_ops import plain

Integers = np.ndarray[Any, Any]


def accuracy(output: Any, target: Any) -> float:
    """The share of right answers.

    =================================  ===========================================================
    output                             answer
    =================================  ===========================================================
    scores (batch, classes)            the class of the highest score
    one score an item, of floats:      1 where it is positive, else 0
    (batch,) or (batch, 1)
    integers (batch,)                  what they say
    =================================  ===========================================================

    Parameters
    ----------
    target: the true classes (batch,) or (batch, 1), from 0; of two classes, they may be -1 and 1.

    Raises
    ------
    ShapeError: there is not one target an item.
    ValueError: a target is no class, or there are no items.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([-0.3, 2.0]), np.array([-1, 1]))
    1.0
    """
    answers, labels, _ = _answers("accuracy", output, target)
    if not labels.size:
        raise ValueError("accuracy: there are no items, and of none there is no share")
    return float(np.mean(answers == labels))


def confusion_matrix(output: Any, target: Any, classes: int | None = None) -> np.ndarray[Any, Any]:
    """How often each class (row) was given each answer (column), (classes, classes).

    Parameters
    ----------
    output, target: as for :func:`accuracy`; of targets -1 and 1, the first row is that of -1.
    classes: how many there are; by default as many as there are scores, or came up.

    Raises
    ------
    ShapeError: there is not one target an item.
    ValueError: an answer or a target is no class.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]))
    array([[1, 1],
           [0, 1]])
    """
    answers, labels, count = _answers("confusion_matrix", output, target)
    if classes is not None and count > classes:
        raise ValueError(f"confusion_matrix: {classes} classes, and an answer or a target of {count - 1}")
    matrix = np.zeros((classes or count,) * 2, dtype=int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


def _answers(name: str, output: Any, target: Any) -> tuple[Integers, Integers, int]:
    """Answers and true classes, both numbered from 0, and how many classes there are."""
    scores, labels = (np.asarray(plain(each)) for each in (output, target))
    scores, labels = (
        each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each for each in (scores, labels)
    )
    if labels.shape != scores.shape[:1] or scores.ndim not in (1, 2):
        raise ShapeError(f"{name}: scores of shape {np.shape(output)} and targets {np.shape(target)}")
    if (labels % 1 != 0).any():
        raise ValueError(f"{name}: a target is a class, and there is {labels[labels % 1 != 0][0]:.6g}")
    labels = labels.astype(int)
    if scores.ndim == 2:
        answers, count = scores.argmax(axis=1), scores.shape[1]
    elif scores.dtype.kind == "f":
        answers, count = (scores > 0).astype(int), 2
    else:
        answers, count = scores.astype(int), None
    if scores.ndim == 1 and -1 in (answers.min(initial=0), labels.min(initial=0)):
        answers, labels, count = np.maximum(answers, 0), np.maximum(labels, 0), 2  # -1 is the first of two
    found = np.concatenate([answers, labels])
    count = count or int(found.max(initial=0)) + 1
    strangers = found[(found < 0) | (found >= count)]
    if strangers.size:
        raise ValueError(
            f"{name}: classes are 0 to {count - 1}, and there is an answer or target {strangers[0]}"
        )
    return answers, labels, count
