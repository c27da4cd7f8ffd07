# Two commands for newcomers: `make demo` and `make test`. Both make the environment in .venv/ first, in either order:
# the demo needs a small part of what tests do, and no PyTorch; `make test` adds the rest.
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_EXTRAS := bot,worker-cpu,heic,video,playground,demo
# Where everything is there, the demo runs with that.
DEMO_READY := $(or $(wildcard $(READY)),$(VENV)/.ready-demo)
# Most tests wait for processes that they started: more at once than there are cores. Each takes up to a gigabyte.
TESTS_AT_ONCE ?= 6

.PHONY: demo test test-repeat bench audit docs lint format clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up, without PyTorch, and run everything here: bot, worker, a local Discord, a sample picture (PORT=9000: its page there)"
	@echo "make test    set up, check style and types, run every test"
	@echo "make test-repeat  every test ten times (N=10), four of them beside busy loops (BUSY=4)"
	@echo "make bench   measure the service on this machine, about an hour; tables as in bench/RESULTS.md"
	@echo "make audit   ask for known holes in code and dependencies"
	@echo "make docs    build the documentation's site into site/"
	@echo "make lint    style and types alone"
	@echo "make format  let ruff format the code"
	@echo "make clean   remove the environment and caches"

# The translations are compiled when the small environment is made; the whole one has what compiles them.
demo: $(DEMO_READY)
	@test ! -e $(READY) || $(BIN)/python -m jobs.text.catalogues
	@$(BIN)/python -m glyphcord demo --port $(PORT)

# What the tests of client libraries install (tests/clients) is installed while style and types are checked.
test: $(READY)
	@$(BIN)/python -m tests.clients.environments & $(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadgroup

test-repeat: $(READY)
	$(BIN)/python -m tests.repeat --runs $(or $(N),10) --busy $(or $(BUSY),4) --at-once $(TESTS_AT_ONCE)

# What bench/RESULTS.md quotes of the service; chaos, reload, evaluation and pictures have commands of their own there.
bench: $(READY)
	@for name in efficiency stages latency admission memory redis_cost generator; do \
		echo "## python -m bench.$$name"; $(BIN)/python -m bench.$$name || exit 1; echo; done

audit: $(READY)
	@.ci/audit

# --strict: a link, an anchor or a page that is missing ends the build. (With --quiet it would not.)
docs: $(READY)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict && echo "Open site/index.html"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): WANTED := dev
$(READY): SIZE := PyTorch is the large part
$(VENV)/.ready-demo: WANTED := $(DEMO_EXTRAS)
$(VENV)/.ready-demo: SIZE := about 130 MB to download
$(VENV)/.ready-demo: $(wildcard jobs/text/languages/*.po)
# Without bytecode: Python makes that of what it runs, which is a part of what comes.
$(READY) $(VENV)/.ready-demo: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Glyphcord needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV)/ (once; $(SIZE))"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --no-compile --progress-bar on -c constraints.txt -e '.[$(WANTED)]'
	@touch $@

clean:
	rm -rf $(VENV) .clients site .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
