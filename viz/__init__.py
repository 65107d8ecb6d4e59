"""Pictures of computations: ``viz.draw(node)`` shows the graph that leads to a node."""

from viz.drawing import Drawing, draw

__all__ = ["Drawing", "draw"]
