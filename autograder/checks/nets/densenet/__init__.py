"""Checks of cnnlib/nets/densenet.py."""

from autograder.checks.nets.densenet.layer import DenseLayer
from autograder.checks.nets.densenet.network import DenseNet

EXERCISES = (DenseLayer, DenseNet)
