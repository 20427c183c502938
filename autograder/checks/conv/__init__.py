"""Checks of cnnlib/conv.py, by theme."""

from autograder.checks.conv.backward import conv2d_backward
from autograder.checks.conv.correlate import conv_matrix, convolve2d, correlate2d
from autograder.checks.conv.dimensions import conv1d_forward, conv3d_forward
from autograder.checks.conv.forward import conv2d_forward
from autograder.checks.conv.gradients import conv2d_input_gradient, conv2d_weight_gradient
from autograder.checks.conv.rearrange import dilate, rotate180

EXERCISES = (
    correlate2d,
    convolve2d,
    conv2d_forward,
    conv_matrix,
    conv1d_forward,
    conv3d_forward,
    rotate180,
    dilate,
    conv2d_input_gradient,
    conv2d_weight_gradient,
    conv2d_backward,
)
