"""What can go wrong, as a tree: catch a branch to catch everything below it.

::

    AutogradError
    ├── GraphError (RuntimeError)      the graph cannot be walked
    │   └── StaleGraphError            ... because a node changed after it was recorded
    ├── CutGraphError (TypeError)      a traced number would silently leave the graph
    ├── ShapeError (ValueError)        two shapes that do not fit
    ├── RuleError (TypeError)          an operation's rule returned something unusable
    ├── RecordError (RuntimeError)     a function that cannot be recorded as a program
    ├── AnomalyError (ArithmeticError) a NaN or an infinity, where it first appeared
    └── GradcheckError (AssertionError) a derivative that does not match its function

Each class also derives from the built-in exception that Python programmers expect, so
``except ValueError`` keeps working.
"""


class AutogradError(Exception):
    """The root of every error that this package raises on its own account."""


class GraphError(AutogradError, RuntimeError):
    """The graph cannot be walked: nothing was recorded, or it has a cycle."""


class StaleGraphError(GraphError):
    """A node was changed after other nodes were computed from it."""


class CutGraphError(AutogradError, TypeError):
    """A traced number was about to leave the graph, which would lose its derivative."""


class ShapeError(AutogradError, ValueError):
    """Two shapes that have to fit do not."""


class RuleError(AutogradError, TypeError):
    """A rule returned the wrong number, kind or shape of gradients."""


class RecordError(AutogradError, RuntimeError):
    """A function does something that a recorded program could not repeat."""


class AnomalyError(AutogradError, ArithmeticError):
    """The first result that is NaN or infinite, found by :func:`autograd.detect_anomaly`."""


class GradcheckError(AutogradError, AssertionError):
    """A derivative does not match the function it claims to belong to."""
