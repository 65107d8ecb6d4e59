"""What belongs together in a graph by its structure: sums of products, neurons, layers, repetitions.

Each function looks at a quotient of the graph and says which vertices should become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autograd.graph import CONSTANT, Node
from viz.outline import Fold
from viz.quotient import FIXED, LEAF, SUM, Grouping, Quotient
from viz.text import visible

_LONGEST_PERIOD = 8
_FEWEST = 3  # of like parts that are worth a fold
_NAMELESS = ("sum", "neuron", "layer", "leaves", "part")  # a module of one such fold is worth its name
_FUSED = ("w·x + b", "linear")


def sums(graph: Quotient) -> list[Grouping]:
    """Sums of three terms or with a product in them, with the products and with leaves of their own.

    ``w1 * x1 + w2 * x2 + b`` is one: what only the sum uses is inside, what others use stays outside.
    """
    found = []
    ops, uses, inputs, scopes = graph.ops, graph.uses, graph.inputs, graph.scopes
    inside_a_sum: set[int] = set()
    for top in range(len(graph) - 1, -1, -1):
        if ops[top] in _FUSED:
            private = [s for s in inputs[top] if uses[s] == 1 and graph.is_leaf(s)]
            if private:
                found.append(Grouping("sum", "Σ w·x + b", [*private, top]))
            continue
        if ops[top] != "+" or top in inside_a_sum:
            continue
        members, terms, products, stack = [top], 0, 0, [top]
        while stack:
            for source in inputs[stack.pop()]:
                op, own = ops[source], uses[source] == 1 and scopes[source] == scopes[top]
                if own and op == "+":
                    inside_a_sum.add(source)
                    members.append(source)
                    stack.append(source)
                    continue
                terms += 1
                if own and op == "*":
                    products += 1
                    members.append(source)
                    members.extend(f for f in inputs[source] if uses[f] == 1 and graph.is_leaf(f))
                elif uses[source] == 1 and op in (LEAF, FIXED):
                    members.append(source)
        if terms >= _FEWEST or (products and terms > 1):
            others = terms - products
            title = "Σ" if not products else "Σ w·x" + (" + b" if others else "")
            found.append(Grouping("sum", title, list(dict.fromkeys(members))))
    return found[::-1]


def neurons(graph: Quotient) -> list[Grouping]:
    """A sum and the function that alone uses it."""
    found = []
    for vertex, sources in enumerate(graph.inputs):
        if isinstance(graph.parts[vertex], Fold):
            continue
        computed = [source for source in sources if not graph.is_leaf(source)]
        if len(computed) != 1 or graph.ops[vertex] in ("+", "*"):
            continue
        (total,) = computed
        is_sum = graph.ops[total] == SUM or graph.ops[total] in _FUSED
        if is_sum and graph.uses[total] == 1 and graph.scopes[total] == graph.scopes[vertex]:
            own = [s for s in sources if s != total and graph.uses[s] == 1]
            part = graph.parts[total]
            inner = part.title if isinstance(part, Fold) else graph.ops[total]
            title = f"{graph.ops[vertex]}({inner})"
            found.append(Grouping("neuron", title, [total, *own, vertex]))
    return found


def modules(graph: Quotient, depth: int, nodes: Sequence[Node]) -> list[Grouping]:
    """What was computed in the same module, at some depth of the path, and the parameters named after it."""
    members: dict[str, list[int]] = {}
    prefixes = [_prefix(scope, depth) for scope in graph.scopes]
    for vertex, path in enumerate(prefixes):
        if path:
            members.setdefault(path, []).append(vertex)
    for vertex, users in enumerate(graph.users()):
        part = graph.parts[vertex]
        if prefixes[vertex] or isinstance(part, Fold) or not graph.is_leaf(vertex):
            continue
        paths = {prefixes[user] for user in users}
        path = paths.pop() if len(paths) == 1 else ""
        if path and _belongs(nodes[part], path):
            members[path].append(vertex)
    return [
        Grouping("module", _module_title(path), vertices, path, _summary(graph, vertices))
        for path, vertices in members.items()
        if len(vertices) > 1
        or (isinstance(part := graph.parts[vertices[0]], Fold) and part.kind in _NAMELESS)
    ]


def _module_title(path: str) -> str:
    """A path that is nothing but numbers says what it is."""
    return path if any(map(str.isalpha, path)) else f"module {path}"


def _belongs(leaf: Node, path: str) -> bool:
    """Whether a leaf that only a module uses is a part of it: a parameter called after it, or a number."""
    if leaf.operation is CONSTANT and not leaf.label:
        return not leaf.shape
    return f".{path}." in f".{visible(leaf.label)}"


def _summary(graph: Quotient, vertices: Sequence[int]) -> str:
    """What a module does: its operations, or how many like parts it has."""
    named: dict[str, list[int]] = {}
    for vertex in sorted(vertices):
        if not graph.is_leaves(vertex):
            part = graph.parts[vertex]
            does = part.summary if isinstance(part, Fold) else ""
            named.setdefault(does or _name(graph, [vertex]), []).append(vertex)
    if not named or len(named) > _FEWEST:
        return ""
    return ", ".join(_times(name, len(same)) if len(same) > 1 else name for name, same in named.items())


def layers(graph: Quotient) -> list[Grouping]:
    """Like parts at the same depth of the graph, which is what a layer's neurons are."""
    depths = [0] * len(graph)
    alike: dict[tuple[int, int, str], list[int]] = {}
    for vertex, sources in enumerate(graph.inputs):
        if graph.is_leaves(vertex):
            continue
        depth = depths[vertex] = 1 + max((depths[s] for s in sources if s < vertex), default=0)
        alike.setdefault((depth, graph.likeness[vertex], graph.scopes[vertex]), []).append(vertex)
    return [
        Grouping("layer", _times(_name(graph, members), len(members)), members)
        for members in alike.values()
        if len(members) >= _FEWEST
    ]


