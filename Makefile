# Thin: everything is done by CMake, CTest and scripts/. `make build` gives build/dunlin.
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
# How long each fuzzer runs.
FUZZ_SECONDS ?= $(if $(CI),30,10)
export FUZZ_SECONDS
# How long `make soak` goes on with what has no end of its own.
SOAK_MINUTES ?= 30
# A compiler cache is used where there is one.
LAUNCHER := $(shell command -v ccache 2>/dev/null)
export CMAKE_C_COMPILER_LAUNCHER ?= $(LAUNCHER)
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(LAUNCHER)
export CCACHE_SLOPPINESS ?= pch_defines,time_macros

.PHONY: build demo test test-fast soak bench format format-check lint clean package install

build:
	@scripts/setup build
	@cmake --preset release --log-level=WARNING
	@cmake --build build/release -j$(JOBS)
	@for program in dunlin dunlin-operator; do \
	  strip -o build/$$program.new build/release/$$program && mv build/$$program.new build/$$program || exit 1; done
	@cp build/release/dunlin.cdx.json build/
	@echo "build/dunlin: $$(build/dunlin --version | head -1)"

# Half a minute with the program, on SQLite.
demo: build
	@scripts/demo

# Everything that CI checks: the release program is what the end-to-end tests run, the tests' own executables are under
# the address and undefined-behaviour sanitizers; those of what has threads (cancelling, rotating keys, serving, connecting
# while the files are read) run under the thread sanitizer, too. The last command is the one whose closing line counts.
test:
	@scripts/setup test
	@scripts/format --check
	@cmake --preset release --log-level=WARNING -DDUNLIN_WERROR=ON
	@$(MAKE) build
	@cmake --preset asan --log-level=WARNING -DDUNLIN_PROGRAM=$(CURDIR)/build/dunlin
	@cmake --build build/asan -j$(JOBS)
	@cmake --preset fuzz --log-level=WARNING
	@cmake --build build/fuzz -j$(JOBS) --target fuzzers
	@ctest --test-dir build/fuzz --output-on-failure -j$(JOBS)
	@scripts/lint --changed
	@cmake --preset tsan --log-level=WARNING
	@cmake --build build/tsan -j$(JOBS) --target app_tests server_tests db_postgres_tests db_rotation_tests
	@ctest --test-dir build/tsan --output-on-failure -R '^(unit[.](app|server)|postgres[.]postgres|sqlite[.]rotation)$$'
	@rm -f build/asan/flaky.txt
	@ctest --test-dir build/asan --output-on-failure -j$(JOBS) -LE soak; ended=$$?; \
	  [ ! -e build/asan/flaky.txt ] || cat build/asan/flaky.txt; exit $$ended

# What needs no server: seconds.
test-fast:
	@scripts/setup test
	@cmake --preset dev --log-level=WARNING
	@cmake --build build/dev -j$(JOBS)
	@ctest --test-dir build/dev --output-on-failure -j$(JOBS) -L 'unit|sqlite'

# A kill at every single message, then random chaos and each fuzzer for SOAK_MINUTES.
soak: build
	@scripts/setup test
	@cmake --preset dev --log-level=WARNING -DDUNLIN_PROGRAM=$(CURDIR)/build/dunlin
	@SOAK_MINUTES=$(SOAK_MINUTES) ctest --test-dir build/dev --output-on-failure -j$(JOBS) -L soak
	@cmake --preset fuzz --log-level=WARNING -DDUNLIN_FUZZ_TIMEOUT=86400
	@cmake --build build/fuzz -j$(JOBS) --target fuzzers
	@FUZZ_SECONDS=$$(($(SOAK_MINUTES) * 60)) ctest --test-dir build/fuzz --output-on-failure -j$(JOBS)

bench: build
	@scripts/setup bench
	@bench/run
	@bench/operator

format:
	@scripts/setup test
	@scripts/format

# All of it; `make test` looks at what the last commits changed.
lint:
	@scripts/setup test
	@scripts/lint

clean:
	@rm -rf build

# build/packages/: a .deb and a tarball of the program.
package: build
	@cpack --config build/release/CPackConfig.cmake -G 'DEB;TGZ' -B build/packages
	@rm -rf build/packages/_CPack_Packages

install: build
	@cmake --install build/release --prefix $(PREFIX) --strip
