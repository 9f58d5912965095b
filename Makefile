# Every verb of this repository. `make help` prints them.
#
# Two words may be given to most verbs: CONFIG=debug|release and FILTER=regex (tests to run).

CONFIG ?= release
FILTER ?=
ONLY ?=
# How often the kill test kills the engine: 25 in `make test`.
BULKHEAD_KILL_ROUNDS ?= 25
export BULKHEAD_KILL_ROUNDS
# How many simulated worlds: 200 in `make test`.
BULKHEAD_SEEDS ?= 200
export BULKHEAD_SEEDS
SEEDS ?= 10000

FORMATTED = $(wildcard $(shell git ls-files --cached --others --exclude-standard '*.swift'))

# A recipe fails when any part of a pipe fails.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop build test verify soak scale bench install-deps samples sdk man fuzz asan tsan lint format tidy clean

help: ## Print this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: ## Install what is missing, build, start an engine with the samples, run real jobs (DEMO_EXIT=1: and stop).
	@scripts/install-deps.sh demo
	@CONFIG=$(CONFIG) scripts/demo.sh start

demo-stop: ## Stop the engine and the libvirtd that `make demo` left running.
	@scripts/demo.sh stop

build: ## Build the command `bulkhead` (CONFIG=debug for a quicker build).
	@scripts/install-deps.sh build
	swift build -c $(CONFIG) --product bulkhead

# Eight tests at a time: many of them start processes, and more would only wait for each other.
test: ## Install what is missing and run every test (FILTER=regex runs some).
	@scripts/install-deps.sh test
	swift build --build-tests
	swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 $(if $(FILTER),--filter '$(FILTER)') 2>&1 | awk -W interactive -f scripts/test-report.awk

verify: build ## Check the engine's promises in simulated worlds (SEEDS=10000).
	@"$$(swift build -c $(CONFIG) --show-bin-path)/bulkhead" verify --seeds $(SEEDS)

soak: export BULKHEAD_KILL_ROUNDS = 500
soak: export BULKHEAD_SEEDS = 10000
soak: export BULKHEAD_CHECK_FULL = 1
soak: test ## Run every test with 500 rounds of the kill test and every rule of the validator over every fixture, and 10,000 simulated worlds.

scale: export BULKHEAD_KILL_ROUNDS = 2000
scale: test ## Run every test with 2,000 rounds of the kill test (takes hours).

bench: ## Run the benchmarks in release mode (ONLY=regex runs some).
	@scripts/install-deps.sh test >&2
	@swift build -c release --product bench >&2
	@ONLY='$(ONLY)' "$$(swift build -c release --show-bin-path)/bench"

install-deps: ## Install the Debian packages that build, demo and tests need, if any is missing.
	@scripts/install-deps.sh build demo test

samples: ## Build the sample plug-ins (C, C++, Swift) into SamplePlugins/build.
	@scripts/install-deps.sh demo
	@$(MAKE) --no-print-directory -C SamplePlugins

sdk: ## Make the plug-in SDK as a tar and a Debian package in dist.
	@scripts/sdk.sh

fuzz: ## Fuzz the readers of outside bytes (FUZZ_MINUTES=10 each, ONLY=target, FUZZ_KEEP=1 keeps what was found).
	@scripts/install-deps.sh test
	@scripts/fuzz.sh $(ONLY)

asan: ## Run the tests under AddressSanitizer.
	@scripts/install-deps.sh test
	@FILTER='$(FILTER)' scripts/sanitize.sh address

tsan: ## Run the tests under ThreadSanitizer.
	@scripts/install-deps.sh test
	@FILTER='$(FILTER)' scripts/sanitize.sh thread

man: ## Write the man pages from the help texts into dist/man.
	@scripts/install-deps.sh build
	@scripts/man.sh dist/man

lint: ## Check the format of all Swift code.
	@[ -n "$(strip $(FORMATTED))" ] || { echo 'git ls-files names no Swift file here' >&2; exit 1; }
	@swift format lint --strict --parallel $(FORMATTED)

format: ## Format all Swift code in place.
	@swift format --in-place --parallel $(FORMATTED)

tidy: ## Run only the tests that hold this repository to its own rules.
	@$(MAKE) --no-print-directory test FILTER=TidyTests

clean: ## Stop the demo and remove everything that was built.
	@scripts/demo.sh stop
	rm -rf .build .build-* Benchmarks/.build SamplePlugins/build demo dist
