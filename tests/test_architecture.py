"""The shape of the project: who may import whom, what is public, and what no file may say."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "viz", "chainrule")

# The modules of autograd, what is imported before what imports it. A module imports from rows above its own
# only; modules in one row stand beside each other and do not know of each other. The package is `__init__`.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "clash", "grad_mode", "latex", "markup", "structure"),
    ("operation",),
    ("ops",),
    ("array_ops",),
    ("linalg_ops",),
    ("attention_ops", "network_ops", "recurrent_ops", "window_ops"),
    ("activations", "shapes"),
    ("functions",),
    ("interop",),
    ("graph",),
    ("modes", "anomaly", "custom"),
    ("value", "formula"),
    ("tensor", "names", "units", "documentation"),
    ("recording",),
    ("transforms", "steps", "what_if", "advice", "forward_steps"),
    ("explain", "blame", "check", "program"),
    ("__init__",),
    ("pytest_plugin",),
)

# The imports that point back, each inside a function so that it happens at the first call: a node's methods
# hand their work to the module that does it.
DEFERRED: set[tuple[str, str]] = {
    ("autograd.operation", "autograd.documentation"),  # help(exp) is documentation.describe(exp)
    ("autograd.graph", "autograd.modes"),  # node.backward() is modes.backward(node)
    ("autograd.value", "autograd.tensor"),  # a Value and an array make a Tensor
}

# What each package may import apart from itself and the standard library. A module may have a row of its own.
ALLOWED: dict[str, set[str]] = {
    "autograd": {"numpy"},
    "autograd.program.engines": {"numpy", "jax", "torch", "array_api_compat"},
    "autograd.pytest_plugin": {"numpy", "pytest"},
    "nn": {"autograd", "numpy", "tqdm"},
    "viz": {"autograd", "numpy", "graphviz", "matplotlib", "IPython", "typst"},
    "chainrule": {"autograd", "nn", "viz", "numpy", "matplotlib", "tqdm"},
}

# Hosts of package registries: where a package comes from is the business of the machine that installs it.
REGISTRIES = re.compile(
    r"\b(?:(?:pypi|pythonhosted|anaconda)\.org|(?:npmjs|yarnpkg)\.(?:org|com)|crates\.io|deb\.debian\.org)\b"
)


def module_name(path: Path) -> str:
    """`autograd/ops.py` is `autograd.ops`, and `nn/layers/__init__.py` is `nn.layers.__init__`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """One import: `from autograd import ops` is of `autograd.ops`."""

    importer: str
    line: int
    imported: str
    inside_a_function: bool

    def __str__(self) -> str:
        return f"{self.importer}, line {self.line}: imports {self.imported}"

    def target(self) -> str:
        """The package and its first module: the rows of LAYERS go no deeper."""
        return ".".join(self.imported.split(".")[:2])


