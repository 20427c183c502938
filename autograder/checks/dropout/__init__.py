"""Checks of cnnlib/dropout.py."""

from autograder.checks.dropout.backward import dropout_backward
from autograder.checks.dropout.forward import dropout_forward, dropout_forward_classic
from autograder.checks.dropout.weights import drop_connect_forward

EXERCISES = (dropout_forward, dropout_backward, dropout_forward_classic, drop_connect_forward)
