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

# The four scripts on a generated corpus whose evidence is known; needs nothing but the package index.
DEMO := results/demo
demo: $(STAMP)
	$(RUN) finetune.py --model tiny --corpus planted --output $(DEMO)/model
	$(RUN) run_liap_evaluation.py --model $(DEMO)/model --corpus planted --parser gold --srl gold --examples-per-type 60 \
	    --explainers liap attention occlusion occlusion_ceiling lime random matched_random matched_window matched_distance \
	    --metrics lfs evidence_found comprehensiveness sufficiency \
	    --lime-samples 300 --results $(DEMO) --overwrite
	$(RUN) lime_baseline.py --model $(DEMO)/model --corpus planted --results $(DEMO)/lime --examples 5 \
	    --instability-per-type 3 --overwrite
	$(RUN) analyze_results.py --results $(DEMO)
	@echo "tables and plots: $(DEMO); pictures: $(DEMO)/visualizations; LIME's pages: $(DEMO)/lime"

# AllenNLP's own environment, for --srl allennlp alone: an old Python, 2.5 GB.
srl-env:
	$(PYTHON) tools/srl_env.py

clean:
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache
