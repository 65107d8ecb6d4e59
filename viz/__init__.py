"""Pictures of computations: ``viz.draw(node)`` shows the graph that leads to a node."""

from viz.animation import Animation, animate
from viz.drawing import Drawing, draw
from viz.flow_recorder import FlowRecorder
from viz.flow_view import FlowPlot, flow
from viz.network_diagram import NetworkDiagram, network
from viz.stepper import Stepper, step

__all__ = [
    "Animation",
    "Drawing",
    "FlowPlot",
    "FlowRecorder",
    "NetworkDiagram",
    "Stepper",
    "animate",
    "draw",
    "flow",
    "network",
    "step",
]
