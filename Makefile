# Everything runs in .venv, filled from requirements.lock. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
# As many as there are cores; a story waits for its server, and leaves room for one more.
JOBS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first Python that is new enough and can make a virtual environment; PYTHON=... overrides.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: setup
setup: .venv/.filled ## fill .venv from requirements.lock (the others do it by themselves)

.venv/.filled: requirements.lock pyproject.toml
	@if [ ! -x $(PY) ]; then \
		[ -n "$(PYTHON)" ] || { echo "Forthwith needs Python 3.11 or later with venv (on Debian: apt-get install python3-venv);" \
			"none was found. Name one with PYTHON=/path/to/python3." >&2; exit 1; }; \
		echo "Setting up .venv with $$("$(PYTHON)" --version), for about a minute …" >&2; \
		"$(PYTHON)" -m venv .venv; \
	fi
	@$(PY) -m pip install --quiet --no-input --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --quiet --no-input --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup ## the 23 demands of 2018, start to finish on a virtual clock (ARGS=--keep, ARGS=--json)
	@$(PY) starter.py demo $(ARGS)

.PHONY: dev
dev: setup ## the local stack on the real clock: server, Web UI, worker, mailbox; Ctrl-C stops it
	@$(PY) starter.py dev $(ARGS)

# Coverage by SlipCover, which takes its probes out of a line once it ran: measured on Python 3.11 it costs 3 s at the start
# of a run and at most a tenth after that. The tracer of coverage.py took 34 % on top of stories and 60 to 107 % of units,
# and its quick core needs Python 3.12.
COVERED = $(PY) -m slipcover --json --out build/coverage/$(1).json -m pytest

.PHONY: test
test: setup ## the tests: units first, then all that needs a server; then what they covered
	@mkdir -p build/coverage
	$(call COVERED,units) tests/units -m 'not ui and not prove' -n $(JOBS)
	$(call COVERED,stories) tests --ignore=tests/units -m 'not ui and not prove' -n $$(($(JOBS) + 1)) --dist loadfile
	@$(PY) -m tests.coverage build/coverage/units.json build/coverage/stories.json

.PHONY: test-ui
test-ui: setup ## the Web UI in a real browser
	@command -v chromium >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { \
			echo "make test-ui needs Chromium on the PATH as 'chromium' (on Debian: apt-get install chromium)." >&2; exit 1; }; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation; \
	} >&2
	$(PYTEST) tests -m ui

.PHONY: prove
prove: setup ## the long proofs
	$(PYTEST) tests -m prove --timeout=3600

.PHONY: lint
lint: setup ## ruff: rules and format
	$(PY) -m ruff check
	$(PY) -m ruff format --check

.PHONY: types
types: setup ## pyright, strict on our packages
	$(PY) -m pyright

.PHONY: histories
histories: setup ## record anew the workflow histories that the replay tests run
	$(PY) -m tests.replay.record $(ARGS)
	$(PY) -m tests.replay.record_cases

.PHONY: reference
reference: setup ## write anew what docs/ shows of the code: commands, events, faults, messages at every rung, schemas
	@$(PY) -m tests.units.commands
	@$(PY) -m tests.units.event_reference
	@$(PY) -m tests.faults.page
	@$(PY) -m tests.units.rungs
	@$(PY) -m tests.units.ladder_days
	@$(PY) -m tests.units.test_contract

.PHONY: screens
screens: setup ## pictures of every letter, draft and Web UI page, into build/screens
	$(PY) -m tests.screens $(ARGS)

# Compiled on the oldest Python we support: the one that needs every backport. The settings of this machine's pip are
# left out, or its own archives and hosts would find their way into the lock.
COMPILE := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= CUSTOM_COMPILE_COMMAND='make lock' \
	$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: lock
lock: setup ## write both lock files anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(PY) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "make lock needs a .venv of Python 3.11")'
	$(COMPILE) $(ARGS) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) $(ARGS) --constraint requirements.lock --output-file requirements-production.lock pyproject.toml

.PHONY: clean
clean: ## remove .venv and whatever was built
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
