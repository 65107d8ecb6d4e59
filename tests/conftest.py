"""Settings for every test."""

from hypothesis import settings

# They need PyTorch, which no test does.
collect_ignore = ["reference/make_reference.py", "reference/pytorch.py"]

# The first run of an example may import half the project, so no example has a deadline. The examples are the
# same every time: what fails on one machine fails on all.
settings.register_profile("project", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("project")
