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

# What the extension is built from; folders too, so that a file that went is noticed.
EXTENSION := $(wildcard extension/*.json) \
  $(shell find extension/src extension/style extension/schema fedlab_kernel/kernelspec 2>/dev/null)

# Whoever has another environment active uses this one's programs all the same; IPython would warn of it.
unexport VIRTUAL_ENV

# As many tests at a time as there are cores, each with one thread, or they would wait for each other; those of one file
# stay together, as they share hospitals.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo lab extension test test-all check bench bench-leakage docs clean node

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 15

demo: $(INSTALLED) ## start four hospitals and answer one query file, without a browser
	@$(BIN)/fedlab demo --data "$(DATA)" --state "$(OUT)/state" --out "$(OUT)"

lab: $(INSTALLED) ## open JupyterLab on the first notebook
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/00_quickstart.ipynb

extension: $(INSTALLED) ## build the JupyterLab extension again, if it changed; a page reload shows it

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
	@echo "== extension"
	@cd extension && npm run --silent check

bench: $(INSTALLED_DEV) ## measure; prints a table and writes bench.json
	@$(BIN)/python -m bench

bench-leakage: $(INSTALLED_DEV) ## measure the leakage lab; prints its tables, with intervals over ten seeds
	@$(BIN)/python -m bench.leakage

docs: $(INSTALLED) ## write the generated pages of docs/ again
	@$(BIN)/python docs/generate.py

# The state of the demo federation is kept: its ledgers say what was already spent.
clean: ## remove the environment and everything that can be made again (keeps demo-output)
	@rm -rf .venv build dist bench.json .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@rm -rf fedlab_kernel/labextension extension/node_modules extension/lib extension/*.tsbuildinfo
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fedlab needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "== making .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# The versions with which the bundler of the extension works, in Node.js's own words.
FITS := const [a, b] = process.versions.node.split("."); process.exit(a > 22 || a == 22 && b > 11 || a == 20 && b > 18 ? 0 : 1)

node:
	@node -e '$(FITS)' 2>/dev/null && npm --version >/dev/null 2>&1 || { printf '%s\n' >&2 \
	  "Node.js with npm is missing or too old: a clone needs 20.19, 22.12 or newer to build the JupyterLab extension." \
	  "Found: node $$(node --version 2>/dev/null || echo none), npm $$(npm --version 2>/dev/null || echo none)." \
	  "Whoever installs a wheel or an sdist of fedlab needs none: the extension in it is built."; exit 1; }

# All is installed again only when pyproject.toml changed; when the extension did, pip builds and copies that, no more.
# `jupyter-builder develop` leaves a link to the sources, through which pip would write: it is taken away first.
$(INSTALLED_DEV): EXTRAS := [dev]
$(INSTALLED) $(INSTALLED_DEV): pyproject.toml $(EXTENSION) | $(BIN)/python
	@$(MAKE) --no-print-directory node
	@echo "== installing fedlab ($(if $(filter pyproject.toml,$?),a minute or two,its extension changed))"
	@rm -rf .venv/share/jupyter/labextensions/fedlab
	@$(PIP) install $(if $(filter pyproject.toml,$?),,--no-deps) -e '.$(EXTRAS)'
	@touch $(INSTALLED) $@
