# Everything a reader or a contributor runs. `make` alone lists it.
# Works with GNU make 3.81 (macOS) and a POSIX shell.

PYTHON ?= python3
PORT ?= 8000
REPOSITORY :=
BRANCH := main
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
HTML := _build/html
NOTEBOOKS := notebooks
JUPYTER_HOME := $(CURDIR)/$(VENV)/.jupyter

# A reader's own settings and other environments must not change a result.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTEST_ADDOPTS
export IPYTHONDIR := $(JUPYTER_HOME)/ipython
export JUPYTER_RUNTIME_DIR := $(JUPYTER_HOME)/runtime
export PYTHONUTF8 := 1
# Where the book's source is published, for the buttons that lead there: none when empty.
export BOOK_REPOSITORY := $(REPOSITORY)
export BOOK_BRANCH := $(BRANCH)
OWN_DATA := JUPYTER_DATA_DIR="$(JUPYTER_HOME)/data"
ISOLATED := JUPYTER_CONFIG_DIR="$(JUPYTER_HOME)/config" $(OWN_DATA) JUPYTER_PLATFORM_DIRS=1

# A reader's own keys and modes must not reach a test or a page.
# Every folder of a service is a prefix; boto3 reads AWS_ by itself.
PREFIXES := $(shell ls integrations | tr 'a-z\n' 'A-Z|')AWS|INTEGRATIONS
HERMETIC := env $$(env | sed -En 's/^(($(PREFIXES))_[A-Z0-9_]*)=.*/-u \1/p')

NBVAL := $(HERMETIC) $(ISOLATED) $(PY) -m pytest -p no:cacheprovider \
	--nbval --nbval-current-env --nbval-cell-timeout=60 notebooks
# In a container everybody is root, and the server listens on this machine only.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)
FINGERPRINT := $(PY) -m book.tools.fingerprint
# The module form works in a checkout that was moved; a script names its old place.
JUPYTER_BOOK := $(PY) -c "from jupyter_book.cli.main import main; main()"

.DEFAULT_GOAL := help
.PHONY: help install book test serve lab notebooks lint format type unit \
	verify docs new bench browser linkcheck requirements clean distclean

help: ## List these targets
	@echo "Usage: make TARGET [PYTHON=python3.12] [NB=name] [PORT=8000]"
	@echo "       make book [REPOSITORY=https://github.com/owner/name] [BRANCH=main]"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-14s%s\n", $$1, $$2}' Makefile

install: $(STAMP) ## Make .venv and install the pinned packages (other targets do it too)

$(STAMP): requirements.txt pyproject.toml book/tools/install.sh
	@sh book/tools/install.sh "$(PYTHON)" "$(VENV)"
	@touch $@

book: $(STAMP) ## Prove the notebooks, then build and check the book
	@if [ -f $(HTML)/index.html ] && $(FINGERPRINT) check book; then \
		echo "book: up to date"; \
	else \
		$(MAKE) --no-print-directory html; \
	fi
	@echo "book: $(CURDIR)/$(HTML)/index.html"
	@echo "book: view it with 'make serve'"

.PHONY: html
html: $(STAMP)
	@if $(FINGERPRINT) check notebooks; then \
		echo "book: notebooks are verified, nothing changed since"; \
	else \
		$(MAKE) --no-print-directory verify; \
	fi
	@# A build on top of an older one does not repeat the warnings of pages it does not read.
	@# The record goes first: a build that fails must not pass for the one before it.
	@rm -rf _build/book.built $(HTML) _build/.doctrees
	@before=$$($(FINGERPRINT) show book) && \
		$(ISOLATED) $(JUPYTER_BOOK) build . -n -W --keep-going --quiet && \
		$(PY) -m book.tools.check_book && \
		$(FINGERPRINT) write book "$$before"

test: $(STAMP) ## Run every check: lint, types, unit tests, notebooks
	@$(MAKE) --no-print-directory lint type unit verify
	@echo "test: all checks passed (lint, types, tests, notebooks)"

lint: $(STAMP) ## Check code style and format, notebooks included
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(STAMP) ## Format the code and fix what can be fixed
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

type: $(STAMP) ## Check types, strictly
	$(PY) -m mypy

unit: $(STAMP) ## Run the unit and contract tests
	@$(HERMETIC) $(PY) -m pytest

verify: $(STAMP) ## Run the notebooks and compare every output
	@# Taken before the run: an edit made meanwhile is not proven by it.
	@mkdir -p "$(IPYTHONDIR)"
	@before=$$($(FINGERPRINT) show notebooks) && \
		$(NBVAL) && $(FINGERPRINT) write notebooks "$$before"

notebooks: $(STAMP) ## Re-run notebooks and save their outputs (NB=name for one)
	@mkdir -p "$(IPYTHONDIR)"
	@$(HERMETIC) $(ISOLATED) $(PY) -m book.tools.notebooks $(NB)

docs: $(STAMP) ## Regenerate what the docs take from the code
	$(PY) -m integrations docs

new: $(STAMP) ## Write a new integration to start from (NAME=acme)
	@$(PY) -m integrations new "$(NAME)"

serve: ## Serve the built book on this machine (PORT=8000)
	@if [ ! -f $(HTML)/index.html ]; then \
		echo "serve: there is no book yet; run 'make book' first" >&2; exit 1; fi
	@echo "serve: http://127.0.0.1:$(PORT)/ (stop with Ctrl-C)"
	@exec $(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory $(HTML)

# A reader's own keys and settings of JupyterLab count here: nothing is compared.
# An untrusted notebook loses its drawings until its cells are run, so these are trusted.
lab: $(STAMP) ## Open the notebooks in JupyterLab (LAB="--no-browser" and other options)
	@$(OWN_DATA) $(PY) -m nbformat.sign --log-level=ERROR $(NOTEBOOKS)/*.ipynb > /dev/null
	@$(OWN_DATA) $(PY) -m jupyterlab --notebook-dir="$(NOTEBOOKS)" $(AS_ROOT) $(LAB)

bench: $(STAMP) ## Run the benchmarks
	$(PY) bench/run.py

browser: book ## Read every page in Chromium, try every widget in JupyterLab (needs a chromium on PATH)
	@$(HERMETIC) $(PY) -m pytest -p no:cacheprovider -q --tb=short tests/browser

linkcheck: $(STAMP) ## Ask every outside link of the book (needs a network)
	$(ISOLATED) $(JUPYTER_BOOK) build . --builder linkcheck

requirements: $(STAMP) ## Pin again after editing pyproject.toml (UPGRADE=1 for newer versions)
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --extra all --extra django --extra book --extra test --extra browser --extra dev \
		--no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" $(if $(UPGRADE),--upgrade,) \
		pyproject.toml -o requirements.txt

clean: ## Remove everything built, and caches
	rm -rf _build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o -name .git -prune -o \
		\( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

distclean: clean ## Remove the environment too
	rm -rf $(VENV)
