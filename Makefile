# Each target sets up what it needs: a Python of 3.11 or newer with the standard library is enough.
# make PYTHON=/path/to/python3.12 chooses which; make PYTEST_FLAGS="-k tensor" chooses the tests.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PYTEST_FLAGS ?= --numprocesses=auto

# Relative, so that a checkout whose path holds a space works too.
venv := .venv
bin := $(venv)/bin

# Jupyter, Matplotlib and pip keep files below HOME; without a HOME they keep them in the environment.
ifeq ($(if $(HOME),$(wildcard $(HOME)/.)),)
export HOME := $(CURDIR)/$(venv)
endif
# Nothing opens a window or writes colour codes into a log.
export MPLBACKEND := agg
# Debuggers warn about frozen modules in every kernel that starts.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check lint types notebooks pictures bench format clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | \
		while IFS="$$(printf '\t')" read -r target words; do printf 'make %-10s %s\n' "$$target" "$$words"; done

demo: $(venv)/installed-plot ## Train on the digits and write every picture to out/
	$(bin)/chainrule demo

test: $(venv)/installed-dev ## Run the tests, the doctests and the notebooks
	$(bin)/python -m pytest $(PYTEST_FLAGS)

check: lint types test ## Everything a change has to pass: style, types, tests, notebooks

lint: $(venv)/installed-dev ## Check the style
	$(bin)/ruff check
	$(bin)/ruff format --check

types: $(venv)/installed-dev ## Check the types
	$(bin)/mypy

notebooks: $(venv)/installed-dev ## Run each notebooks/*.py and write the .ipynb beside it
	$(bin)/python tests/test_notebooks.py

pictures: $(venv)/installed-dev ## Draw the pictures of README.md
	$(bin)/python docs/pictures/make.py

bench: $(venv)/installed-bench ## Run the benchmarks
	@set -e; for script in benchmarks/*.py; do \
		test -f "$$script" || { echo "There is no benchmark in benchmarks/ yet."; break; }; \
		echo "== $$script"; $(bin)/python "$$script"; done

format: $(venv)/installed-dev ## Rewrite the code in the project's style
	$(bin)/ruff check --fix
	$(bin)/ruff format

clean: ## Remove the environment, the caches and everything that make wrote
	rm -rf $(venv) .venv-bench out dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp .venv/installed-NAME says that the extra NAME is installed as pyproject.toml asks for it.
$(venv)/installed-%: pyproject.toml | $(bin)/pip
	$(bin)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

# The environment's python appears before pip does, so pip is what tells that venv ended well.
$(bin)/pip:
	@test -n "$(PYTHON)" || { echo "chainrule needs Python 3.11 or newer and found none." \
		"Install one, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"chainrule needs Python 3.11 or newer, and $(PYTHON) is older or does not run." \
		"Name another: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo \
		"$(PYTHON) has no venv or ensurepip module. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	"$(PYTHON)" -m venv --clear $(venv)
