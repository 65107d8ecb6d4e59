"""What a check found."""

from __future__ import annotations


class Refusal(Exception):
    """A check that ends early: the function cannot be checked as it is."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason
