"""The picture as a program in Graphviz's language, for those who want to style it themselves."""

from __future__ import annotations

from viz.layout import Direction
from viz.nesting import nesting
from viz.picture import Box, Picture
from viz.text import shortened

_LONGEST_LABEL = 24
_STYLES = {
    "leaf": "rounded",
    "constant": "rounded,dashed",
    "operation": "solid",
    "root": "bold",
    "fold": "filled",
    "outside": "dotted",
}


def dot(picture: Picture, direction: Direction = "LR") -> str:
    r"""The picture in the DOT language.

    >>> from autograd import Value
    >>> from viz.picture import lower
    >>> print(dot(lower([Value(1.0, label='a "leaf"')])))
    digraph {
      graph [rankdir=LR]
      node [shape=box fontname=Courier]
      0 [label="a \"leaf\"\ndata 1\ngrad –" tooltip="a \"leaf\"" style="rounded"]
    }
    <BLANKLINE>
    """
    lines = ["digraph {", f"  graph [rankdir={direction}]", "  node [shape=box fontname=Courier]"]
    lines.extend(f"  {_box(box)}" for box in picture.boxes)
    for edge in picture.edges:
        attributes = f" [headlabel={quoted(edge.mark)}]" if edge.mark else ""
        lines.append(f"  {edge.source} -> {edge.target}{attributes}")
    outermost, inside = nesting([group.boxes for group in picture.groups])

    def cluster(index: int) -> str:
        group = picture.groups[index]
        members = "; ".join([*map(cluster, inside[index]), *map(str, group.boxes)])
        return f"subgraph cluster_{index} {{ label={quoted(group.path)}; {members} }}"

    lines.extend(f"  {cluster(index)}" for index in outermost)
    lines.extend(("}", ""))
    return "\n".join(lines)


def quoted(*lines: str) -> str:
    r"""The lines as a DOT string that stands for exactly these characters.

    Inside its quotes DOT still reads ``\N`` as the node's name and ``&lt;`` as ``<``; a string that
    starts with ``<`` is HTML only outside them.

    >>> print(quoted(r'a "b" \N &lt;', "<b>"))
    "a \"b\" \\N &amp;lt;\n<b>"
    """
    escaped = (line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'


def _box(box: Box) -> str:
    title = " ".join(filter(None, (box.symbol, shortened(box.label, _LONGEST_LABEL)))) or box.name
    rows = [f"{row.name} {row.text}".lstrip() for row in box.rows]
    rows += [f"{box.count:,} nodes"] if box.fold else []
    label = quoted(title, *rows, *box.badges)
    return (
        f"{box.id} [label={label} tooltip={quoted(box.label or box.name)} style={quoted(_STYLES[box.kind])}]"
    )
