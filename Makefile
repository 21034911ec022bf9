# Two commands: `make test` and `make demo`. Each sets up .venv first, once for each change of the requirements.

PYTHON ?= python3.11
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python

.PHONY: test lint demo srl-env clean

test: $(STAMP)
	$(RUN) -m pytest $(TESTS)

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --requirement requirements.txt
	$(RUN) -m pip install --quiet --no-deps --editable .
	touch $(STAMP)

clean:
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache
