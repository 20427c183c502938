"""Checks of cnnlib/activations.py, by theme."""

from autograder.checks.activations.relu import relu_backward, relu_forward
from autograder.checks.activations.squashing import sigmoid_backward, sigmoid_forward, tanh_backward, tanh_forward

EXERCISES = (relu_forward, relu_backward, tanh_forward, tanh_backward, sigmoid_forward, sigmoid_backward)
