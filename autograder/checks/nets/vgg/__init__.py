"""Checks of cnnlib/nets/vgg.py: its block, and the network made of blocks."""

from autograder.checks.nets.vgg.block import VGGBlock
from autograder.checks.nets.vgg.network import VGG

EXERCISES = (VGGBlock, VGG)
