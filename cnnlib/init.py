"""Initialisation: random weights of a size that neither drowns nor inflates what passes through them.

Everywhere: shape is (out, in) for a fully connected layer, (F, C, KH, KW) for a convolution. fan_in is how many numbers one output
is computed from: in, or C*KH*KW. fan_out is how many outputs one number goes into: out, or F*KH*KW.
"""

import numpy as np


def xavier_normal(shape, rng):
    """Xavier's initialisation: a compromise between signals on their way up and gradients on their way down.

    shape    tuple: (out, in) or (F, C, KH, KW)
    rng      numpy.random.Generator: the only source of randomness
    returns  array of that shape, float64: independent normal numbers with mean 0 and variance 2 / (fan_in + fan_out)

    For tanh and other functions that look like the identity around zero. The same variance is often drawn uniformly; this is the normal kind.
    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 12.
    """
    raise NotImplementedError("init.xavier_normal: not written yet — stride hint init.xavier_normal")


def he_normal(shape, rng):
    """He's initialisation: for ReLU, which passes on half of what it is given.

    shape    tuple: (out, in) or (F, C, KH, KW)
    rng      numpy.random.Generator: the only source of randomness
    returns  array of that shape, float64: independent normal numbers with mean 0 and variance 2 / fan_in

    Source: He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers", equation 10; torch.nn.init.kaiming_normal_.
    """
    raise NotImplementedError("init.he_normal: not written yet — stride hint init.he_normal")
