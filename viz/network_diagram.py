"""``network``: a model as its neurons and weights, and what one input makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from autograd.graph import Node
from viz.dense import Dense, dense_layers
from viz.drawing import check
from viz.html import plain_page
from viz.network_svg import Diagram, diagram_svg
from viz.pixels import image_shape
from viz.saving import Saved
from viz.theme import Theme

Show = Literal["contributions", "weights"]


def network(
    model: Callable[..., Any],
    x: Any,
    *,
    show: Show = "contributions",
    image: tuple[int, int] | bool | None = None,
    labels: Sequence[Any] | None = None,
    sample: int = 0,
    max_units: int = 20,
    theme: Theme = "auto",
) -> NetworkDiagram:
    """Draw a model's neurons and weights, and which of them are active for an input.

    A neuron is as strongly coloured as its activation, orange for positive, blue for negative, with
    a dashed outline for zero. A line is as wide as what a neuron passes on to the next, its weight
    times its activation; orange adds, blue and dashed takes away. An input that is an image is
    shown as one, and each neuron of the first layer with the image of its weights.

    Any model whose output is computed by dense layers can be drawn, of Tensors or of Values: the
    layers are read off the graph of ``model(x)``. What comes before the first of them is left out.

    Parameters
    ----------
    x: what the model is called with.
    show: "contributions", or "weights" for lines that do not depend on the input.
    image: the height and width of the input as an image; False for none; guessed by default.
    labels: names of the outputs.
    sample: which of a batch.
    max_units: of a wider layer only the most active neurons are drawn.
    theme: ``"light"``, ``"dark"``, or ``"auto"`` for what the reader's system prefers.

    Raises
    ------
    TypeError: the model does not compute a Value or a Tensor.
    ValueError: there is no dense layer to draw, or an unknown choice.

    >>> import numpy as np
    >>> from autograd import Tensor, tanh
    >>> W = Tensor(np.eye(2), requires_grad=True)
    >>> network(lambda x: tanh(x @ W), np.array([1.0, -1.0]))
    <NetworkDiagram: 2-2>
    """
    check("show", show, get_args(Show))
    check("theme", theme, get_args(Theme))
    if max_units < 1:
        raise ValueError(f"max_units must be at least 1, got {max_units}")
    output = model(x)
    nodes = output if isinstance(output, (list, tuple)) else [output]
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(
                f"the model computed a {type(node).__name__}, not a Value or a Tensor: {node!r:.60}"
            )
    layers = dense_layers(nodes, _parameters(model), sample)
    if not layers:
        raise ValueError(
            "found no dense layer to draw: the output must be computed by products with weight "
            "matrices (Linear), or by sums of products (Neuron), one layer after another"
        )
    size = layers[0].inputs.size
    if image is None or image is True:
        shape = image_shape(size, np.shape(getattr(x, "plain", x)))
    else:
        shape = image or None
    if shape is not None and shape[0] * shape[1] != size:
        raise ValueError(f"the input has {size} numbers, which are no image of {shape[0]} × {shape[1]}")
    return NetworkDiagram(Diagram(layers, shape, _labels(labels, layers), show, max_units), theme)


class NetworkDiagram(Saved):
    """A picture of a network: it shows itself in a notebook and saves itself to a file."""

    def __init__(self, diagram: Diagram, theme: Theme) -> None:
        self.diagram = diagram
        self.theme = theme

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG element."""
        return diagram_svg(self.diagram, self.theme)

    @property
    def html(self) -> str:
        """The picture as an HTML document that needs nothing else."""
        return plain_page("Network", self.svg, self.theme)

    def __repr__(self) -> str:
        widths = [self.diagram.layers[0].inputs.size, *(layer.outputs.size for layer in self.diagram.layers)]
        return f"<NetworkDiagram: {'-'.join(map(str, widths))}>"


def _parameters(model: Any) -> list[Node]:
    if hasattr(model, "named_parameters"):
        return [parameter for _, parameter in model.named_parameters()]
    return list(model.parameters()) if hasattr(model, "parameters") else []


def _labels(labels: Sequence[Any] | None, layers: Sequence[Dense]) -> list[str]:
    count = layers[-1].outputs.size
    if labels is None:
        return [str(index) for index in range(count)] if count > 1 else [""]
    if len(labels) != count:
        raise ValueError(f"the network has {count} outputs, and labels names {len(labels)}")
    return [str(label) for label in labels]
