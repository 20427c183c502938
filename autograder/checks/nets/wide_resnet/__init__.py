"""Checks of cnnlib/nets/wide_resnet.py."""

from autograder.checks.nets.wide_resnet.block import WideBlock
from autograder.checks.nets.wide_resnet.network import WideResNet

EXERCISES = (WideBlock, WideResNet)
