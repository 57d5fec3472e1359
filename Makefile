# Everything that is run on Sigtrawl, by a person and by CI alike. From a bare machine with Python >= 3.11, a Rust toolchain, a C
# compiler and make, each target sets up what it needs: the environment in .venv (plain pip, from the lock file), the release
# build in target/, tools in .tools. A second run repeats only what has changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL: # cargo and pytest use all cores themselves; the closing line is pytest's

# The first interpreter that is new enough; `make PYTHON=... ` says otherwise.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done; true)
CARGO ?= cargo
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
OLDEST := $(CURDIR)/.venv-oldest
RACE := $(CURDIR)/.venv-bench
CLUSTERS := $(CURDIR)/.venv-engines
DENY_VERSION := 0.20.2
DENY := $(CURDIR)/.tools/bin/cargo-deny

# One interpreter and one way of linking for every cargo step, so that none invalidates what another has built.
export PYO3_PYTHON := $(BIN)/python
export PYO3_BUILD_EXTENSION_MODULE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The environment is ours alone, whichever one is active in the caller's shell.
export VIRTUAL_ENV := $(VENV)
unexport CONDA_PREFIX

RUST_SOURCES := $(shell find rust -name fuzz -prune -o \( -name '*.rs' -o -name 'Cargo.toml' -o -name '*.json' \) -print) \
	Cargo.toml Cargo.lock

# ---- for people ------------------------------------------------------------------------------------------------------------

.PHONY: help
help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: demo
demo: build ## Generate 200,000 events, scan them with the netcat rule, show the matches
	$(BIN)/sigtrawl demo --rows 200000 --dir demo

.PHONY: build
build: $(VENV)/.built ## The environment and the release build

.PHONY: test
test: test-rust test-oldest test-python ## Everything that proves correctness

.PHONY: test-engines
test-engines: build $(CLUSTERS)/.deps ## The same matches through Spark (Java 17), Ray, Daft and Dask, run on this machine
	SIGTRAWL_ENGINES=1 PYTHONPATH=python $(CLUSTERS)/bin/python -m pytest -p no:cacheprovider tests/clusters tests/pipelines

.PHONY: test-full
test-full: test-rust build ## As test, with every generated event of every rule (minutes, 4 GB)
	SIGTRAWL_WHOLE=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.PHONY: mutants
mutants: build ## Plant mistakes in the engines, one by one: some test must notice each (minutes; ONLY=core|sieve|reference|lowering|NAME)
	CARGO_TARGET_DIR=$(CURDIR)/target $(BIN)/python tests/mutants/run.py $(ONLY)

.PHONY: vectors
vectors: $(VENV)/.deps ## Count the vectors of each line of the semantics
	PYTHONPATH=. $(BIN)/python -m tests.conformance.vectors

.PHONY: check
check: check-rust check-python check-deny check-docs ## Formats, lints, types, stubs, licences, documentation

.PHONY: fmt
fmt: $(VENV)/.deps ## Format the code, fix what the linter can fix
	$(CARGO) fmt --all
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

.PHONY: bench
bench: build $(RACE)/.deps ## Race against the peers, the short form (SIGMA=DIR: the public rules; minutes)
	PYTHONPATH=python $(RACE)/bin/python benches/run.py --short $(if $(SIGMA),--sigma $(SIGMA))

.PHONY: bench-full
bench-full: build $(RACE)/.deps ## The whole race, its record and the table of the targets (SIGMA=DIR; hours, 30 GB)
	PYTHONPATH=python $(RACE)/bin/python benches/run.py $(if $(SIGMA),--sigma $(SIGMA))

.PHONY: bench-kernels
bench-kernels: $(VENV)/.deps need-rust ## Nanoseconds a byte of each search of the sieve by itself (seconds)
	$(CARGO) bench --locked -p sigtrawl-core --features internals --bench kernels

.PHONY: lock
lock: $(VENV)/.deps ## Resolve the Python lock files anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra arrow --extra duckdb --extra datafusion --extra delta --extra iceberg --group dev --universal --python-version 3.11 --upgrade \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file python/.lock
	{ head -n 1 python/requirements.lock; cat python/.lock; } > python/.lock.new
	mv python/.lock.new python/requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra arrow --group test --universal --python-version 3.11 --resolution lowest-direct \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file python/.lock
	{ head -n 1 python/requirements-oldest.lock; cat python/.lock; } > python/.lock.new
	mv python/.lock.new python/requirements-oldest.lock
	$(BIN)/uv pip compile pyproject.toml --extra arrow --group bench --constraint python/requirements.lock --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file python/.lock
	{ head -n 1 benches/requirements.lock; cat python/.lock; } > python/.lock.new
	mv python/.lock.new benches/requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra spark --extra ray --extra daft --extra dask --group test --constraint python/requirements.lock \
		--universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file python/.lock
	{ head -n 1 python/requirements-engines.lock; cat python/.lock; } > python/.lock.new
	mv python/.lock.new python/requirements-engines.lock
	rm python/.lock

