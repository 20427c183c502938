"""Checks of cnnlib/residual.py."""

from autograder.checks.residual.backward import residual_backward
from autograder.checks.residual.basic import BasicBlock
from autograder.checks.residual.bottleneck import Bottleneck
from autograder.checks.residual.forward import residual_forward
from autograder.checks.residual.preact import PreActBlock

EXERCISES = (residual_forward, residual_backward, BasicBlock, Bottleneck, PreActBlock)
