"""Checks of cnnlib/nets/googlenet.py."""

from autograder.checks.nets.googlenet.inception import Inception
from autograder.checks.nets.googlenet.network import GoogLeNet

EXERCISES = (Inception, GoogLeNet)
