"""What a check found: as text, as a table in a notebook, as a dictionary."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field
from typing import Any

from .diagnosis import Finding


@dataclass(frozen=True)
class Element:
    """One element of the derivative that is worth telling.

    Attributes
    ----------
    input, output: the names with their indices, such as ``w[2, 0]``.
    mode: which claim it is of, "reverse" or "forward".
    analytic, numeric: the claimed derivative and the measured one.
    error: their difference.
    accuracy: how far the measured one may be from the truth, by its own estimate.
    verdict: "wrong rule", "kink", ...
    """

    input: str
    output: str
    mode: str
    analytic: float
    numeric: float
    error: float
    accuracy: float
    verdict: str


COLUMNS = ("input", "output", "mode", "analytic", "numeric", "error", "accuracy", "verdict")
COLOURS = {
    "wrong rule": "#ffd6d6",
    "not finite": "#ffd6d6",
    "kink": "#fff3c4",
    "precision too low": "#ffe4c4",
}


@dataclass(repr=False)
class Report:
    """The outcome of a check; true if it passed.

    Attributes
    ----------
    verdict: "right"; "kink" (right, but for kinks within reach); or what is wrong: "wrong rule",
        "not finite", "precision too low", "not deterministic", "modifies its input", "complex result",
        "several results", "nothing to check".
    reason: one sentence for people.
    function: the name of what was checked.
    elements: the elements that are not plainly right, the worst first.
    findings: the likely mistake in each input that has wrong elements.
    counts: how many elements got which verdict, over all modes.
    worst: the largest relative difference among the elements that are right.
    notes: what was not checked, or checked differently than asked.
    """

    verdict: str
    reason: str
    function: str
    order: int = 1
    modes: tuple[str, ...] = ()
    elements: list[Element] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    worst: float = 0.0
    methods: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    shown = 12  # rows of the table

    @property
    def ok(self) -> bool:
        """Whether the derivative passed."""
        return self.verdict in ("right", "kink")

    def __bool__(self) -> bool:
        return self.ok

    @property
    def mistake(self) -> str | None:
        """The name of the first likely mistake, None if there is none."""
        return self.findings[0].name if self.findings else None

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, strings, lists and dictionaries."""
        return {"ok": self.ok, "mistake": self.mistake, **asdict(self)}

    # -- text -----------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The sentences around the table: those before it."""
        derivative = "" if self.order == 1 else " (second derivatives)"
        return [f"gradcheck of {self.function}{derivative}: {self.verdict}", self.reason]

    def remarks(self) -> list[str]:
        """The sentences after the table."""
        hidden = len(self.elements) - self.shown
        more = [f"... and {hidden} more elements"] if hidden > 0 else []
        likely = [f"Likely mistake in {finding}" for finding in self.findings]
        return [*more, *likely, *[f"Note: {note}" for note in self.notes]]

    def rows(self) -> list[tuple[str, ...]]:
        """The table: one row an element that is not plainly right."""
        return [
            tuple(_shown(getattr(element, column), column) for column in COLUMNS)
            for element in self.elements[: self.shown]
        ]

    def __str__(self) -> str:
        rows = self.rows()
        table = []
        if rows:
            widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS))]
            table = [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in (COLUMNS, *rows)
            ]
        return "\n".join([*self.lines(), *[f"  {line}" for line in table], *self.remarks()])

    __repr__ = __str__  # what a failing `assert report` shows

    # -- HTML -----------------------------------------------------------------------------------

    def _repr_html_(self) -> str:
        title, reason = self.lines()
        colour = "#248a45" if self.ok else "#d1423b"
        cells = [f'<p style="margin:0"><b style="color:{colour}">{html.escape(title)}</b></p>']
        cells.append(f'<p style="margin:0">{html.escape(reason)}</p>')
        if self.elements:
            heading = "".join(f'<th style="text-align:left">{column}</th>' for column in COLUMNS)
            body = "".join(
                f'<tr style="background:{COLOURS.get(element.verdict, "transparent")};color:#1f2328">'
                + "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
                + "</tr>"
                for element, row in zip(self.elements, self.rows(), strict=False)
            )
            cells.append(f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>")
        cells += [f'<p style="margin:0">{html.escape(remark)}</p>' for remark in self.remarks()]
        return f"<div>{''.join(cells)}</div>"


def _shown(cell: Any, column: str) -> str:
    if isinstance(cell, float):
        return f"{cell:.1e}" if column in ("error", "accuracy") else f"{cell:.10g}"
    return str(cell)
