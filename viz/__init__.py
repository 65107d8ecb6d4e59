"""Pictures of computations: ``viz.draw(node)`` shows the graph that leads to a node."""

from viz.activation_plot import activations
from viz.animation import Animation, animate
from viz.confusion_plot import confusion
from viz.decision_boundary import boundary
from viz.descent_path import PathRecorder
from viz.drawing import Drawing, draw
from viz.flow_recorder import FlowRecorder
from viz.flow_view import FlowPlot, flow
from viz.loss_landscape import landscape
from viz.network_diagram import NetworkDiagram, network
from viz.plots import Plot
from viz.stepper import Stepper, step
from viz.training_curves import curves
from viz.weight_images import weights

__all__ = [
    "Animation",
    "Drawing",
    "FlowPlot",
    "FlowRecorder",
    "NetworkDiagram",
    "PathRecorder",
    "Plot",
    "Stepper",
    "activations",
    "animate",
    "boundary",
    "confusion",
    "curves",
    "draw",
    "flow",
    "landscape",
    "network",
    "step",
    "weights",
]
