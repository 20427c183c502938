"""Checks of cnnlib/trainer.py: rates by schedule, gradients in parts, and training that goes on after a stop."""

from autograder.checks.trainer.gradients import accumulate_gradients
from autograder.checks.trainer.rates import set_learning_rates
from autograder.checks.trainer.trainer import Trainer

EXERCISES = (set_learning_rates, accumulate_gradients, Trainer)
