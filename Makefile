# Every command of the project. `make serve` and `make test` do all the set-up that is missing, and nothing when
# nothing is.

# Where the CPU builds of torch are; on top of pip's own configuration, and empty to leave it out.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
export TORCH_INDEX

PYTHON_ROOMS := app tests benchmarks scripts
SETUP := scripts/setup requirements/torch.txt requirements/runtime.lock

.PHONY: help serve test lint types imports vendor page pytest pytest-page pytest-other format bench lighthouse soak fuzz \
	docker-test cluster-test clone-test picture looks lock clean system system-bench system-test

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

# -- the two commands --------------------------------------------------------------------------------------------------

serve: .venv/.runtime system  ## set up what is missing, then serve the page on HOST and PORT
	@exec .venv/bin/python -m app.main

test: .venv/.dev system system-test lint types imports vendor page pytest  ## set up what is missing, then check everything

# -- set-up ------------------------------------------------------------------------------------------------------------

.venv/.runtime: $(SETUP)
	@scripts/setup .venv requirements/runtime.lock
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.lock
	@scripts/setup .venv requirements/runtime.lock requirements/dev.lock
	@touch $@

.venv-bench/.peers: $(SETUP) requirements/bench.lock
	@scripts/setup .venv-bench requirements/runtime.lock requirements/bench.lock
	@touch $@

.venv-cluster/.cluster: $(SETUP) requirements/dev.lock requirements/cluster.lock
	@scripts/setup .venv-cluster requirements/runtime.lock requirements/dev.lock requirements/cluster.lock
	@touch $@

system:
	@scripts/system serve

system-bench:
	@scripts/system bench

system-test:
	@scripts/system test

# -- the parts of `make test` ------------------------------------------------------------------------------------------

lint: .venv/.dev
	.venv/bin/ruff check $(PYTHON_ROOMS)
	.venv/bin/ruff format --check $(PYTHON_ROOMS)

types: .venv/.dev
	.venv/bin/mypy

imports: .venv/.dev
	.venv/bin/lint-imports

vendor:
	node tools/vendor/check.mjs

page:
	node --test static/tests/*.test.js

# The page's tests and the others take about as long and wait for different things: side by side they need two thirds of
# the time. What axe has to say of the page comes after the others, as they are the sooner done. Each says what it has to
# say when it ends.
pytest:
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target pytest-page pytest-other

pytest-page: .venv/.dev
	.venv/bin/python -m pytest tests/page --ignore=tests/page/test_accessible.py

pytest-other: .venv/.dev
	.venv/bin/python -m pytest --ignore=tests/page
	.venv/bin/python -m pytest tests/page/test_accessible.py

format: .venv/.dev  ## let ruff mend what it can
	.venv/bin/ruff check --fix $(PYTHON_ROOMS)
	.venv/bin/ruff format $(PYTHON_ROOMS)

# -- the slow ones -----------------------------------------------------------------------------------------------------

bench: .venv/.dev .venv-bench/.peers system system-bench system-test  ## measure against bare torch and the other programs, as ratios
	.venv/bin/python -m benchmarks

lighthouse: .venv/.dev system system-test tools/lighthouse/node_modules  ## Lighthouse's scores of the page
	.venv/bin/python -m benchmarks.lighthouse

tools/lighthouse/node_modules: tools/lighthouse/package-lock.json
	PUPPETEER_SKIP_DOWNLOAD=1 npm ci --silent --prefix tools/lighthouse
	@touch $@

soak: .venv/.dev system  ## SOAK_RUNS runs with failures among them, then 64 clients for SOAK_SECONDS
	.venv/bin/python -m pytest -m soak -s tests/soak

fuzz: .venv/.dev system  ## look for bad input, FUZZ_SECONDS for each search
	.venv/bin/python -m pytest -m fuzz -s tests/fuzz

docker-test: .venv/.dev  ## build the image, run it confined, attack it
	@scripts/system engine
	.venv/bin/python -m pytest -m docker tests/test_image.py

cluster-test: .venv-cluster/.cluster system  ## sweep on a Ray cluster of two nodes, kill one; check the manifests in deploy/
	.venv-cluster/bin/python -m pytest -m cluster tests/cluster

clone-test:  ## run `make test` in a clean clone
	scripts/clone-test

# -- upkeep ------------------------------------------------------------------------------------------------------------

picture: .venv/.dev system system-test  ## draw the pictures in the README with the program itself
	.venv/bin/python -m scripts.picture

# How: `make looks LOOKS="--width 390 --theme dark --lang zh --to looks/phone"`; --help tells the rest.
looks: .venv/.dev system system-test  ## take a picture of every state of the page, and lay them out on sheets
	.venv/bin/python -m scripts.looks $(LOOKS)

lock: .venv/.dev  ## renew requirements/*
	scripts/lock "$(TORCH_INDEX)"

clean:  ## remove all that make made
	rm -rf .venv .venv-bench .venv-cluster .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
