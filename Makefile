# Two commands are enough: `make report` and `make test`. `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
# The first Python here that is new enough; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup report charts test check format lock synth notebooks doctor bench coverage spark clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.run ## Make .venv from requirements.lock

report: $(VENV)/.run ## Build the study: raw exports in, reports out (into reports/)
	@$(BIN)/mspsurvey build

charts: $(VENV)/.run ## List the built charts and where their files are
	@$(BIN)/mspsurvey charts

doctor: $(VENV)/.run ## Check study.toml, definitions and raw files, and say what to mend
	@$(BIN)/mspsurvey doctor

notebooks: $(VENV)/.run ## Open JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

test: $(VENV)/.dev ## Run the tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST)

spark: ## Run the tests of tables on Spark, in an environment of their own (needs Java)
	@$(MAKE) --no-print-directory VENV=.venv-spark .venv-spark/.spark
	@.venv-spark/bin/python -m pytest -m spark -W ignore::FutureWarning tests/test_spark.py

check: $(VENV)/.dev ## Lint, format check, types, import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Mend what can be mended by machine, and empty the notebooks
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/jupyter nbconvert --ClearOutputPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.enabled=True --inplace notebooks/*.ipynb

synth: $(VENV)/.run ## Draw the synthetic demo study anew into data/raw
	@$(BIN)/mspsurvey synth

bench: $(VENV)/.dev ## Time the inference room against a NumPy floor, R and svy
	@$(BIN)/python -m benchmarks.run

coverage: $(VENV)/.dev ## Simulate how often 95% intervals cover the truth, into docs/methods
	@$(BIN)/python -m benchmarks.coverage

lock: ## Pin the versions anew (needs uv)
	@$(LOCK) --extra build pyproject.toml -o requirements.lock
	@$(LOCK) --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@$(LOCK) --extra build --extra dev --extra spark -c requirements-dev.lock pyproject.toml \
		-o requirements-spark.lock

clean: ## Remove what builds have made; raw data and definitions stay
	@find data/processed reports -mindepth 1 ! -name README.md -delete
	@rm -rf .build

# One resolution for every Python and platform, with hashes, and no address of an index in it.
LOCK = uv pip compile -q --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header --no-annotate

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was wanted; none was found. Install it, or run make PYTHON=/path/to/python."; exit 2; }
ifdef UV
	@$(UV) venv -q --allow-existing --python "$(PYTHON)" $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module was wanted. On Debian: apt-get install python3-venv."; exit 2; }
endif

# A stamp says which lock the environment was made from.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements.lock)

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements-dev.lock)
	@touch $(VENV)/.run

# pandera warns where Spark is installed, so Spark has an environment of its own.
$(VENV)/.spark: requirements-spark.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements-spark.lock)

ifdef UV
PIP := $(UV) pip install -q --python $(BIN)/python
else
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
endif

define install
@echo "Installing from $(1) into $(VENV) …"
@$(PIP) --require-hashes --no-deps -r $(1)
@$(PIP) --no-deps --no-build-isolation -e .
@touch $@
endef
