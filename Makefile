# Two commands: `make test` and `make demo`. Each sets up .venv first, once for each change of the requirements that it needs.

PYTHON ?= python3.11
VENV := .venv
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-tests
RUN := $(VENV)/bin/python

# Processes that share the tests, one thread each.
WORKERS ?= 2

.PHONY: test lint browser demo demo-ewt demo-planted planted srl-env peers-env clean

test: $(TEST_STAMP)
	OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

lint: $(TEST_STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

# What the tests of report.html need beside a Chromium.
browser: $(TEST_STAMP)
	$(RUN) -m pip install --quiet --requirement requirements-browser.txt

# What the scripts need, and the project itself.
$(STAMP): requirements.txt pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --requirement requirements.txt
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# What the tests need beside it.
$(TEST_STAMP): $(STAMP) requirements-dev.txt requirements-ray.txt
	$(RUN) -m pip install --quiet --requirement requirements-dev.txt --requirement requirements-ray.txt
	touch $(TEST_STAMP)

# Real sentences and generated ones whose evidence is known; both come with the project, and nothing but the package index is needed.
DEMO := results/demo
demo: demo-ewt demo-planted
	@echo
	@echo "Sentences of the English Web Treebank, gold trees and frames: $(DEMO)/ewt/report.html"
	@echo "Generated sentences whose evidence is known: $(DEMO)/planted/report.html"
	@echo "Beside each page: tables, plots, pictures in visualizations/, LIME's own pages in lime/"

demo-ewt: $(STAMP)
	$(RUN) run_liap_evaluation.py --model ewt --corpus ewt --parser gold --srl gold --examples-per-type 20 --pictures 4 --results $(DEMO)/ewt --overwrite
	$(RUN) lime_baseline.py --model ewt --corpus ewt --examples-per-type 2 --examples 6 --lime-samples 300 \
	    --instability-per-type 1 --instability-samples 100 300 --results $(DEMO)/ewt/lime --overwrite
	$(RUN) analyze_results.py --results $(DEMO)/ewt

demo-planted: $(STAMP)
	$(RUN) finetune.py --model tiny --corpus planted --epochs 8 --output $(DEMO)/planted/model
	$(RUN) run_liap_evaluation.py --model $(DEMO)/planted/model $(EVALUATE_PLANTED) --examples-per-type 10 \
	    --lime-samples 100 --results $(DEMO)/planted --overwrite
	$(RUN) lime_baseline.py --model $(DEMO)/planted/model --corpus planted --results $(DEMO)/planted/lime --examples-per-type 1 \
	    --examples 4 --lime-samples 300 --instability-per-type 0 --overwrite
	$(RUN) analyze_results.py --results $(DEMO)/planted

# The generated corpus at the size on which docs/findings.md rests.
PLANTED := results/planted
PLANTED_EXAMPLES := 60
PLANTED_TRAINING :=  # flags of finetune.py; its tiny model's own values suit this corpus
EVALUATE_PLANTED := --corpus planted --parser gold --srl gold \
    --explainers liap attention occlusion occlusion_ceiling lime random matched_random matched_window matched_distance \
    --metrics lfs evidence_found comprehensiveness sufficiency
planted: $(STAMP)
	$(RUN) finetune.py --model tiny --corpus planted --output $(PLANTED)/model $(PLANTED_TRAINING)
	$(RUN) run_liap_evaluation.py --model $(PLANTED)/model $(EVALUATE_PLANTED) --examples-per-type $(PLANTED_EXAMPLES) \
	    --lime-samples 300 --results $(PLANTED) --overwrite
	$(RUN) analyze_results.py --results $(PLANTED)

# AllenNLP's own environment, for --srl allennlp alone: an old Python, 2.5 GB.
srl-env:
	$(PYTHON) tools/srl_env.py

# The environment of benchmarks/peers.py: ferret, captum, lime, shap and transformers-interpret, 2.5 GB.
peers-env:
	$(PYTHON) tools/peers_env.py

clean:
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache build
