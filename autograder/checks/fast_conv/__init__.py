"""Checks of cnnlib/fast_conv.py."""

from autograder.checks.fast_conv.layer import conv2d_backward, conv2d_forward
from autograder.checks.fast_conv.rows import col2im, im2col

EXERCISES = (im2col, col2im, conv2d_forward, conv2d_backward)
