# On a new machine: Python 3.11 or newer, git and make. Everything else goes into .venv, once.
#   make run PYTHON=/path/to/python3.12    to choose the Python of .venv
#   make test ARGS="tests/test_safety.py"  to pass something on
#   make test PARALLEL=                    one test after the other

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --editable
LOG := $(VENV)/install.log
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
# Most tests wait for a terminal server, so more of them than there are cores run at once.
# A test that hangs is ended; one that fails on a busy machine is run once more, and the last line counts it ("rerun").
PARALLEL := -n 4 --dist worksteal --timeout 240 --reruns 2 --reruns-delay 1

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench detect-report screenshots readme catalogue clean

help:
	@echo 'make run          the console over your tmux or cmux; the demo fleet where there is none'
	@echo 'make demo         the console over six simulated agents'
	@echo 'make test         every test'
	@echo 'make check        ruff, mypy, then every test'
	@echo 'make bench        measure'
	@echo 'make detect-report  how the recorded screens are judged: a table, and every mistake'
	@echo 'make screenshots  the pictures in docs/'
	@echo 'make readme       the generated tables of README.md'
	@echo 'make catalogue    collect the texts of the code for the Korean catalogue, and compile it'
	@echo 'make clean        remove .venv and everything else that was made'

run: $(RUN)
	@exec $(BIN)/oc-console $(ARGS)

demo: $(RUN)
	@exec $(BIN)/oc-console demo $(ARGS)

test: $(DEV)
	@exec $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@exec $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

bench: $(DEV)
	@exec $(BIN)/python -m tests.bench $(ARGS)

detect-report: $(DEV)
	@exec $(BIN)/python -m tests.agents.report $(ARGS)

screenshots: $(DEV)
	@exec $(BIN)/python -m console.demo.screenshots docs

readme: $(DEV)
	@exec $(BIN)/python -m tests.test_readme --write

catalogue: $(DEV)
	@exec $(BIN)/python -m tests.catalogue --write

clean:
	rm -rf $(VENV) build dist *.egg-info .bench .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find console tests -type d -name __pycache__ -exec rm -rf {} +

# The two sets of packages. A changed pyproject.toml installs again. Where there is no cmux package for this platform
# the rest is installed without it; the log keeps the reason.
$(RUN): pyproject.toml | $(BIN)/python
	@echo 'oc-console: installing into $(VENV), once …'
	@$(PIP) '.[embedded]' >$(LOG) 2>&1 || { $(PIP) . && $(NOTE); }
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo 'oc-console: installing into $(VENV), with what the tests need, once …'
	@$(PIP) '.[dev,embedded]' >$(LOG) 2>&1 || { $(PIP) '.[dev]' && $(NOTE); }
	@touch $@ $(RUN)

NOTE = { echo 'oc-console: installed without the cmux package ($(LOG) says why); the demo needs tmux then.'; }

# python3 may be too old, a stub, or without ensurepip (Debian keeps it in python3-venv): each candidate is tried.
$(BIN)/python:
	@found=; bare=; \
	for python in $(PYTHON) $(if $(PYTHON),,python3 python3.13 python3.12 python3.11); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  if "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$python; break; fi; \
	  bare=$${bare:-$$python}; \
	done; \
	if [ -z "$$found" ] && [ -n "$$bare" ]; then \
	  echo "oc-console: $$bare cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; \
	elif [ -z "$$found" ]; then \
	  echo 'oc-console: needs Python 3.11 or newer, and none was found ($(or $(PYTHON),python3 python3.13 python3.12 python3.11));' \
	    'install one, or name it: make run PYTHON=/path/to/python3' >&2; \
	  exit 1; \
	fi; \
	"$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