.PHONY: clean
clean: ## Remove the environment, the builds, the tools and the demo
	rm -rf $(VENV) $(OLDEST) $(RACE) $(CLUSTERS) .tools demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f python/sigtrawl/_native*.so
	if command -v $(CARGO) >/dev/null; then $(CARGO) clean; fi

# ---- the parts of `test` and `check` ---------------------------------------------------------------------------------------

.PHONY: test-rust
test-rust: $(VENV)/.deps need-rust
	$(CARGO) test --release --locked --workspace

.PHONY: test-python
test-python: build
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

# What depends on pySigma, Typer and polars, on the oldest versions of everything that pyproject.toml allows.
.PHONY: test-oldest
test-oldest: build $(OLDEST)/.deps
	PYTHONPATH=python $(OLDEST)/bin/python -m pytest -q -p no:cacheprovider --numprocesses auto --dist worksteal tests/rules tests/cli tests/in_polars \
		tests/conformance/test_vectors.py tests/conformance/test_attack_samples.py tests/conformance/test_regression.py

# All cargo steps are of the release profile: build scripts and C libraries are then built once for linting, testing and use.
.PHONY: check-rust
check-rust: $(VENV)/.deps need-rust need-lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets --features sigtrawl-core/internals -- -D warnings

.PHONY: check-docs
check-docs: $(VENV)/.deps need-rust
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --release --locked --workspace --no-deps

.PHONY: check-python
check-python: build
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest sigtrawl._native

.PHONY: check-deny
check-deny: $(DENY)
	$(DENY) --locked check --hide-inclusion-graph licenses bans sources

# ---- what they stand on ----------------------------------------------------------------------------------------------------

# Stamps of finished work: .deps (the packages of the lock file), .built (the release build, installed in place).
$(VENV)/.deps: python/requirements.lock
	@$(MAKE) --no-print-directory need-python
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement python/requirements.lock
	touch $@

$(OLDEST)/.deps: python/requirements-oldest.lock
	@$(MAKE) --no-print-directory need-python
	test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --requirement python/requirements-oldest.lock
	touch $@

$(CLUSTERS)/.deps: python/requirements-engines.lock
	@$(MAKE) --no-print-directory need-python
	test -x $(CLUSTERS)/bin/python || $(PYTHON) -m venv $(CLUSTERS)
	$(CLUSTERS)/bin/python -m pip install --quiet --requirement python/requirements-engines.lock
	touch $@

$(RACE)/.deps: benches/requirements.lock
	@$(MAKE) --no-print-directory need-python
	test -x $(RACE)/bin/python || $(PYTHON) -m venv $(RACE)
	$(RACE)/bin/python -m pip install --quiet --requirement benches/requirements.lock
	touch $@

$(VENV)/.built: $(VENV)/.deps $(RUST_SOURCES) pyproject.toml
	@$(MAKE) --no-print-directory need-rust
	$(BIN)/maturin develop --release --locked
	touch $@

$(DENY):
	@$(MAKE) --no-print-directory need-rust
	$(CARGO) install cargo-deny --version $(DENY_VERSION) --locked --quiet --root $(CURDIR)/.tools

.PHONY: need-python
need-python:
	@test -n "$(PYTHON)" && command -v $(firstword $(PYTHON) none) >/dev/null || \
		{ echo "make: Python 3.11 or newer is needed; none was found (make PYTHON=/path/to/python says where)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: $(PYTHON) lacks the venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }

.PHONY: need-rust
need-rust:
	@command -v $(CARGO) >/dev/null || \
		{ echo "make: cargo is needed (a Rust toolchain, 1.90 or newer); it was not found" >&2; exit 1; }
	@command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || \
		{ echo "make: a C compiler is needed for the zstd library; none was found (cc, gcc or clang)" >&2; exit 1; }

.PHONY: need-lints
need-lints:
	@$(CARGO) fmt --version >/dev/null 2>&1 && $(CARGO) clippy --version >/dev/null 2>&1 || \
		{ echo "make: rustfmt and clippy are needed for checks (components of the Rust toolchain)" >&2; exit 1; }
