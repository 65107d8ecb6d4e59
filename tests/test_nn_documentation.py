"""Every public name of nn shows an example, and what has an equation shows it, with its paper."""

import inspect
import re
from typing import Any

import pytest

import nn

MODULES = (nn, nn.functional, nn.init, nn.data)
PUBLIC: dict[str, Any] = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
    if callable(getattr(module, name)) and getattr(module, name).__module__.startswith("nn")
}
LOSSES = [name for name in nn.functional.__all__ if "loss" in name or "entropy" in name] + ["kl_div"]
PENALTIES = ["cosine_similarity", "l1_penalty", "l2_penalty"]
EQUATIONS = [*LOSSES, *PENALTIES, *nn.optimizers.__all__, *nn.schedules.__all__]
BASES = {"Optimizer", "Schedule"}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_shows_an_example_that_is_run(name: str) -> None:
    documentation = inspect.getdoc(PUBLIC[name])
    assert documentation and ">>> " in documentation


@pytest.mark.parametrize("name", [name for name in EQUATIONS if name not in BASES])
def test_every_loss_optimiser_and_schedule_shows_its_equation_and_its_paper(name: str) -> None:
    documentation = getattr(nn, name).__doc__
    equations = re.findall(r"``([^`]+)``|::\n\n((?:    .*\n)+)", documentation)
    assert any(re.search(r"[-+·/σ|²←]", "".join(found)) for found in equations), "there is no equation"
    assert re.search(r"\b(17|18|19|20)\d\d\b", documentation), "there is no paper"
