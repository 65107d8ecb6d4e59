"""First names, in the package itself: what a small language model learns to invent."""

from hashlib import sha256
from importlib.resources import files

# What tells the whole file from a damaged one, or from one that an editor gave other line ends.
NAMES_SHA256 = "cba14f452b7768bd7fe093035a67491d4a334061634ccfd51522fb796910e75e"


def names() -> list[str]:
    """Return 5,163 first names in alphabetical order, each once, in the letters a to z.

    Source: United States Census Bureau, Frequently Occurring First Names and Surnames From the 1990 Census;
    works of the United States government are in the public domain.

    >>> found = names()
    >>> len(found), found[0], found[-1]
    (5163, 'aaron', 'zulma')
    >>> "".join(sorted({letter for name in found for letter in name}))
    'abcdefghijklmnopqrstuvwxyz'
    """
    content = (files("chainrule") / "data" / "names.txt").read_bytes().replace(b"\r\n", b"\n")
    if sha256(content).hexdigest() != NAMES_SHA256:
        raise ValueError("chainrule/data/names.txt is damaged; install chainrule again")
    return content.decode("ascii").split()
