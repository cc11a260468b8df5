# Every command of this project. A machine needs only make and Python. `make` lists the commands.

# The Python that makes the environment; everything else runs inside it.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
LOCAL_AWS := $(VENV)/local-aws
SECURITY := $(VENV)/security
MATRIX := $(VENV)/matrix
SBOM := sbom
LOCKS := requirements/bootstrap.txt requirements/tools.txt requirements/local-aws.txt
READY := $(VENV)/.ready
export SAM_CLI_TELEMETRY := 0
MAKEFLAGS += --no-print-directory

# Asked for another Python than that of the environment (make PYTHON=python3.12 ...): rebuild it.
WHICH := -c 'import sys; print(*sys.version_info, sys.base_prefix)' 2>/dev/null
ifneq ($(origin PYTHON),file)
  ASKED := $(shell $(PYTHON) $(WHICH))
  ifneq ($(ASKED),)
    ifneq ($(ASKED),$(shell $(BIN)/python $(WHICH)))
      $(shell rm -f $(READY))
    endif
  endif
endif

.DEFAULT_GOAL := help
# Every command below; none creates a file of its own name.
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(READY) ## prepare .venv with batch-notifier and sam (the other commands run this when needed)

# Into the cache of uv, from which `make demo` builds the functions without a network.
FETCH_FUNCTION = $(BIN)/uv pip install --quiet --target $(VENV)/function --python-version 3.13 \
	       --python-platform aarch64-manylinux2014 --require-hashes --requirement functions/requirements.txt \
	  && rm -rf $(VENV)/function

