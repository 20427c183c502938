"""What a unit does with its weighted sum: ReLU, tanh and sigmoid, and their gradients.

All of them work number by number, on arrays of any shape. Backward receives dout, the loss's gradient with respect to the
output, and x, what forward received.
"""

import numpy as np


def relu_forward(x):
    """The rectifier: what is positive passes, all the rest becomes 0.

    x        any shape
    returns  shape and dtype of x

        out = max(x, 0)

    The argument is not modified.
    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    raise NotImplementedError("activations.relu_forward: not written yet — stride hint activations.relu_forward")


def relu_backward(dout, x):
    """The gradient of `relu_forward`: dout passes where x is positive and is stopped everywhere else.

    dout     any shape
    x        shape of dout
    returns  dx, shape and dtype of x

        dx = dout where x > 0, 0 elsewhere

    At exactly 0 the rectifier has a kink and no slope: the course takes 0 there, as PyTorch does.
    The arguments are not modified: dout may be needed by another branch of the network.
    Source: torch.nn.functional.relu.
    """
    raise NotImplementedError("activations.relu_backward: not written yet — stride hint activations.relu_backward")


def tanh_forward(x):
    """The hyperbolic tangent: squashes any number to between -1 and 1.

    x        any shape
    returns  shape and dtype of x

        out = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Right for every finite x: at 1000 the formula as it stands divides infinity by infinity. NumPy has a function that does not.
    The argument is not modified.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """
    raise NotImplementedError("activations.tanh_forward: not written yet — stride hint activations.tanh_forward")


def tanh_backward(dout, x):
    """The gradient of `tanh_forward`.

    dout     any shape
    x        shape of dout: what forward received, not what it returned
    returns  dx, shape and dtype of x

        dx = dout * (1 - tanh(x)**2)

    The arguments are not modified.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """
    raise NotImplementedError("activations.tanh_backward: not written yet — stride hint activations.tanh_backward")


def sigmoid_forward(x):
    """The logistic function: squashes any number to between 0 and 1, so that it can be read as a probability.

    x        any shape
    returns  shape and dtype of x

        out = 1 / (1 + exp(-x)),  which is the same as  exp(x) / (1 + exp(x))

    Right for every finite x, without a warning: exp overflows for large arguments, so choose for each number the form
    whose exponent is not positive. The argument is not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 3.10.
    """
    raise NotImplementedError("activations.sigmoid_forward: not written yet — stride hint activations.sigmoid_forward")


def sigmoid_backward(dout, x):
    """The gradient of `sigmoid_forward`.

    dout     any shape
    x        shape of dout: what forward received, not what it returned
    returns  dx, shape and dtype of x

        dx = dout * s * (1 - s)  with s = sigmoid(x)

    Right for every finite x, without a warning: far from 0 the slope is 0. The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 3.10.
    """
    raise NotImplementedError("activations.sigmoid_backward: not written yet — stride hint activations.sigmoid_backward")
