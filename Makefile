# Thin: each target is one command or two. `make up` and `make test` need nothing done before them.

.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=
SELECT ?= not heavy and not deep and not landing
BENCHMARKS ?= $(wildcard benchmarks/*.py)

# Side by side on however few cores: the longest, ansible-lint, waits as often as it computes.
PARALLEL := $(MAKE) --no-print-directory --jobs=4 --keep-going --output-sync=target
LINTS := ruff format mypy yamllint ansible-lint
.PHONY: help up down test test-deep test-heavy check lint bench unit sanity $(LINTS)

up: ## make a host on this computer and prove that it trains: make up ARGS=--no-validate
	@tools/setup all
	@seen=$$($(BIN)/orchestrate doctor --fix) || { status=$$?; echo "$$seen"; exit $$status; }
	@$(BIN)/orchestrate up $(ARGS)

down: ## remove it, with a receipt
	@tools/setup all
	@$(BIN)/orchestrate down $(ARGS)

test: lint ## lints, then the tests, with containers; three processes side by side
	@tools/setup browser
	@seen=$$($(BIN)/orchestrate doctor --fix) || { status=$$?; echo "$$seen"; exit $$status; }
	@$(BIN)/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder -m "$(SELECT)" --durations=20

test-deep: ## what `make test` leaves out for its time: the scenarios of the roles, kills, both releases in one fleet
	@tools/setup test
	@seen=$$($(BIN)/orchestrate doctor --fix) || { status=$$?; echo "$$seen"; exit $$status; }
	@$(BIN)/pytest --numprocesses=2 --dist=load -m "deep or landing" --durations=0

test-heavy: ## the scenarios that install gigabytes
	@tools/setup test
	@seen=$$($(BIN)/orchestrate doctor --fix) || { status=$$?; echo "$$seen"; exit $$status; }
	@$(BIN)/pytest tests/molecule/test_heavy.py --durations=0

check: ## what needs no container: lints and unit tests; a few minutes
	@tools/setup test
	@$(PARALLEL) $(LINTS) unit

sanity: ## ansible-test's sanity tests of the collection; two minutes
	@tools/setup test
	@seen=$$(tools/collection sanity 2>&1) || { status=$$?; echo "$$seen"; exit $$status; }

lint: ## what only reads the files; of a role's scenarios, the YAML
	@tools/setup test
	@$(PARALLEL) $(LINTS)

bench: ## benchmarks, each beside a named rival; one of them: make bench BENCHMARKS=benchmarks/fit_memory.py
	@tools/setup test
	@left=; for each in $(BENCHMARKS); do echo "$$each"; $(BIN)/python $$each || left="$$left $$each"; done; \
	  [ -z "$$left" ] || { echo "not measured:$$left" >&2; exit 1; }

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

# The parts of `lint` and `check`, one program each.

ruff:
	@$(BIN)/ruff check

format:
	@$(BIN)/ruff format --check

mypy:
	@$(BIN)/mypy

yamllint:
	@$(BIN)/yamllint --strict .

ansible-lint:
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline --profile production --exclude '**/roles/*/molecule/**'

unit:
	@$(BIN)/pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder tests/repo tests/providers tests/unit -m "not containers and not served"
