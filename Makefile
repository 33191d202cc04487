# PitchGuard. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo build test test-loom soak lint bench fuzz clean

CARGO ?= cargo
FUZZ_SECONDS ?= 60

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## installs the Debian packages that a build needs, and says which
	@packaging/setup

build: setup ## the release binary, target/release/pitchguard
	$(CARGO) build --release --locked

demo: build ## builds, then runs daemon and stadium together on embedded defaults
	target/release/pitchguard demo

test: setup ## everything, scaled down, on a simulated clock where it can be
	@if $(CARGO) nextest --version >/dev/null 2>&1; \
	  then $(CARGO) nextest run --locked --workspace --no-fail-fast; \
	  else echo 'cargo-nextest is not installed: using cargo test'; $(CARGO) test --locked --workspace --no-fail-fast; fi
	$(CARGO) test --locked --workspace --doc
	$(MAKE) test-loom

test-loom: ## every interleaving of what threads share
	$(CARGO) test --release --manifest-path tests/reorder_loom/Cargo.toml --target-dir target/loom

soak: setup ## the full counts and durations of the issues, once, for the record (about 45 minutes)
	$(CARGO) build --release --locked
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test game --test daemon_games -- --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test soak -- --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test calibration_pipeline -- --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test upstream_line --test upstream_wire -- --nocapture --test-threads 1

lint: setup ## format, clippy without a warning, licences and advisories where cargo-deny is installed
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps --quiet
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --offline check licenses bans sources; \
	  else echo 'cargo-deny is not installed: licences and bans not checked (cargo install cargo-deny)'; fi

bench: setup ## the benchmarks, each beside its alternatives in the same run
	$(CARGO) bench --locked --workspace

fuzz: setup ## the wire's fuzz targets, FUZZ_SECONDS each (installs cargo-fuzz)
	@command -v cargo-fuzz >/dev/null || { echo 'installing cargo-fuzz'; $(CARGO) install cargo-fuzz --locked; }
	cd firmware-protocol && for target in datagram serial; do \
	  RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; done

clean: ## removes what was built
	$(CARGO) clean
