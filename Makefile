# Every target sets up what it needs, once: its own .venv, pinned by constraints.txt, and bubblewrap where grading needs it.
#   make PYTHON=/path/to/python3.12 …     use this Python
#   make PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu" …     the small CPU build of torch on Linux
#   make ARGS="-k conv" test              pass arguments on
#   make ARGS=grading bench               a benchmark that takes too long to run with the others
#   make ASSIGNMENTS="05 06" demo         a sample class of these assignments

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python)
LEARNER := $(VENV)/.stride-learner
DEV := $(VENV)/.stride-dev
# --compile, and no PYTHONDONTWRITEBYTECODE: without bytecode every notebook run would compile Jupyter anew.
INSTALL := $(BIN)/python -m pip install --compile --constraint constraints.txt $(PIP_FLAGS)
DEMO := out/demo
ASSIGNMENTS := 02 04

unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lab lint check bench clean sandbox
.DEFAULT_GOAL := help

help:
	@echo "make demo   grade a class of sample submissions, and say where gradebook, feedback and report are"
	@echo "make test   run the tests"
	@echo "make lab    open JupyterLab on notebooks/"
	@echo "make lint   check the style"
	@echo "make check  check that stubs and notebooks are up to date, and that the course is sound"
	@echo "make bench  measure speed"
	@echo "make clean  delete .venv and out (submissions and your own work stay)"

demo: $(DEV) sandbox
	$(BIN)/stride release $(DEMO)/release
	@rm -rf $(DEMO)/submissions
	$(BIN)/python tests/submissions/make_class.py $(DEMO)/submissions $(ASSIGNMENTS)
	@for id in $(ASSIGNMENTS); do \
	  class=$(DEMO)/submissions/$$id; echo "stride grade $$id --submissions $$class --out $(DEMO)/graded"; \
	  $(BIN)/stride grade $$id --submissions $$class --out $(DEMO)/graded $(ARGS) || exit; \
	done
	@echo
	@echo "The learner's copy of the course    $(DEMO)/release/stride, and stride.zip beside it"
	@echo "What the sample class handed in     $(DEMO)/submissions"
	@echo "How the class does                  $(DEMO)/graded/report.html"
	@echo "Feedback pages                      $(DEMO)/graded/feedback"
	@echo "nbgrader's gradebook                $(DEMO)/graded/gradebook.db"

test: $(DEV) sandbox
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --dist worksteal $(ARGS)

# The whole folder is served, so that notebooks and cnnlib/ can be edited side by side.
lab: $(LEARNER)
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks $(ARGS)

lint: $(DEV)
	$(BIN)/ruff check $(ARGS) .

check: $(DEV)
	$(BIN)/stride build --check
	OMP_NUM_THREADS=1 $(BIN)/stride build --prove

bench: $(DEV) sandbox
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) out

# Stamps: a second run installs nothing unless pyproject.toml or constraints.txt changed.
$(LEARNER): pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[learner]'
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $(LEARNER) $@

# Each candidate is tried, not only looked up: a shim may stand for a version that is not installed, and some systems ship no ensurepip.
$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    echo "Setting up $(VENV) with $$("$$python" --version): some minutes the first time."; \
	    "$$python" -m venv --clear $(VENV) && exit 0; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo "Stride needs Python 3.11, 3.12 or 3.13 with venv, and '$(PYTHONS)' is none: install one" \
	  "(Debian, Ubuntu: apt-get install python3-venv) or name yours: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	exit 1

sandbox:
	@command -v bwrap >/dev/null && exit 0; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	if command -v apt-get >/dev/null && $$sudo true 2>/dev/null; then \
	  echo "Installing bubblewrap, the sandbox that submissions run in."; \
	  $$sudo apt-get update -q && $$sudo apt-get install -qy --no-install-recommends bubblewrap && exit 0; \
	fi; \
	echo "Submissions run in a sandbox, bubblewrap, which is missing and cannot be installed from here:" \
	  "install it with your system's packages (Linux: apt, dnf or pacman install bubblewrap) and run make again." >&2; \
	exit 1