def leaves(graph: Quotient, nodes: Sequence[Node]) -> list[Grouping]:
    """Leaves that the same parts use, more than a few of them; one alone joins the fold that uses it."""
    alike: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for vertex, users in enumerate(graph.users()):
        if graph.is_leaves(vertex):
            op = graph.ops[vertex] if graph.is_leaf(vertex) else LEAF
            alike.setdefault((op, tuple(users)), []).append(vertex)
    found = []
    for (op, _), members in alike.items():
        if len(members) > _FEWEST:
            title = _times(_pattern(graph, members, nodes) or op.strip("<>"), len(members))
            found.append(Grouping("leaves", title, members))
    return found


def runs(graph: Quotient) -> list[Grouping]:
    """Stretches of a chain that repeat a pattern, such as twelve equal blocks one after another."""
    found = []
    for chain in _chains(graph):
        start = 0
        kinds = [graph.likeness[vertex] for vertex in chain]
        while start < len(chain):
            period, times = _repetition(kinds, start)
            if times * period >= _FEWEST and times > 1:
                members = chain[start : start + period * times]
                pattern = " · ".join(_name(graph, members[place::period]) for place in range(period))
                found.append(Grouping("run", _times(pattern, times), _with_leaves(graph, members, period)))
                start += period * times
            else:
                start += 1
    return found


def stretches(graph: Quotient, count: int) -> list[Grouping]:
    """The graph cut into so many stretches in the order of computation: what always works."""
    length = -(-len(graph) // count)
    return [
        Grouping("part", f"{len(members)} parts", members)
        for start in range(0, len(graph), length)
        if len(members := range(start, min(start + length, len(graph)))) > 1
    ]


def _chains(graph: Quotient) -> Iterator[list[int]]:
    """The longest paths on which each vertex alone uses the one before, and nothing else but leaves."""
    following: dict[int, int] = {}
    preceded: set[int] = set()
    for vertex, sources in enumerate(graph.inputs):
        computed = {source for source in sources if not graph.is_leaves(source)}
        if len(computed) == 1:
            (source,) = computed
            alone = graph.uses[source] == graph.inputs[vertex].count(source)
            if alone and graph.scopes[source].rpartition(".")[0] == graph.scopes[vertex].rpartition(".")[0]:
                following[source] = vertex
                preceded.add(vertex)
    for first in following.keys() - preceded:
        chain = [first]
        while (after := following.get(chain[-1])) is not None:
            chain.append(after)
        yield chain


def _repetition(kinds: Sequence[int], start: int) -> tuple[int, int]:
    """The period and the count of the pattern that repeats longest from here."""
    best = (1, 1)
    for period in range(1, min(_LONGEST_PERIOD, (len(kinds) - start) // 2) + 1):
        end = start + period
        while end < len(kinds) and kinds[end] == kinds[end - period]:
            end += 1
        times = (end - start) // period
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _with_leaves(graph: Quotient, members: list[int], period: int) -> list[int]:
    """With the leaves that only these use, each only once; what goes into the first stays outside."""

    def own(vertices: Sequence[int]) -> list[int]:
        return [s for v in vertices for s in graph.inputs[v] if graph.uses[s] == 1 and graph.is_leaf(s)]

    first, second = own(members[:period]), own(members[period : 2 * period])
    kept = sorted(first)[max(len(first) - len(second), 0) :]
    return sorted([*members, *kept, *own(members[period:])])


def _prefix(scope: str, depth: int) -> str:
    parts = scope.split(".", depth)
    return ".".join(parts[:depth]) if len(parts) >= depth and scope else ""


def _name(graph: Quotient, vertices: Sequence[int]) -> str:
    """What like parts are called: ``blocks.0`` and ``blocks.1`` are ``blocks.*``."""
    part = graph.parts[vertices[0]]
    if not isinstance(part, Fold):
        return graph.ops[vertices[0]]
    if part.kind != "module":
        return part.title
    return re.sub(r"\d+(?=[^.]*$)", "*", part.title)


def _times(what: str, count: int) -> str:
    return f"{what} ×{count}"


def _pattern(graph: Quotient, members: Sequence[int], nodes: Sequence[Node]) -> str:
    """What the labels of leaves have in common: ``w0`` and ``w1`` are ``w*``; nothing if they differ."""
    patterns = set()
    for member in members:
        part = graph.parts[member]
        name = part.title.partition(" ×")[0] if isinstance(part, Fold) else visible(nodes[part].label)
        patterns.add(re.sub(r"\d+", "*", name))
    return patterns.pop() if len(patterns) == 1 else ""
