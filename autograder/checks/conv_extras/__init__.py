"""Checks of cnnlib/conv_extras.py."""

from autograder.checks.conv_extras.dilated import dilated_conv2d
from autograder.checks.conv_extras.grouped import grouped_conv2d

EXERCISES = (grouped_conv2d, dilated_conv2d)
