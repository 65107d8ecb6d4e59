"""The tasks in words and numbers: what the command line shows before it imports what training needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Usual:
    """A task in words, and the settings that it has where none are named."""

    words: str
    network: str
    epochs: int
    batch: int
    rate: float

    def __str__(self) -> str:
        """The task as a line of help.

        >>> print(USUAL["moons"])
        points on two half circles (network 16-16, 40 epochs, batches of 32, rate 0.01)
        """
        return (
            f"{self.words} (network {self.network}, {self.epochs} epochs, batches of {self.batch}, "
            f"rate {self.rate:g})"
        )


USUAL = {
    "mnist": Usual("60,000 handwritten digits of 28×28 pixels, from files", "16-16", 20, 64, 0.003),
    "fashion": Usual("60,000 pictures of clothes, from files", "128", 20, 64, 0.002),
    "digits": Usual("1,797 handwritten digits of 8×8 pixels", "16-16", 40, 32, 0.005),
    "moons": Usual("points on two half circles", "16-16", 40, 32, 0.01),
    "names": Usual("first names, which a tiny GPT learns to invent", "gpt", 10, 16, 0.01),
}