# Rebuilt from nothing whenever a lock changes, so that it never holds more than the locks say.
$(READY): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "setup: Python 3.11 or newer is needed ($(PYTHON) is not); try make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "setup: this Python lacks venv (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@echo "setup: preparing $(VENV) ..."
	@rm -rf $(VENV)
	@{ $(PYTHON) -m venv $(VENV) \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 1 \
	       --require-hashes --requirement requirements/bootstrap.txt \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/tools.txt \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --offline --editable . \
	  && $(PYTHON) -m venv --without-pip $(LOCAL_AWS) \
	  && $(FETCH_FUNCTION) \
	  && $(BIN)/uv pip install --quiet --python $(LOCAL_AWS)/bin/python --require-hashes --requirement requirements/local-aws.txt; \
	} > .setup.log 2>&1 \
	  || { echo "setup: could not install the pinned packages (no network?); .setup.log has the details" >&2; exit 2; }
	@rm -f .setup.log
	@touch $@

test: $(READY) $(MATRIX)/.ready ## run all checks and tests
	@$(MAKE) --jobs 2 lint fuzz browser secrets-report
	@$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadgroup

# What whoever changes code runs again and again; the slow tests are left to `make test`.
CHECKED := tests/alert tests/architecture tests/batch tests/channels tests/diagnosis tests/docs tests/golden \
  tests/incident tests/joblog tests/ports tests/promise tests/text tests/workflows

check: $(READY) ## run lint, unit tests and golden files (a minute)
	@$(call CHECK,ruff check,$(BIN)/ruff check --quiet .)
	@$(call CHECK,ruff format,$(BIN)/ruff format --check --quiet .)
	@$(call CHECK,mypy,$(BIN)/mypy)
	@$(call CHECK,import-linter,$(BIN)/lint-imports --no-logo)
	@$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadgroup $(CHECKED)

# Each check says nothing when it passes, but for its name.
lint: $(READY) ## run ruff, mypy, import-linter, cfn-lint and sam validate
	@$(call CHECK,ruff check,$(BIN)/ruff check --quiet .)
	@$(call CHECK,ruff format,$(BIN)/ruff format --check --quiet .)
	@$(call CHECK,mypy,$(BIN)/mypy)
	@$(call CHECK,import-linter,$(BIN)/lint-imports --no-logo)
	@$(call CHECK,cfn-lint,$(BIN)/cfn-lint)
	@$(call CHECK,sam validate,grep -l '^Transform:' template.yaml stacks/*.yaml \
	  | xargs -n 1 -P 2 $(BIN)/sam validate --lint --region us-east-1 --template-file)

lint-environments: $(READY) ## find known mistakes in AWS Batch templates (TEMPLATE=path: check your own)
	@$(call CHECK,cfn-lint,$(BIN)/cfn-lint --append-rules environments/rules -- $(or $(TEMPLATE),environments/*.yaml))

# The Matrix server that tests of destinations send to; neither the demo nor `make check` needs it.
matrix: $(MATRIX)/.ready

# A check of its own, because checkov is as large as everything else together.
lint-security: $(SECURITY)/.ready ## check the templates with checkov and cfn-lint-serverless
	@$(call CHECK,cfn-lint,$(BIN)/cfn-lint)
	@$(call CHECK,checkov,$(SECURITY)/bin/checkov --config-file .checkov.yaml)

$(SECURITY)/.ready $(MATRIX)/.ready: $(VENV)/%/.ready: requirements/%.txt | $(READY)
	@echo "setup: preparing $(@D) ..."
	@rm -rf $(@D)
	@{ $(PYTHON) -m venv --without-pip $(@D) \
	  && $(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes --requirement $<; \
	} > .setup.log 2>&1 \
	  || { echo "setup: could not install the pinned packages (no network?); .setup.log has the details" >&2; exit 2; }
	@rm -f .setup.log
	@touch $@

secrets-report: $(READY) ## measure which secrets leak, which harmless text is masked, and the time it takes
	@$(BIN)/python -m tests.text.secrets_report

fuzz: $(READY) ## fuzz the functions with events for a minute (SECONDS=3600: for an hour)
	@$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS))

oracle: $(READY) ## hold the alerts of random weeks against the documentation (SCENARIOS=10000, SEED=)
	@$(BIN)/python -m tests.oracle --processes 2 --scenarios $(or $(SCENARIOS),1500) --seed $(or $(SEED),0)

sbom: $(SBOM)/deployed.cdx.json $(SBOM)/tools.cdx.json ## write a bill of materials of the deployed functions, and one of the tools
	@echo "$(SBOM)/deployed.cdx.json and $(SBOM)/tools.cdx.json, in CycloneDX form"

BILL = mkdir -p $(SBOM) && $(BIN)/cyclonedx-py $(1) --pyproject pyproject.toml --output-reproducible --output-file $@

$(SBOM)/deployed.cdx.json: functions/requirements.txt pyproject.toml | $(READY)
	@$(call BILL,requirements $<)

$(SBOM)/tools.cdx.json: $(LOCKS) pyproject.toml | $(READY)
	@$(call BILL,environment $(BIN)/python)

CHECK = said=$$($(2) 2>&1) && printf '%-14sok\n' '$(1)' || { printf '%-14sFAILED\n' '$(1)'; echo "$$said"; exit 1; }

# The inbox is tested in the Chromium that is there, or else (as root, with apt-get) in Debian's.
browser: $(READY)
	@$(BIN)/python -m workbench.inbox.chromium

screenshot: browser ## update docs/images/inbox.png
	@$(BIN)/python -m workbench.inbox.screenshot

demo: $(READY) ## turn the sample events into alerts on a local AWS (ONCE=1: check, then stop)
	@$(BIN)/python -m workbench.demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

golden: catalogue ## update tests/golden, docs/causes.md and README.md; read the diff before a commit
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest --quiet tests/golden
	@$(BIN)/python -m workbench.docs.readme
	@$(BIN)/python -m workbench.docs.causes_page
	@$(BIN)/python -m workbench.docs.lint_page

new-event: $(READY) ## start a sample event (NAME=, FROM= the sample to copy)
	@$(BIN)/python -m workbench.docs.new_event "$(NAME)" $(if $(FROM),--like "$(FROM)")

release-check: $(READY) ## list what is missing for a release
	@$(BIN)/python -m workbench.docs.release

diagnosis-report: $(READY) ## write docs/diagnosis-report.md: how well public failures are diagnosed
	@$(BIN)/python -m workbench.docs.diagnosis_report

# Tests of which `make test` tries a part, the same each time.
thorough: $(READY) ## try every change of every failure text, and 500 sets of parameters (ten minutes)
	@THOROUGH=1 $(BIN)/python -m pytest --quiet --numprocesses auto \
	  tests/diagnosis/test_metamorphic.py tests/template/test_settings.py tests/fuzz/test_corpus.py

catalogue: $(READY) ## build causes.json and token_formats.json after a change of their TOML files
	@$(BIN)/python -m workbench.docs.catalogue_build
	@$(BIN)/python -m workbench.docs.token_formats_build

bench: $(READY) ## measure everything beside the usual function, on an idle machine (twelve minutes)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m workbench.docs.readme

bench-start: $(READY) ## measure cold starts, and one failure in a warm function
	@$(BIN)/python -m benchmarks start
	@$(BIN)/python -m workbench.docs.readme

bench-destinations: $(READY) ## measure cold starts of the function for destinations (two minutes)
	@$(BIN)/python -m benchmarks destinations

bench-storm: $(READY) ## measure storms and peak memory (four minutes)
	@$(BIN)/python -m benchmarks storm
	@$(BIN)/python -m workbench.docs.readme

bench-way: $(READY) ## measure the way from the bus to a subscriber (four minutes)
	@$(BIN)/python -m benchmarks way
	@$(BIN)/python -m workbench.docs.readme

faults: $(READY) ## inject faults, kill functions, flood; write tests/faults/RESULTS.md (half an hour)
	@$(BIN)/python -m tests.faults.table

build: $(READY) ## build the functions into .aws-sam/
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam build --no-cached
	@$(BIN)/python -m workbench.local.bytecode

package: build ## build the wheel of batch-notifier into dist/
	@$(BIN)/python -m workbench.deploy.packaging

clean: ## remove everything that make created
	rm -rf $(VENV) .aws-sam dist .setup.log .fuzz .oracle $(SBOM) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Universal locks: one file serves Python 3.11 to 3.13 on Linux and macOS. Pins move only with UPGRADE=1.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --annotation-style line --custom-compile-command "make lock" --no-emit-index-url $(if $(UPGRADE),--upgrade)

lock: $(READY) ## compile requirements/*.in into hashed locks (UPGRADE=1: move the pins)
	@$(COMPILE) requirements/function.in --output-file functions/requirements.txt > /dev/null
	@$(COMPILE) requirements/bootstrap.in --output-file requirements/bootstrap.txt > /dev/null
	@$(COMPILE) requirements/tools.in --output-file requirements/tools.txt > /dev/null
	@$(COMPILE) requirements/on_alert.in --output-file on_alert/requirements.txt > /dev/null
	@$(COMPILE) requirements/local-aws.in --output-file requirements/local-aws.txt > /dev/null
	@$(COMPILE) requirements/security.in --output-file requirements/security.txt > /dev/null
	@$(COMPILE) requirements/matrix.in --output-file requirements/matrix.txt > /dev/null
