"""Checks of cnnlib/augment.py."""

from autograder.checks.augment.colour import color_jitter
from autograder.checks.augment.crop import random_crop
from autograder.checks.augment.flip import random_horizontal_flip
from autograder.checks.augment.looks import predict_multi_crop, ten_crop
from autograder.checks.augment.resize import resize_short_side

EXERCISES = (random_crop, random_horizontal_flip, resize_short_side, color_jitter, ten_crop, predict_multi_crop)
