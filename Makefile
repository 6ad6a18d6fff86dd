# Two commands: `make report` renders the WhatsApp 2021 study from the data that
# ship, `make test` runs every check. Both set up .venv first. All that is done is
# in tools/, which needs Python 3.11 or newer: make PYTHON=python3.12 report
PYTHON ?= python3
STUDY ?= whatsapp-2021
ARGS ?=
DEV = $(PYTHON) tools/dev.py
MEASURE = $(PYTHON) tools/measure.py
RELEASE = $(PYTHON) tools/release.py

.PHONY: help report test lint setup lock lab size trial bench docs release-check clean
help: ; @$(DEV) --help
report: ; @$(DEV) report $(STUDY) $(ARGS)
test: ; @$(DEV) test $(ARGS)
lint: ; @$(DEV) lint
setup: ; @$(DEV) setup --dev
lock: ; @$(DEV) lock $(ARGS)
lab: ; @$(DEV) lab $(ARGS)
size: ; @$(MEASURE) size $(ARGS)
trial: ; @$(MEASURE) trial $(ARGS)
bench: ; @$(MEASURE) bench $(ARGS)
docs: ; @$(DEV) docs
release-check: ; @$(RELEASE) $(ARGS)
clean: ; @$(DEV) clean
