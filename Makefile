# The front door. Every target can be run again; a warm machine builds and downloads nothing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Rust's and Python's own tests run side by side: each of them mostly keeps one core busy. All else runs in the order that is said.
SIDE_BY_SIDE := --jobs=2 --output-sync=target

WORLD := python3 tests/env/world
# Tests that start worlds are in tests/world; everything else in tests/ runs anywhere.
IN_A_WORLD := world e2e_%
INTEGRATION := $(basename $(notdir $(wildcard tests/*.rs))) $(notdir $(patsubst %/main.rs,%,$(wildcard tests/*/main.rs)))
# What those leave behind is held against what is granted.
AFTERWARDS := permissions
OFFLINE := $(filter-out $(IN_A_WORLD) $(AFTERWARDS),$(INTEGRATION))
WORLDLY := $(filter $(IN_A_WORLD),$(INTEGRATION))

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: demo
demo: ## start everything, apply the sample, push its image, call its API
	@$(WORLD) setup --world-only
	@cargo fetch --locked
	@$(WORLD) demo

.PHONY: test
test: ## run all tests, cheapest first
	+@$(MAKE) setup
	+@$(MAKE) $(SIDE_BY_SIDE) test-rust test-python
	+@for step in test-world test-image verify; do $(MAKE) $$step; done

.PHONY: quick
quick: ## run the tests that need no world
	+@$(MAKE) $(SIDE_BY_SIDE) test-rust test-emulator

.PHONY: test-rust test-python
test-rust:
	+@for step in format lint test-engine test-offline; do $(MAKE) $$step; done
test-python:
	+@for step in test-emulator test-launcher; do $(MAKE) $$step; done

.PHONY: setup
setup: ## check the tools, build and download what is missing
	@$(WORLD) setup
	@cargo fetch --locked

.PHONY: up
up: ## start the world; return when it is ready
	@$(WORLD) up

.PHONY: down
down: ## end what up and demo started
	@$(WORLD) down

.PHONY: env
env: ## print the running world: eval "$(make -s env)"
	@$(WORLD) env

.PHONY: token
token: ## sign a user of the sample in, print an access token
	@$(WORLD) token

.PHONY: run
run: ## install CRDs and RBAC, run the controller in the foreground as its ServiceAccount
	@$(WORLD) run

.PHONY: image
image: ## build the controller's image with buildah, tagged as the chart asks for it
	@$(WORLD) image

.PHONY: release
release: ## build the image that is published: small; takes long, and 8 GB of memory
	@$(WORLD) image --release

.PHONY: generate
generate: ## write the generated files
	@python3 tests/env/generated.py write

.PHONY: verify
verify: ## fail unless the generated files are fresh and committed
	@python3 tests/env/generated.py verify

# The parts of `test`, to be run alone while working on one of them.

.PHONY: format
format:
	cargo fmt --all --check

.PHONY: lint
lint:
	cargo clippy --locked --workspace --all-targets --quiet -- -D warnings

.PHONY: test-engine
test-engine:
	cargo test --locked --package engine --quiet

.PHONY: test-offline
test-offline:
	cargo test --locked --package fargatestack --lib --bins $(OFFLINE:%=--test %) --quiet

.PHONY: test-emulator
test-emulator: PYTHON = $(shell $(WORLD) interpreter)
test-emulator:
	cd tests/env/aws && $(PYTHON) -m ruff check --quiet . && $(PYTHON) -m ruff format --check --quiet .
	cd tests/env/aws && $(PYTHON) -m mypy
	cd tests/env/aws && $(PYTHON) -m pytest

.PHONY: test-launcher
test-launcher: PYTHON = $(shell $(WORLD) interpreter)
test-launcher: LAUNCHER = generated.py chart_files.py api_reference.py world tests
test-launcher:
	cd tests/env && $(PYTHON) -m ruff check --quiet $(LAUNCHER) && $(PYTHON) -m ruff format --check --quiet $(LAUNCHER)
	cd tests/env && $(PYTHON) -m mypy $(LAUNCHER)
	cd tests/env && $(PYTHON) -m pytest

# The binary that the image carries, where this machine can link it; the SDKs are compiled once for all.
.PHONY: test-world
test-world: export FARGATESTACK_RECORD = $(CURDIR)/target/record
test-world: # Its tests wait more than they compute.
	rm -f $(FARGATESTACK_RECORD)/*.json
	binary="$$($(WORLD) binary)"; FARGATESTACK_BINARY="$$binary" RUST_TEST_THREADS=8 \
		cargo test --locked --package fargatestack $(WORLDLY:%=--test %) --quiet
	cargo test --locked --package fargatestack $(AFTERWARDS:%=--test %) --quiet

.PHONY: test-image
test-image: TOOLS = buildah podman runc
test-image: # In CI it is never left out without being asked for.
	@missing="$$(for tool in $(TOOLS); do command -v $$tool >/dev/null || echo -n " $$tool"; done)"; \
	if [ -z "$$missing" ]; then \
		binary="$$($(WORLD) binary)"; FARGATESTACK_BINARY="$$binary" \
			cargo test --locked --package fargatestack --test world --quiet -- --ignored image::; \
	elif [ -z "$${CI:-}" ] || [ "$${FARGATESTACK_IMAGE:-}" = untested ]; then \
		echo "NOT TESTED: the image. This machine lacks$$missing"; \
	else \
		echo "error: the image cannot be tested: this machine lacks$$missing" >&2; exit 1; \
	fi
