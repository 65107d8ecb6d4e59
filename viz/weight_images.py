"""``weights``: the weights of a first layer, or the filters of a convolution, as images."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError
from viz.pixels import image_shape
from viz.plots import Plot, colour_bar, diverging, new_figure, outline, plain, set_title
from viz.theme import Theme

Array = np.ndarray[Any, Any]

_SHARPNESS = 160  # so many pixels, at least, to the side of an image


def weights(
    model: Any, *, shape: tuple[int, ...] | None = None, count: int = 64, theme: Theme = "auto"
) -> Plot:
    """Draw weights as images, an image for each unit or filter: orange adds, blue takes away.

    All images have one scale, so that they can be compared. Where there are several channels, those of a
    filter are in one row.

    ==========================================  ===========================================
    weights                                     what is drawn
    ==========================================  ===========================================
    (units, inputs), inputs that make an image  an image for each unit
    (units, inputs), others                     one image, with a row for each unit
    (filters, channels, width)                  (channels, width) for each filter
    (filters, channels, height, width)          an image for each filter and each channel
    ==========================================  ===========================================

    Parameters
    ----------
    model: a module, whose first weights are taken; an ``MLP``, ``Layer`` or ``Neuron`` of Values; or the
        weights themselves, a parameter or an array.
    shape: the shape of an input as an image, (height, width) or (channels, height, width); inputs that are
        the square of a number above 4 are taken for a square image.
    count: of more units or filters only so many are drawn.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    ShapeError: the weights do not have 2 to 4 axes, or are no images of that shape.
    TypeError: the model has no weights.
    ImportError: matplotlib is not installed.

    >>> plot = weights(np.random.default_rng(0).normal(size=(16, 64)))
    >>> plot.figure.axes[0].get_title(loc="left")
    '16 images of 8 × 8'
    """
    name, array = _first_weights(model)
    images = _images(array, shape)
    total = len(images)
    images = images[: max(count, 1)]
    sheet, places = _sheet(images)
    high, wide = sheet.shape
    figure, all_axes = new_figure(1, 1, *_inches(high, wide), theme)
    axes = all_axes[0, 0]
    axes.set_axis_off()
    finite = images[np.isfinite(images)]
    limit = float(np.abs(finite).max(initial=0.0)) or 1.0
    drawn = axes.imshow(sheet, cmap=diverging(theme), vmin=-limit, vmax=limit, interpolation="none")
    outline(axes, places, theme)  # an image of small weights would not be seen
    colour_bar(figure, axes, drawn, "weight", theme)
    size = " × ".join(map(str, images.shape[1 if images.shape[1] > 1 else 2 :]))
    shown = f"{len(images)} of {total}" if len(images) < total else str(total)
    words = size if total == 1 else f"{shown} images of {size}"
    set_title(axes, f"{plain(name)}: {words}" if name else words, theme)
    return Plot(figure, theme)


def _first_weights(model: Any) -> tuple[str, Array]:
    """The first weights of a model, with their name; of an array, the array."""
    if hasattr(model, "named_parameters"):
        for name, parameter in model.named_parameters():
            if len(parameter.shape) > 1:
                return name, np.asarray(parameter.plain, float)
        raise TypeError(f"weights: {type(model).__name__} has no parameter of two axes or more")
    first = getattr(model, "layers", [model])[0]  # an MLP has layers, a layer neurons, a neuron weights
    neurons = getattr(first, "neurons", [first])
    if all(hasattr(neuron, "weights") for neuron in neurons):
        return "", np.array([[float(weight) for weight in neuron.weights] for neuron in neurons])
    try:
        return getattr(model, "label", ""), np.asarray(getattr(model, "plain", model), float)
    except (TypeError, ValueError):
        raise TypeError(
            f"weights: {model!r:.60} ({type(model).__name__}) is no model with weights, and no array"
        ) from None


def _images(array: Array, shape: tuple[int, ...] | None) -> Array:
    """Weights as images (images, channels, height, width)."""
    if not 2 <= array.ndim <= 4 or not array.size:
        raise ShapeError(f"weights: draws arrays of 2 to 4 axes that are not empty, got shape {array.shape}")
    if array.ndim == 4:
        return array
    if array.ndim == 3:
        return array[:, None]
    inputs = array.shape[1]
    shape = shape or image_shape(inputs, ())
    if shape is None:
        return array[None, None]
    if len(shape) not in (2, 3) or int(np.prod(shape)) != inputs:
        raise ShapeError(f"weights: {inputs} inputs are no image of shape {shape}")
    return array.reshape(len(array), *((1, *shape) if len(shape) == 2 else shape))


def _sheet(images: Array) -> tuple[Array, list[tuple[int, int, int, int]]]:
    """All images beside and below each other, with gaps of nan, on one sheet; and where each lies.

    A place is that of the left upper corner, the width and the height.
    """
    count, channels, height, width = images.shape
    scale = -(-_SHARPNESS // max(height, width))
    tiles = images.repeat(scale, axis=2).repeat(scale, axis=3).reshape(-1, height * scale, width * scale)
    columns = channels if channels > 1 else -(-count // round(count**0.5))
    rows = -(-len(tiles) // columns)
    high, wide = tiles.shape[1:]
    gap = max(2, max(high, wide) // 12)
    sheet = np.full((rows * (high + gap) - gap, columns * (wide + gap) - gap), np.nan)
    places = []
    for index, tile in enumerate(tiles):
        left, top = index % columns * (wide + gap), index // columns * (high + gap)
        sheet[top : top + high, left : left + wide] = tile
        places.append((left, top, wide, high))
    return sheet, places


def _inches(high: int, wide: int) -> tuple[float, float]:
    """The size of the figure, for a sheet of these proportions and the bar beside it."""
    scale = 4.5 / max(high, wide)
    return max(wide * scale, 3.0) + 1.2, max(high * scale, 1.2) + 0.5
