"""Checks of cnnlib/shapes.py, by theme, and of the sizing question in the notebook."""

from autograder.checks.shapes.counts import conv_flops, conv_parameters, receptive_field
from autograder.checks.shapes.sizes import conv_output_size, fits, same_padding
from autograder.checks.shapes.sizing import sizing

EXERCISES = (conv_output_size, fits, same_padding, conv_parameters, conv_flops, receptive_field, sizing)
