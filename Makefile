# Needs Python 3.11 or newer, Node 20 or newer and, where Temporal's server cannot be downloaded, Go.
PYTHON ?= python3
ARGS ?=
FROM ?=
BIN := .venv/bin
BIOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/muster/npm-lint/node_modules/.bin/biome

.DEFAULT_GOAL := help
.PHONY: help setup run test test-quick lint lint-pages format lock lock-check audit browser golden schemas \
	pooler histories fingerprints schema-sql pictures mutants bench playground test-playground clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## what run and test need: .venv, npm packages, the Temporal server
	@$(PYTHON) tools/setup.py

run: setup  ## the whole product with its sandbox; ARGS=--empty starts with nothing connected
	@exec $(BIN)/muster up $(ARGS)

test: setup browser pooler lint  ## lint, then every test
	$(BIN)/pytest -n 2 -m "not playground"

test-quick: setup  ## the tests that need no browser and take less than ten seconds each; ARGS=tests/unit for some
	$(BIN)/pytest -n 2 -m "not playground and not browser and not slow" $(ARGS)

lint: setup lint-pages  ## ruff, mypy, import levels, and the linter of the pages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-pages:  ## Biome on the pages' JavaScript and CSS
	@$(PYTHON) tools/setup.py --lint
	$(BIOME) lint --config-path=tools/npm/lint/rules.jsonc --error-on-warnings sandbox

format: setup  ## let ruff write the layout and the simple fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup  ## pin what pyproject.toml asks for, with hashes and without addresses; ARGS=--upgrade renews all
	$(BIN)/python -m tools.lock $(ARGS)

lock-check: setup  ## whether the lock holds what pyproject.toml asks for; newer versions do not count
	$(BIN)/python -m tools.lock --check

audit: setup  ## known vulnerabilities in what the lock pins; left out where the database cannot be asked
	$(BIN)/python -m tools.audit

browser:  ## Chromium, which the browser tests drive
	@$(PYTHON) tools/setup.py --browser

pooler:  ## pgbouncer, through which the store is tested too
	@$(PYTHON) tools/setup.py --pooler

golden: setup  ## write the cards that tests/golden compares; review the diff
	MUSTER_GOLDEN_WRITE=1 $(BIN)/pytest -q tests/golden

schemas: setup  ## write tests/schemas/reference from the official documents; FROM=DIR says where they are
	$(BIN)/python -m tools.schemas $(if $(FROM),--from "$(FROM)")

histories: setup  ## record the workflow histories that tests/replay replays; ARGS=<life> for some
	$(BIN)/python -m tests.replay.record $(ARGS)

fingerprints: setup  ## write the order of commands of each workflow, which tests/replay compares
	$(BIN)/python -m tests.replay.fingerprint

schema-sql: setup  ## write muster/store/schema.sql, what the migrations make of an empty database
	MUSTER_SCHEMA_WRITE=1 $(BIN)/pytest -q tests/store/test_schema.py

pictures: setup browser  ## draw the README's pictures anew, by the browser test
	MUSTER_PICTURES=1 $(BIN)/pytest tests/e2e/test_pictures.py

mutants: setup  ## break the code by each patch of tests/mutations; its tests must fail; ARGS=<patch> for some
	$(BIN)/python -m tools.mutants $(ARGS)

bench:  ## measure; one JSON object a line on standard output (docs/benchmarks.md)
	@$(PYTHON) tools/setup.py >&2
	@$(BIN)/python -m bench $(ARGS)

playground:  ## the product with Microsoft's Agents Playground as a second Teams client
	@$(PYTHON) tools/setup.py --playground
	@exec $(BIN)/muster up --playground $(ARGS)

test-playground: browser  ## the test that drives the Agents Playground
	@$(PYTHON) tools/setup.py --playground
	$(BIN)/pytest -m playground tests/playground

clean:  ## forget the sandbox's data
	rm -rf .muster
