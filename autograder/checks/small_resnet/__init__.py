"""Checks of cnnlib/small_resnet.py."""

from autograder.checks.small_resnet.built import build_small_resnet
from autograder.checks.small_resnet.trained import trained

EXERCISES = (build_small_resnet, trained)
