"""Checks of cnnlib/nets/stochastic_depth.py."""

from autograder.checks.nets.stochastic_depth.block import StochasticDepth
from autograder.checks.nets.stochastic_depth.rates import survival_rates

EXERCISES = (survival_rates, StochasticDepth)
