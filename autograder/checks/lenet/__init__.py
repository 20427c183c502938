"""Checks of cnnlib/lenet.py."""

from autograder.checks.lenet.built import build_lenet5
from autograder.checks.lenet.trained import trained

EXERCISES = (build_lenet5, trained)