def statements(node: ast.AST, inside_a_function: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node of a syntax tree and whether a function holds it, except what only a type checker reads."""
    inside_a_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    read_by_python: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        read_by_python = node.orelse
    for child in read_by_python:
        yield child, inside_a_function
        yield from statements(child, inside_a_function)


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def imports(source: str, importer: str) -> Iterator[Import]:
    for statement, inside_a_function in statements(ast.parse(source)):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield Import(importer, statement.lineno, alias.name, inside_a_function)
        elif isinstance(statement, ast.ImportFrom):
            parents = importer.split(".")[: -statement.level] if statement.level else []
            origin = ".".join([*parents, statement.module] if statement.module else parents)
            for alias in statement.names:
                submodule = f"{origin}.{alias.name}"
                ours = origin.partition(".")[0] in PACKAGES and exists(submodule)
                yield Import(importer, statement.lineno, submodule if ours else origin, inside_a_function)


def row_of(module: str) -> int:
    """The row of LAYERS that a module of autograd is in; a module of a folder is in the folder's row."""
    name = [*module.split("."), "__init__"][1]
    for number, row in enumerate(LAYERS):
        if name in row:
            return number
    raise AssertionError(
        f"{module} is in no row of LAYERS in tests/test_architecture.py: add {name!r} to the row above "
        "which it imports nothing"
    )


def pointing_back(source: str, importer: str) -> list[Import]:
    """What a module of autograd imports from its own row of LAYERS, or from one below it."""
    own = ".".join(importer.split(".")[:2])
    return [
        each
        for each in imports(source, importer)
        if each.imported.partition(".")[0] == "autograd"
        and each.target() != own
        and row_of(each.imported) >= row_of(importer)
    ]


def foreign(source: str, importer: str) -> list[Import]:
    """What a module imports that its package may not."""
    package = importer.partition(".")[0]
    allowed = ALLOWED.get(importer, ALLOWED[package]) | {package} | sys.stdlib_module_names
    return [each for each in imports(source, importer) if each.imported.partition(".")[0] not in allowed]


def test_the_modules_of_autograd_import_one_way() -> None:
    found: list[Import] = []
    for path in sources("autograd"):
        row_of(module_name(path))
        found += pointing_back(path.read_text(encoding="utf-8"), module_name(path))
    deferred = {(each.importer, each.target()) for each in found if each.inside_a_function}
    faults = [
        f"{each}, which does not come before it"
        for each in found
        if not each.inside_a_function or (each.importer, each.target()) not in DEFERRED
    ]
    assert not faults, "\n".join(faults)
    assert deferred == DEFERRED, f"no longer needed in DEFERRED: {sorted(DEFERRED - deferred)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    paths = sources(package)
    assert paths, f"there is no module in {package}/"
    faults: list[Import] = []
    for path in paths:
        faults += foreign(path.read_text(encoding="utf-8"), module_name(path))
    assert not faults, "\n".join(f"{each}, which is not in its row of ALLOWED" for each in faults)


def test_the_checks_above_see_what_they_look_for() -> None:
    typing_only = "if TYPE_CHECKING:\n    from .value import Value\n    import nn"
    inside_a_function = "def f():\n    from .value import Value"
    assert not pointing_back(typing_only, "autograd.graph")
    assert not foreign(typing_only, "autograd.graph")
    assert not pointing_back("from .graph import Node\nfrom autograd import ops", "autograd.value")
    (deferred,) = pointing_back(inside_a_function, "autograd.graph")
    (immediate,) = pointing_back("import autograd.value", "autograd.graph")
    assert deferred.inside_a_function and not immediate.inside_a_function
    assert len(pointing_back("from .tensor import Tensor", "autograd.value")) == 1
    assert len(pointing_back("from autograd import Value", "autograd.steps")) == 1
    assert len(foreign("import viz.svg\nimport scipy\nimport math", "nn.layers.conv")) == 2
    with pytest.raises(AssertionError, match="add 'novelty' to the row"):
        row_of("autograd.novelty")


def bound_names(package: str) -> tuple[set[str], set[str]]:
    """The names that the imports of `__init__` bind: from outside the package, and from inside it."""
    outside: set[str] = set()
    inside: set[str] = set()
    for statement in ast.walk(ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            outside |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            own = statement.level > 0 or (statement.module or "").partition(".")[0] == package
            (inside if own else outside).update(alias.asname or alias.name for alias in statement.names)
    return outside, inside


@pytest.mark.parametrize("package", PACKAGES)
def test_all_names_what_is_public_and_nothing_else(package: str) -> None:
    module = import_module(package)
    outside, inside = bound_names(package)
    # Importing a submodule leaves it as an attribute; it is public only where `__init__` imports it by name.
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name not in outside
        and (not isinstance(value, ModuleType) or name in inside)
    }
    stated: list[str] = list(module.__all__)
    assert len(stated) == len(set(stated)), f"{package}.__all__ says a name twice"
    assert not public - set(stated), f"missing in {package}.__all__: {sorted(public - set(stated))}"
    nowhere = [name for name in stated if not hasattr(module, name)]
    assert not nowhere, f"in {package}.__all__ but not in {package}: {nowhere}"
    assert stated == sorted(stated), f"sorted, {package}.__all__ is {sorted(stated)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_ships_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file(), f"{package}/py.typed is missing: an empty file is enough"


def project_files() -> list[Path]:
    """The files that git has, or would take with the next `git add`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip(f"git does not list the files of {ROOT}: {listing.stderr.strip()}")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_this_machine_or_a_package_registry() -> None:
    checkout = re.compile(rf"(?<![\w./-]){re.escape(str(ROOT))}(?![\w-])")
    faults = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for found in (checkout.search(line), REGISTRIES.search(line)):
                if found:
                    faults.append(f"{path.relative_to(ROOT)}, line {number}: says {found.group()}")
    assert not faults, "\n".join(faults)
