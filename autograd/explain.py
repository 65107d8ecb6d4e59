r"""``explain``: why is this gradient this number?

A gradient is a sum with one term for each edge that leaves the node: the local derivative there,
times the gradient that arrives. Each of those gradients can be explained in turn.

>>> from autograd import Value
>>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
>>> print(explain(x, (x * y).tanh() + x))
x.grad = 0.999926, the sum of 2 terms
  through out = v2 + x: d(out)/dx · out.grad = 1 × 1 = 1
  through v1 = x * y: d(v1)/dx · v1.grad = y · v1.grad = -3 × 2.45765e-05 = -7.37296e-05
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from . import latex
from .formula import as_formula, show
from .graph import CONSTANT, Node, order, require_nodes
from .steps import Step, Steps, steps


@dataclass(frozen=True, eq=False, repr=False)
class Term:
    """One term of a gradient: what arrives over one edge.

    Attributes
    ----------
    step: the step of the backward pass that brought it.
    walk: the whole pass.
    """

    step: Step
    walk: Steps

    @property
    def amount(self) -> Any:
        """The number, or the array, that this term adds to the gradient."""
        return self.step.contribution

    @cached_property
    def edge(self) -> Step:
        """The step over the edge itself, where ``step`` is the sum over broadcast axes after it."""
        return self.walk[self.step.index - 1] if self.step.kind == "sum" else self.step

    @property
    def why(self) -> Explanation:
        """The explanation of the gradient that arrived."""
        return Explanation(self.step.node, self.walk)

    def __str__(self) -> str:
        edge = self.edge
        graph = self.walk.recording
        made = graph.made(edge.node)
        head = f"through {edge.name} = {made.text}: {edge.symbol}"
        if not edge.is_product or edge.formula is None:
            text = f"{head} = {show(edge.contribution)}"
        else:
            symbols = f" = {edge.formula.inside(_FACTOR)} · {edge.name}.grad"
            symbols = "" if edge.formula.text in (edge.numbers, as_formula(edge.local).text) else symbols
            text = f"{head}{symbols} = {show(edge.local)} × {show(edge.incoming)} = {show(edge.contribution)}"
        return text if edge is self.step else f"{text}, {self.step.symbol}: {show(self.amount)}"

    def __repr__(self) -> str:
        return f"<Term: {self}>"

    @property
    def symbols(self) -> latex.Typeset:
        """The term as the chain rule has it: the gradient of a result times its derivative, or a rule."""
        graph, edge = self.walk.recording, self.edge
        local = latex.partial(graph.named(edge.node).typeset, graph.named(edge.parent).typeset)
        return self._typeset(graph.gradient_of(edge.node), local)

    @property
    def formula(self) -> latex.Typeset:
        """The term with the derivative worked out."""
        edge = self.edge
        local = latex.symbol("0") if edge.formula is None else edge.formula.typeset
        return self._typeset(self.walk.recording.gradient_of(edge.node), local)

    @property
    def numbers(self) -> latex.Typeset:
        """The term with numbers plugged in."""
        edge = self.edge
        if not edge.is_product:
            return latex.number(self.amount)
        return self._typeset(latex.number(edge.incoming), latex.number(edge.local))

    def _typeset(self, incoming: latex.Typeset, local: latex.Typeset) -> latex.Typeset:
        edge = self.edge
        if edge.formula is None:
            return latex.number(0.0)
        product = latex.apply("mul", [incoming, local]) if edge.is_product else edge.formula.typeset
        return product if edge is self.step else latex.apply("sum", [product])


_FACTOR = 5  # a sum in a product needs its parentheses, and so does a quotient, to be read at a glance


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why the gradient of a node is what it is: one term for each edge out of the node.

    Attributes
    ----------
    node: the node whose gradient is explained.
    walk: the backward pass it comes from.
    depth: how many gradients deep the text goes.
    budget: how many terms the text shows at most.
    """

    node: Node
    walk: Steps
    depth: int = 1
    budget: int = 20

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """One term for each edge out of the node, in the order in which they were added."""
        return tuple(Term(step, self.walk) for step in self.walk.into(self.node))

    @property
    def gradient(self) -> Any:
        """The gradient: the sum of the terms, or the seed; 0 where the loss does not depend on the node."""
        return self.walk.gradients.get(self.node, 0.0)

    @property
    def name(self) -> str:
        """The name of the node."""
        return self.walk.recording.names.get(self.node) or self.node.label or "this node"

    def expand(self, depth: int = 3, budget: int = 50) -> Explanation:
        """The same explanation with a longer text, which explains the gradients that arrive as well.

        Parameters
        ----------
        depth: how many gradients deep.
        budget: how many terms at most. A gradient is explained once, where it is met first.
        """
        if depth < 1 or budget < 1:
            raise ValueError(f"expand takes a depth and a budget of at least 1, got {depth} and {budget}")
        return replace(self, depth=depth, budget=budget)

    @property
    def headline(self) -> str:
        """The gradient, and what it is made of, in one line."""
        root, count = self.walk.recording.nodes[-1], len(self.terms)
        value = f"{self.name}.grad = {show(self.gradient)}"
        if self.node is root:
            return f"{value}, the seed of the backward pass"
        if self.node.operation is CONSTANT:
            return f"{value}: {self.name} is a constant, gradients are not computed for it"
        if not count:
            hint = "; arguments swapped? explain(x, loss)" if root in order(self.node, stale=True) else ""
            return f"{value}: {self.walk.seed.name} was not computed from {self.name}{hint}"
        return f"{value}, " + ("one term" if count == 1 else f"the sum of {count} terms")

    def __str__(self) -> str:
        return "\n".join("  " * level + text for level, text, _ in self._lines())

    def _lines(self) -> Iterator[tuple[int, str, bool]]:
        """Lines with their level of indentation, and whether they begin a gradient."""
        left = self.budget
        explained = {self.node}
        # A stack, not recursion: an expanded explanation may be as deep as the graph.
        yield 0, self.headline, True
        stack = [(1, iter(self.terms))]
        while stack:
            level, terms = stack[-1]
            term = next(terms, None)
            if term is None:
                stack.pop()
                continue
            if left == 0:
                remaining = 1 + sum(1 for _ in terms)
                yield level, f"… and {remaining} more; expand(budget=…) shows them", False
                stack.pop()
                continue
            left -= 1
            yield 2 * level - 1, str(term), False
            arriving = term.step.node
            deeper = level < self.depth and arriving not in explained
            if deeper and arriving is not self.walk.recording.nodes[-1]:
                explained.add(arriving)
                yield 2 * level, f"where {term.why.headline}", True
                stack.append((level + 1, iter(term.why.terms)))

    def __repr__(self) -> str:
        return str(self)

    @property
    def latex(self) -> str:
        """The sum in symbols, then with numbers, then its value, as an ``aligned`` block."""
        graph = self.walk.recording
        value = latex.number(self.gradient).text
        if self.node not in graph.ids:
            return rf"\text{{{latex.escaped(self.headline)}}}"
        left = graph.gradient_of(self.node).text
        shown = self.terms[: self.budget]
        if not shown:
            return f"{left} = {value}"
        rest = r" + \cdots" if len(self.terms) > len(shown) else ""
        lines = [
            " + ".join(part.inside(latex.PRODUCT) for part in parts) + rest
            for parts in (
                [term.symbols for term in shown],
                [term.formula for term in shown],
                [term.numbers for term in shown],
            )
        ]
        lines = [*dict.fromkeys(lines), value]
        return rf"\begin{{aligned}} {left} &= " + r" \\ &= ".join(lines) + r" \end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def _repr_html_(self) -> str:
        return _as_html(self)


