"""How a text shows itself in a notebook, where long lines are wrapped."""

from __future__ import annotations

import html


def card(head: str, *lines: str) -> str:
    """What was found, and below it what to know about it.

    >>> card("x < 0", "fix: x + 1")
    '<div style="font-family:monospace"><b>x &lt; 0</b><div style="margin-left:1.5em">fix: x + 1</div></div>'
    """
    below = "".join(f'<div style="margin-left:1.5em">{html.escape(line)}</div>' for line in lines if line)
    return f'<div style="font-family:monospace"><b>{html.escape(head)}</b>{below}</div>'
