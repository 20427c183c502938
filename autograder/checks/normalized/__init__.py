"""Checks of cnnlib/normalized.py."""

from autograder.checks.normalized.built import build_normalized_net

EXERCISES = (build_normalized_net,)
