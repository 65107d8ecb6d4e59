"""Short programs, each of which shows one idea and the number that it comes down to.

``chainrule example`` lists them, ``chainrule example boat-trip`` runs one, and so does
``python -m chainrule.examples.boat_trip``. Each is a file to read from top to bottom: ``run()`` computes,
``show()`` prints what came out, and where there is a picture, ``pictures()`` draws it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EXAMPLES", "Example"]


@dataclass(frozen=True)
class Example:
    """One row of the table.

    ``has_files`` says whether its ``run()`` takes the folder that ``--data`` names.

    >>> Example("boat-trip", "a decision").module
    'chainrule.examples.boat_trip'
    """

    name: str
    summary: str
    has_files: bool = False

    @property
    def module(self) -> str:
        """The module that holds it."""
        return f"{__name__}.{self.name.replace('-', '_')}"


EXAMPLES: tuple[Example, ...] = (
    Example("boat-trip", "a decision as a neuron: three reasons, three weights and a bias"),
    Example("logistic-regression", "a neuron that learns from its mistakes by log loss"),
    Example("learning-rates", "too small, right, too large: what each step does to the distance"),
    Example("numpy-network", "a network of two layers by hand in NumPy, and the same in chainrule"),
    Example("linear-stack", "why layers without an activation are one layer: Y = A X + B"),
    Example("piecewise-curve", "a curve of straight pieces, such as R(x - 1), found by descent"),
    Example("swish", "x · σ(x), its slope and its lowest point"),
    Example("softmax", "scores as probabilities, and why its gradient is p - y"),
    Example("mnist", "784-16-16-10: quadratic loss, cross-entropy, which neurons fire", has_files=True),
    Example("vanishing-gradients", "what depth, activation and initialisation do to a gradient"),
    Example("normalization", "what each normalisation does for a deep and badly initialised network"),
    Example("overfitting", "learning by heart, and L1, L2, dropout and early stopping against it"),
    Example("optimizers", "plain descent, momentum and Adam in a narrow valley and on digits"),
    Example("input-search", "descent on inputs: walk to a target, and find what a network likes most"),
    Example("text-to-numbers", "from a sentence to tokens, ids, padding and one-hot rows"),
    Example("images-to-features", "a picture as a row of 196,608 features, and back"),
    Example("convolution", "one small kernel for the whole image: edges, and digits"),
    Example("pooling", "why the largest of four pixels does not mind a small move"),
    Example("recurrence", "a cell that remembers what it has read so far of a name"),
    Example("embedding", "letters as points in a plane: the vowels find each other"),
)
"""Every example: the command line, the README and the tests read this table."""
