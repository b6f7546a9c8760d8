# Everything that this checkout can do, from nothing but Python >= 3.11, pip, make and git.
#
#   make demo   run notebooks/quickstart.ipynb on the embedded engine and say what it made
#   make lab    open the notebooks in JupyterLab
#   make test   format, lint, types, layers, tests, notebooks, wheel, oldest stack, the next Datasette
#   make loop   the quick tests only
#   make screenshots  what the browser's tests show, in build/screenshots
#   make bench  the benchmarks' tables

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .venv-oldest
CLEAN := .venv-wheel
NEXT := .venv-datasette-next
# On two cores: half of the time a test waits for a kernel, a disk or a process of its own.
WORKERS ?= 4
PIP := -m pip --disable-pip-version-check --quiet

# Images of containers often set it: each process would compile imgnb anew, and each tester all tests, in seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo lab test loop lint quick unit notebooks wheel beside oldest datasette-next browser screenshots bench clean

demo: $(VENV)/ready
	$(BIN)/python -m tests.demo

lab: $(VENV)/ready
	$(BIN)/jupyter lab notebooks

test: lint unit beside
	@echo "all checks passed"

loop: lint quick

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(VENV)/ready
	$(BIN)/python -m pytest -q -n $(WORKERS)

quick: $(VENV)/ready
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow"

# Strict: every output is compared, run on the embedded engine with a library of its own.
notebooks: $(VENV)/ready
	rm -rf build/nbval && mkdir -p build/nbval
	IMGNB_LIBRARY=$(CURDIR)/build/nbval/library IMGNB_ROUTE=local \
	    $(BIN)/python -m pytest -q --nbval notebooks

# The wheel, without development dependencies, from another folder.
wheel: $(VENV)/ready
	rm -rf build/wheel && $(BIN)/python $(PIP) wheel --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv --clear $(CLEAN)
	$(CLEAN)/bin/python $(PIP) install build/wheel/*.whl
	cd build/wheel && IMGNB_LIBRARY=$(CURDIR)/build/wheel/library IMGNB_ROUTE=local \
	    $(CURDIR)/$(CLEAN)/bin/imgnb generate "a lighthouse at dusk" --size 1024x1024 --json > picture.json
	$(BIN)/python -m tests.check_picture build/wheel/picture.json

# The browser's tests wait a third of their time: all others are done one after the other meanwhile.
beside: $(VENV)/ready
	$(MAKE) -j 2 -O browser notebooks wheel oldest datasette-next

# The oldest stack that people are given (Colab): the magics must work there.
oldest: $(VENV)/ready
	test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python $(PIP) install --upgrade pip
	$(OLDEST)/bin/python $(PIP) install -e . "ipython==7.34.0" "ipykernel==6.17.1" "ipywidgets==7.7.1" \
	    nbclient pytest "setuptools<81"
	$(OLDEST)/bin/python -m pytest -q tests/magics tests/display

# The Datasette that comes next: the plugin must work there, too.
datasette-next: $(VENV)/ready
	test -x $(NEXT)/bin/python || $(PYTHON) -m venv $(NEXT)
	$(NEXT)/bin/python $(PIP) install -e . "datasette==1.0a41" pytest
	$(NEXT)/bin/python -m pytest -q tests/datasette_plugin

browser: $(VENV)/ready
	$(BIN)/python -m pytest -q tests/browser

# What the browser's tests show, to be looked at: build/screenshots.
screenshots:
	SCREENSHOTS=$(CURDIR)/build/screenshots $(MAKE) browser

bench: $(VENV)/ready
	$(BIN)/python -m tests.benchmarks

$(VENV)/ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) install --upgrade pip
	$(BIN)/python $(PIP) install -e . --group dev
	touch $@

clean:
	rm -rf $(VENV) $(OLDEST) $(CLEAN) $(NEXT) build dist
