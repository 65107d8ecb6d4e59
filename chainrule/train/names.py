"""The tasks in words: what the command line shows before it imports what training needs."""

TASKS_IN_WORDS = {
    "mnist": "60,000 handwritten digits of 28×28 pixels, from files",
    "fashion": "60,000 pictures of clothes, from files",
    "digits": "1,797 handwritten digits of 8×8 pixels",
    "moons": "points on two half circles",
    "names": "first names, which a tiny GPT learns to invent",
}
