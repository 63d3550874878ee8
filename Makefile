# The commands of the README. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

# The four UCI heart-disease files are used where FEDLAB_DATA holds them; otherwise their synthetic twin is.
FEDLAB_DATA ?= ../shared/data
DATA ?= $(if $(wildcard $(FEDLAB_DATA)/heart-disease/processed.*.data),$(FEDLAB_DATA)/heart-disease,heart)
OUT ?= demo-output

PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
INSTALLED := .venv/installed
INSTALLED_DEV := .venv/installed-dev

# Whoever has another environment active uses this one's programs all the same; IPython would warn of it.
unexport VIRTUAL_ENV

# As many tests at a time as there are cores, each with one thread, or they would wait for each other; those of one file
# stay together, as they share hospitals.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo lab test test-all check bench bench-leakage docs clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 15

demo: $(INSTALLED) ## start four hospitals and answer one query file, without a browser
	@$(BIN)/fedlab demo --data "$(DATA)" --state "$(OUT)/state" --out "$(OUT)"

lab: $(INSTALLED) ## open JupyterLab on the first notebook
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_first_question.ipynb

test: check ## check style, types and layers, then run the quick tests (at most ten minutes)
	@echo "== tests"
	@$(PYTEST) -m "not long"

test-all: test ## make test, then the long tests too (at most thirty minutes)
	@echo "== long tests"
	@$(PYTEST) -m long

check: $(INSTALLED_DEV) ## check style, types and layers only
	@echo "== style"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@echo "== types"
	@$(BIN)/mypy
	@echo "== layers"
	@$(BIN)/lint-imports --no-logo

bench: $(INSTALLED_DEV) ## measure; prints a table and writes bench.json
	@$(BIN)/python -m bench

bench-leakage: $(INSTALLED_DEV) ## measure the leakage lab; prints its tables, with intervals over ten seeds
	@$(BIN)/python -m bench.leakage

docs: $(INSTALLED) ## write the generated pages of docs/ again
	@$(BIN)/python docs/generate.py

# The state of the demo federation is kept: its ledgers say what was already spent.
clean: ## remove the environment and everything that can be made again (keeps demo-output)
	@rm -rf .venv build dist bench.json .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fedlab needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "== making .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# Installed again only when pyproject.toml changed.
$(INSTALLED): pyproject.toml | $(BIN)/python
	@echo "== installing fedlab (a minute or two, the first time only)"
	@$(PIP) install -e .
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	@echo "== installing fedlab and what its tests need (a minute or two, the first time only)"
	@$(PIP) install -e '.[dev]'
	@touch $(INSTALLED) $@
