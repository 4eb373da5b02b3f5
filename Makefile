# make demo: from a Keras model to an accuracy on an emulated Cortex-M4.   make test: the test suite.
PYTHON := .venv/bin/python
TINYQ := .venv/bin/tinyq
DEMO := build/demo

.PHONY: demo test unit lint bench sizes docs setup clean

setup:
	@sh scripts/setup.sh

# the GNU toolchain and QEMU, with apt; optional
setup-apt:
	@sh scripts/setup.sh --apt

demo: setup
	@mkdir -p $(DEMO)
	@echo "== training a small CNN on handwritten digits (Keras 3)"
	@$(PYTHON) examples/digits/train.py $(DEMO) 2>$(DEMO)/train.log || { cat $(DEMO)/train.log >&2; exit 1; }
	@echo "== tinyq convert"
	@$(TINYQ) convert $(DEMO)/digits.keras --data $(DEMO)/digits.npz --board mps2-an386 -o $(DEMO)/out --force
	@echo "== tinyq test"
	@$(TINYQ) test $(DEMO)/out >$(DEMO)/test.json

test: setup lint
	@$(PYTHON) -m pytest -n 2 --dist worksteal tests

unit: setup
	@$(PYTHON) -m pytest tests/unit

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: setup
	@$(PYTHON) -m benchmarks

# Tables of code sizes, after any change of engine, project templates or compiler; TFLM's where TFLM_ROOT names a checkout
sizes: setup
	@$(PYTHON) benchmarks/measure_code_size.py
	@$(if $(TFLM_ROOT),$(PYTHON) benchmarks/measure_tflm_size.py,echo "TFLM_ROOT is not set: the table of TFLM stays as it is.")

# 100,000 mutated models, recipes and archives; findings go to build/fuzz
fuzz: setup
	@$(PYTHON) -m tests.fuzzing.run

# The parts of the documentation that follow from the code, then the site, into build/site
docs: setup
	@$(PYTHON) -m scripts.reference
	@$(PYTHON) -m scripts.architecture
	@.venv/bin/mkdocs build --strict

clean:
	rm -rf build
