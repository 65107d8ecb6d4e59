"""Metrics: what people look at beside the loss; plain functions from arrays to a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError
from autograd.array_ops import plain


def accuracy(output: Any, target: Any) -> float:
    """The share of right answers.

    Scores (batch, classes) against integer classes (batch,): the highest score is the answer. One
    score an item, (batch,) or (batch, 1): its sign is, against labels -1 and 1, or 0 and 1.

    Raises
    ------
    ShapeError: there is not one target an item.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([-0.3, 2.0]), np.array([-1, 1]))
    1.0
    """
    scores, labels = np.asarray(plain(output)), np.asarray(plain(target))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if labels.shape != scores.shape[:1] or scores.ndim > 2:
        raise ShapeError(f"accuracy: scores of shape {np.shape(output)} and targets {np.shape(target)}")
    if scores.ndim == 2:
        return float(np.mean(scores.argmax(axis=1) == labels))
    return float(np.mean((scores > 0) == (labels > 0)))


def confusion_matrix(output: Any, target: Any, classes: int | None = None) -> np.ndarray[Any, Any]:
    """How often each class (row) was given each answer (column); scores or answers, and classes.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]))
    array([[1, 1],
           [0, 1]])
    """
    answers, labels = np.asarray(plain(output)), np.asarray(plain(target))
    if answers.ndim == 2:
        answers = answers.argmax(axis=1)
    if answers.shape != labels.shape:
        raise ShapeError(f"confusion_matrix: answers of shape {answers.shape}, targets {labels.shape}")
    count = classes or int(max(answers.max(initial=-1), labels.max(initial=-1))) + 1
    matrix = np.zeros((count, count), dtype=int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix
