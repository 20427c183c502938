"""Checks of cnnlib/fit.py."""

from autograder.checks.fit.run import fit

EXERCISES = (fit,)
