"""Weights go to PyTorch and come back, in files; where PyTorch is not installed, this is left out.

``pip install torch==2.13.0`` in an environment of the tests, then ``python -m pytest tests/test_pytorch.py``.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.cases import LAYERS

import nn

torch = pytest.importorskip("torch", reason="the frozen numbers in tests/reference are compared without it")
files = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.filterwarnings("ignore")


def flat(output: Any) -> Any:
    """An output, or the parts of one that is a tuple of tuples, one after another."""
    if isinstance(output, tuple):
        return np.concatenate([flat(part).ravel() for part in output])
    return np.asarray(getattr(output, "data", output))


@pytest.mark.parametrize("name", LAYERS)
def test_weights_give_the_same_output_on_both_sides(name: str, tmp_path: Path) -> None:
    from reference import pytorch

    case, draw = LAYERS[name], np.random.default_rng(0)
    inputs = [draw.normal(size=spec) if isinstance(spec, tuple) else spec for spec in case.inputs]
    inputs = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs]

    def outputs(ours: Any, theirs: Any) -> tuple[Any, Any]:
        with torch.no_grad():
            expected = pytorch.flat(theirs.eval()(*map(torch.tensor, inputs))).numpy()
        return flat(ours.eval()(*inputs)), expected

    first, second = case.call(nn), case.call(pytorch.layers)
    nn.save(tmp_path / "ours", model=first)
    second.load_state_dict(files.load_file(tmp_path / "ours"), strict=True)
    y, expected = outputs(first, second)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-6 * np.abs(expected).max())

    first, second = case.call(nn), case.call(pytorch.layers)
    files.save_file(second.state_dict(), tmp_path / "theirs")
    nn.load(tmp_path / "theirs", model=first)
    y, expected = outputs(first, second)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