_HTML_DEPTH = 4  # folded away, deeper explanations cost a reader nothing


def _as_html(explanation: Explanation) -> str:
    parts: list[str] = []
    unclosed: list[int] = []
    for level, text, begins in explanation.expand(
        max(explanation.depth, _HTML_DEPTH), explanation.budget
    )._lines():
        while unclosed and unclosed[-1] >= level:
            parts.append("</details>")
            unclosed.pop()
        if begins:
            is_open = " open" if level <= 2 * explanation.depth - 2 else ""
            parts.append(
                f'<details{is_open} style="margin-left:1.5em"><summary>{html.escape(text)}</summary>'
            )
            unclosed.append(level)
        else:
            parts.append(f'<div style="margin-left:1.5em">{html.escape(text)}</div>')
    return f'<div style="font-family:monospace">{"".join(parts)}{"</details>" * len(unclosed)}</div>'


def explain(x: Node, loss: Node, seed: Any = None) -> Explanation:
    """Why the gradient of ``x`` is the number it is: the terms that it is the sum of.

    The explanation prints as text and shows as HTML or LaTeX in a notebook; ``.terms`` are its terms,
    ``.expand(depth=3)`` goes on to explain the gradients that arrive. No ``.grad`` is touched.

    Parameters
    ----------
    x: a leaf or any other node on the way to the loss.
    loss: the node that is differentiated.
    seed: the gradient of the loss itself, 1 for a scalar.

    Raises
    ------
    GraphError, StaleGraphError, ShapeError: as ``loss.backward()`` does.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> why = explain(x, (2 * x).tanh() * 5)
    >>> print(why.expand(depth=3))
    x.grad = 0.000245765, one term
      through v1 = 2 * x: d(v1)/dx · v1.grad = 2 × 0.000122883 = 0.000245765
        where v1.grad = 0.000122883, one term
          through v2 = tanh(v1): d(v2)/dv1 · v2.grad = (1 - v2 * v2) · v2.grad = 2.45765e-05 × 5 = 0.000122883
            where v2.grad = 5, one term
              through out = v2 * 5: d(out)/dv2 · out.grad = 5 × 1 = 5
    >>> sum(term.amount for term in why.terms) == why.gradient
    True
    """
    require_nodes("explain", x, loss)
    return Explanation(x, steps(loss, seed))
