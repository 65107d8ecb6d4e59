"""``curves``: losses and metrics of one training by epoch, or of several beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.plots import Inks, Plot, legend, new_figure, plain, set_title
from viz.theme import Theme

Numbers = list[float]
Run = dict[str, Numbers]

_TRAINING, _VALIDATION = "training", "validation"
_PREFIXES = {
    "train_": _TRAINING,
    "training_": _TRAINING,
    "validation_": _VALIDATION,
    "val_": _VALIDATION,
    "valid_": _VALIDATION,
    "test_": "test",
}
"""What the name of a number begins with, and which data that is."""
_RATES = ("lr", "learning_rate")
_MARKERS = ("", "o", "s", "^")  # a seventh run has the first one's colour, and marks


def curves(
    history: Any, *, show: str | Iterable[str] | None = None, xlabel: str = "epoch", theme: Theme = "auto"
) -> Plot:
    """Draw how losses and metrics went, epoch by epoch: one pair of axes for each of them.

    Numbers of validation (``validation_loss``, ``val_loss``, ``test_loss``) are dashed, in the axes of
    those of training (``loss``, ``train_loss``).

    Parameters
    ----------
    history: what :func:`nn.fit` returned, or the training under way; any mapping from names to numbers,
        one an epoch; a mapping from names to several of these, for comparing them; a list of records
        such as ``[{"loss": 2.0}, {"loss": 1.0}]``; plain numbers; or what :func:`nn.find_learning_rate`
        returned, whose losses are drawn by rate. A mapping without any loss is drawn in one pair of axes.
    show: which numbers, such as ``"loss"`` or ``["loss", "lr"]``; by default all but the learning rate.
    xlabel: what the numbers are counted in.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    TypeError: the history is nothing of these.
    ValueError: there are no numbers, or not those to show.
    ImportError: matplotlib is not installed.

    >>> plot = curves({"loss": [2.0, 1.2], "validation_loss": [2.1, 1.5], "accuracy": [0.3, 0.6]})
    >>> [axes.get_title(loc="left") for axes in plot.figure.axes]
    ['loss', 'accuracy']
    >>> plot = curves({"SGD": {"loss": [2.0, 1.5]}, "Adam": {"loss": [2.0, 0.9]}})
    >>> plot
    <Plot: 4.8 × 3.6 inches>
    >>> plot.save("sgd-against-adam.png").name
    'sgd-against-adam.png'
    """
    if hasattr(history, "rates"):
        return _by_rate(history, theme)
    panels = _panels(_runs(history), [show] if isinstance(show, str) else show)
    inks = Inks.of(theme)
    figure, axes = new_figure(1, len(panels), 4.8 * len(panels), 3.6, theme)
    for each, (title, lines) in zip(axes.flat, panels.items(), strict=True):
        for line in lines:
            marker = _MARKERS[line.run // len(inks.series) % len(_MARKERS)]
            each.plot(
                range(1, len(line.numbers) + 1),
                line.numbers,
                "--" if line.dashed else "-",
                color=inks.series[line.run % len(inks.series)],
                linewidth=1.8,
                marker=marker or ("o" if len(line.numbers) == 1 else ""),
                markevery=max(1, len(line.numbers) // 10),
                markersize=5,
                label=plain(line.label),
            )
        set_title(each, plain(title), theme)
        each.set_xlabel(xlabel)
        each.xaxis.get_major_locator().set_params(integer=True)
        if title in _RATES:
            each.set_yscale("log", nonpositive="mask")
        if any(line.label for line in lines):
            legend(each, theme)
    return Plot(figure, theme)


def _by_rate(search: Any, theme: Theme) -> Plot:
    """What a search for a learning rate has found."""
    inks = Inks.of(theme)
    figure, all_axes = new_figure(1, 1, 4.8, 3.6, theme)
    axes = all_axes[0, 0]
    axes.plot(search.rates, search.losses, color=inks.negative, linewidth=1.8, label="loss, smoothed")
    suggestion = f"suggestion {search.suggestion:.2g}"
    axes.axvline(search.suggestion, linestyle="--", color=inks.positive, linewidth=1.8, label=suggestion)
    axes.set(xscale="log", xlabel="learning rate")
    set_title(axes, "loss", theme)
    legend(axes, theme)
    return Plot(figure, theme)


@dataclass(frozen=True)
class _Line:
    """One line: its label, its numbers, the place of its colour, and whether it is dashed."""

    label: str
    numbers: Numbers
    run: int
    dashed: bool


def _panels(runs: dict[str, Run], show: Iterable[str] | None) -> dict[str, list[_Line]]:
    """The lines of each pair of axes, by title."""
    panels: dict[str, list[_Line]] = {}
    for index, (run, columns) in enumerate(runs.items()):
        titled = any("loss" in name for name in columns)
        for name, numbers in columns.items():
            title, part = _parts(name) if titled else ("", name)
            if len(runs) > 1:
                label = run if part == _TRAINING else ", ".join(filter(None, (run, part)))
                line = _Line(label, numbers, index, dashed=titled and part != _TRAINING)
            else:
                place = int(part != _TRAINING) if titled else len(panels.get(title, ()))
                line = _Line(part, numbers, place, dashed=titled and place > 0)
            panels.setdefault(title, []).append(line)
    if not any(line.numbers for lines in panels.values() for line in lines):
        raise ValueError("curves: the history has no numbers; was there one epoch that ended?")
    if show is None:
        return {title: lines for title, lines in panels.items() if title not in _RATES} or panels
    chosen = list(show)
    for title in chosen:
        if title not in panels:
            raise ValueError(f"curves: there is no {title!r} to show; choose from {', '.join(panels)}")
    return {title: panels[title] for title in chosen}


def _parts(name: str) -> tuple[str, str]:
    """What a number is, and of which data.

    >>> _parts("val_loss"), _parts("accuracy")
    (('loss', 'validation'), ('accuracy', 'training'))
    """
    for prefix, part in _PREFIXES.items():
        if name.startswith(prefix):
            return name.removeprefix(prefix), part
    return name, "" if name in _RATES else _TRAINING


def _runs(history: Any) -> dict[str, Run]:
    """The histories by name, one without a name if it is the only one."""
    one = _run(history)
    if one is not None:
        return {"": one}
    if isinstance(history, Mapping) and history:
        several = {str(name): _run(each) for name, each in history.items()}
        if all(run is not None for run in several.values()):
            return several  # type: ignore[return-value]
    raise TypeError(
        f"curves cannot draw {history!r:.80} ({type(history).__name__}); pass the history that fit() "
        "returned, a mapping from names to numbers, one an epoch, or a mapping from names to histories"
    )


def _run(history: Any) -> Run | None:
    """One history by names, or None if this is none."""
    history = getattr(history, "history", history)  # of a training under way
    if isinstance(history, Mapping):
        columns = {str(name): _numbers(each) for name, each in history.items()}
        return columns if all(each is not None for each in columns.values()) else None  # type: ignore[return-value]
    if isinstance(history, Sequence) and history and all(isinstance(each, Mapping) for each in history):
        names = dict.fromkeys(name for record in history for name in record)
        return {str(name): [float(record.get(name, np.nan)) for record in history] for name in names}
    numbers = _numbers(history)
    return None if numbers is None else {"": numbers}


def _numbers(column: Any) -> Numbers | None:
    """A column of numbers, or None if it is none."""
    if isinstance(column, (str, bytes, Mapping)) or not hasattr(column, "__len__"):
        return None
    try:
        return [float(number) for number in column]
    except (TypeError, ValueError):
        return None
