# Every command of the project. Each sets up what it needs and costs nothing the second time.
HOST ?= 127.0.0.1
PORT ?= 8080
# Arguments for pytest: make test TESTS="tests/unit -k vote"
TESTS ?=

# Hundreds of tests start the service: it is compiled once, whatever the caller's shell says.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test soak check format bench lock hooks clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start the service with its demonstration on http://HOST:PORT (127.0.0.1:8080)
	@scripts/bootstrap run
	@exec .venv/bin/groundswell demo --host $(HOST) --port $(PORT)

test: ## Check the code and run every test (TESTS="tests/unit" runs some)
	@scripts/bootstrap test
	@scripts/system-packages --for-tests
	@scripts/check
	@.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(TESTS)

soak: ## Put the live part under stress, and write docs/soak.md (SOAK_SECONDS=600 for longer)
	@scripts/bootstrap test
	@scripts/system-packages --for-tests
	@SOAK=1 SOAK_REPORT=docs/soak.md .venv/bin/python -m pytest tests/soak tests/fuzz

check: ## Format, lint, types and import rules, without running a test
	@scripts/bootstrap test
	@scripts/check

format: ## Put every file into the common format and mend what the linter can
	@scripts/bootstrap test
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .

bench: ## Measure the service beside its peers and write docs/benchmarks.md
	@scripts/bootstrap bench
	@scripts/system-packages --for-benchmarks
	@.venv/bin/python -m benchmarks

lock: ## Resolve the dependencies anew (UPGRADE=1 takes the newest of everything)
	@scripts/bootstrap test
	@scripts/lock $(if $(UPGRADE),--upgrade)

hooks: ## Check every commit before it is made
	@scripts/bootstrap test
	@.venv/bin/pre-commit install

clean: ## Remove what these commands installed and cached (never a database)
	rm -rf .venv tests/js/node_modules build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
