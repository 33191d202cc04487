# PitchGuard. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo build tablet tablet-types deb test test-rust test-tablet test-browser test-loom test-appliance model-card soak lint bench bench-check fuzz clean

CARGO ?= cargo
TABLET := src/tablet
NODE_FITS := node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
FUZZ_SECONDS ?= 60
# Where the data that tests and the model card are made from lie: statcast/, appearances/, injuries/.
DATA ?= ../shared/data
# A build from nothing takes two thirds of the time without what only the next build would want of it.
ONCE := CARGO_INCREMENTAL=0
# Unit tests compute little: optimising the library a second time for them takes longer than they do.
UNIT := --config profile.test.package.pitchguard.opt-level=0
NEXTEST := nextest run --locked --workspace
# Tests wait more than they compute: for daemons and stadiums that run in real time.
RUN := --no-fail-fast --test-threads $(shell echo $$((4 * $$(nproc))))
# Tests that were skipped, a line each: its name, a tab, why.
SKIPPED := target/skipped
test-rust: export PITCHGUARD_SKIPPED := $(CURDIR)/$(SKIPPED)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## installs the Debian packages that a build needs, and says which
	@packaging/setup

build: setup tablet ## the release binary with the tablet in it, target/release/pitchguard
	$(CARGO) build --release --locked

tablet: setup ## the tablet's pages, which the binary carries; without Node 20.19 it says so and the binary shows a plain table
	@if $(NODE_FITS) 2>/dev/null; then $(MAKE) --no-print-directory $(TABLET)/node_modules && cd $(TABLET) && npm run --silent build; \
	  else echo 'No Node 20.19 or newer: this binary will carry no tablet, and show a plain table (https://nodejs.org)'; fi

tablet-types: ## writes anew the document that the tablet's types are made from
	PITCHGUARD_WRITE_OPENAPI=1 $(CARGO) test --locked --test program tablet_build

$(TABLET)/node_modules: $(TABLET)/package-lock.json
	cd $(TABLET) && npm ci --no-audit --no-fund
	@touch $@

demo: setup tablet ## builds, then runs daemon and stadium together on embedded defaults
	@# The build that the tests use: what a release is optimised for would be half of the time until something is seen.
	$(ONCE) $(CARGO) build --locked
	target/debug/pitchguard demo

test: ## everything, scaled down, on a simulated clock where it can be
	@$(MAKE) --no-print-directory -j test-rust test-tablet test-loom

test-rust: setup tablet ## the daemon: unit tests, and all of tests/
	@# Unit tests run while the others are built. Those begin a moment later: whoever builds holds cargo's lock.
	@# What is skipped says why in a file of its own: CI knows how much may be.
	@mkdir -p target && : > $(SKIPPED)
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    $(ONCE) $(CARGO) $(NEXTEST) $(UNIT) --lib --no-run; \
	    { $(ONCE) $(CARGO) $(NEXTEST) $(UNIT) --lib $(RUN); } & unit=$$!; \
	    sleep 3; $(ONCE) $(CARGO) $(NEXTEST) --test '*' $(RUN); rest=$$?; \
	    wait $$unit && exit $$rest; \
	  else echo 'cargo-nextest is not installed: using cargo test'; $(ONCE) $(CARGO) test --locked --workspace --no-fail-fast; fi
	@sort -u $(SKIPPED) | sed 's/^/skipped: /'; echo "$$(cut -f1 $(SKIPPED) | sort -u | wc -l) tests skipped"
	$(ONCE) $(CARGO) test --locked --workspace --doc

test-tablet: tablet ## the tablet's logic
	@$(NODE_FITS) || { echo 'the tablet is tested with Node 20.19 or newer: see https://nodejs.org' >&2; exit 1; }
	cd $(TABLET) && npm run --silent test

test-browser: build ## the tablet's pages in a real browser against the release binary
	cd $(TABLET) && PITCHGUARD_BIN=../../target/release/pitchguard npm run --silent e2e

test-loom: setup ## every interleaving of what threads share
	$(CARGO) test --release --manifest-path tests/reorder_loom/Cargo.toml --target-dir target/loom

deb: ## the Debian package, target/deb/pitchguard_*.deb
	@packaging/setup --package
	$(MAKE) build
	packaging/build-deb

test-appliance: ## the package in a Debian 12 that boots in a container (as root; about 12 minutes)
	tests/appliance/run

model-card: build ## docs/model-card.md anew, from the league's games and injured lists in DATA
	target/release/pitchguard train --dry-run --report --appearances $(DATA)/appearances/*.csv --injuries $(DATA)/injuries/*.csv

soak: setup ## the full counts and durations of the issues, once, for the record (about three hours)
	$(CARGO) build --release --locked
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test daemon -- game:: daemon_games:: --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test soak -- --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test early -- --nocapture --test-threads 2
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test calibration -- calibration_games:: calibration_pipeline:: --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test history --test journal --test store --test store_slow_disk -- history_league:: journal_kill:: store_damage:: store_on_a_slow_disk --include-ignored --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(CARGO) test --release --locked --test upstream -- --nocapture --test-threads 1
	PITCHGUARD_FULL=1 $(MAKE) test-browser

lint: setup ## format, clippy without a warning, licences where cargo-deny is installed, advisories where it has their database
	$(CARGO) fmt --all --check
	$(ONCE) $(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(ONCE) RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps --quiet
	@if ! command -v cargo-deny >/dev/null; then \
	    echo 'cargo-deny is not installed: licences, bans and advisories not checked (cargo install cargo-deny)'; \
	  else $(CARGO) deny --offline check licenses bans sources || exit 1; \
	    if ls -d "$${CARGO_HOME:-$$HOME/.cargo}"/advisory-dbs/*/ >/dev/null 2>&1; then $(CARGO) deny --offline check advisories; \
	    else echo 'no database of advisories is at hand: advisories not checked (cargo deny fetch db)'; fi; fi

bench: setup ## the benchmarks, each beside its alternatives in the same run
	$(CARGO) bench --locked --workspace

bench-check: setup ## each benchmark once, not measured: it runs, and what it compares comes to the same
	$(ONCE) $(CARGO) test --locked --workspace --benches

fuzz: setup ## the wire's fuzz targets, FUZZ_SECONDS each (installs cargo-fuzz)
	@command -v cargo-fuzz >/dev/null || { echo 'installing cargo-fuzz'; $(CARGO) install cargo-fuzz --locked; }
	cd firmware-protocol && for target in datagram serial; do \
	  RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; done

clean: ## removes what was built
	$(CARGO) clean
