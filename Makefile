# Needs Python 3.11 or newer, Node 20 or newer and, where Temporal's server cannot be downloaded, Go.
ARGS ?=
FROM ?=
BIN := .venv/bin
BIOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/muster/npm-lint/node_modules/.bin/biome

# PYTHON=… names a Python, which the set-up keeps in .setup/python. A kept one that does not run is left out.
KEPT := $(shell kept=$$(cat .setup/python 2>/dev/null) && "$$kept" -I -c '' 2>/dev/null && echo "$$kept")
CHOSEN := $(patsubst ~/%,$(HOME)/%,$(or $(PYTHON),$(KEPT),python3))
SETUP := command -v "$(CHOSEN)" >/dev/null || { \
	echo 'There is no $(CHOSEN): name a Python 3.11 or newer, make setup PYTHON=/path/to/python3.11' >&2; exit 1; }; \
	"$(CHOSEN)" tools/setup.py $(if $(PYTHON),--named)

# What the shell says to other programs has no say here, nor that Python is to keep no bytecode: each of many
# processes would compile everything anew. pip's, npm's and Go's settings are for tools/setup.py,
# which knows those that say where packages come from.
HARMLESS := PYTHON PYTHONIOENCODING PYTHONPYCACHEPREFIX PYTHONUNBUFFERED PYTHONUTF8
unexport $(filter PG%,$(.VARIABLES)) $(filter-out $(HARMLESS),$(filter PYTHON%,$(.VARIABLES)))
unexport VIRTUAL_ENV GIT_COMMON_DIR GIT_DIR GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_WORK_TREE

# `make run` takes servers of one's own, with what Temporal's needs; all else has its own servers and settings.
ifneq ($(filter-out run playground setup,$(MAKECMDGOALS)),)
unexport DATABASE_URL $(filter MUSTER_% TEMPORAL_%,$(.VARIABLES))
export TEMPORAL_CONFIG_FILE := /dev/null
else ifeq ($(TEMPORAL_ADDRESS),)
unexport $(filter TEMPORAL_%,$(.VARIABLES))
endif

# Proxies are for what downloads: neither the product nor its tests are sent through them.
PROXIES := ALL_PROXY HTTP_PROXY HTTPS_PROXY NO_PROXY all_proxy http_proxy https_proxy no_proxy
DIRECT := $(addprefix -u ,$(filter $(PROXIES),$(.VARIABLES)))
DIRECT := $(if $(DIRECT),env $(DIRECT))

.DEFAULT_GOAL := help
.PHONY: help setup run test compiled soak test-quick lint lint-pages format lock lock-check audit browser golden icons permissions openapi schemas \
	pooler histories fingerprints schema-sql pictures mutants bench playground test-playground clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## what run and test need: .venv, npm packages, the Temporal server
	@$(SETUP)

run: setup  ## the whole product with its sandbox; ARGS=--empty starts with nothing connected
	@exec $(DIRECT) $(BIN)/muster up $(ARGS)

# What is of `make soak` alone is not even imported.
NOT_SOAK := -m "not playground and not soak" --ignore=tests/chaos --ignore=tests/contract/test_our_api.py

test: setup browser pooler  ## lint, then every test but those of make soak
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint compiled
	$(DIRECT) $(BIN)/pytest -n 4 $(NOT_SOAK)

# Beside the linters, which use one core: else each of four processes compiles all tests. What is wrong they tell.
compiled: setup
	@$(DIRECT) $(BIN)/pytest --collect-only -qq $(NOT_SOAK) >/dev/null 2>&1 || true

soak: setup browser pooler  ## kills, outages, every step through every failure; forty minutes
	$(DIRECT) $(BIN)/pytest -n 2 -m soak

test-quick: setup  ## the tests that need no browser and take less than ten seconds each; ARGS=tests/unit for some
	$(DIRECT) $(BIN)/pytest -n 2 -m "not playground and not browser and not slow and not soak" $(ARGS)

lint: setup lint-pages  ## ruff, mypy, import levels, and the linter of the pages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-pages:  ## Biome on the pages' JavaScript and CSS
	@$(SETUP) --lint
	"$(BIOME)" lint --config-path=tools/npm/lint/rules.jsonc --error-on-warnings sandbox

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
	@$(SETUP) --browser

pooler:  ## pgbouncer, through which the store is tested too
	@$(SETUP) --pooler

icons: setup  ## draw the app's icons, which muster/app_package holds
	$(DIRECT) $(BIN)/python -m tools.icons

permissions: setup  ## write docs/permissions.md from its table; review the diff
	$(DIRECT) MUSTER_PERMISSIONS_WRITE=1 $(BIN)/pytest -q tests/docs/test_permissions.py

openapi: setup  ## write docs/api.openapi.json, the document of the public API; review the diff
	$(DIRECT) MUSTER_OPENAPI_WRITE=1 $(BIN)/pytest -q tests/api/test_public.py -k document

golden: setup  ## write the cards that tests/golden compares; review the diff
	$(DIRECT) MUSTER_GOLDEN_WRITE=1 $(BIN)/pytest -q tests/golden

schemas: setup  ## write the extracts of the official documents; FROM=DIR says where they are
	$(BIN)/python -m tools.schemas $(if $(FROM),--from "$(FROM)")

histories: setup  ## record the workflow histories that tests/replay replays; ARGS=<life> for some
	$(DIRECT) $(BIN)/python -m tests.replay.record $(ARGS)

fingerprints: setup  ## write the order of commands of each workflow, which tests/replay compares
	$(DIRECT) $(BIN)/python -m tests.replay.fingerprint

schema-sql: setup  ## write muster/store/schema.sql, what the migrations make of an empty database
	$(DIRECT) MUSTER_SCHEMA_WRITE=1 $(BIN)/pytest -q tests/store/test_schema.py

pictures: setup browser  ## draw the pictures of the README and docs anew, by browser tests
	$(DIRECT) MUSTER_PICTURES=1 $(BIN)/pytest tests/e2e/test_pictures.py tests/e2e/test_setup.py \
		tests/e2e/test_linking.py tests/e2e/test_following.py tests/e2e/test_rooms.py

mutants: setup  ## break the code by each patch of tests/mutations; its tests must fail; ARGS=<patch> for some
	$(DIRECT) $(BIN)/python -m tools.mutants $(ARGS)

bench:  ## measure; one JSON object a line on standard output (docs/benchmarks.md)
	@$(SETUP) >&2
	@$(DIRECT) $(BIN)/python -m bench $(ARGS)

playground:  ## the product with Microsoft's Agents Playground as a second Teams client
	@$(SETUP) --playground
	@exec $(DIRECT) $(BIN)/muster up --playground $(ARGS)

test-playground: browser  ## the test that drives the Agents Playground
	@$(SETUP) --playground
	$(DIRECT) $(BIN)/pytest -m playground tests/playground

clean:  ## forget the sandbox's data
	rm -rf .muster
