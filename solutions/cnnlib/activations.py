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
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION


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
    ### BEGIN SOLUTION
    return dout * (x > 0)
    ### END SOLUTION


def tanh_forward(x):
    """The hyperbolic tangent: squashes any number to between -1 and 1.

    x        any shape
    returns  shape and dtype of x

        out = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Right for every finite x: at 1000 the formula as it stands divides infinity by infinity. NumPy has a function that does not.
    The argument is not modified.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


def tanh_backward(dout, x):
    """The gradient of `tanh_forward`.

    dout     any shape
    x        shape of dout: what forward received, not what it returned
    returns  dx, shape and dtype of x

        dx = dout * (1 - tanh(x)**2)

    The arguments are not modified.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """
    ### BEGIN SOLUTION
    return dout * (1 - np.tanh(x) ** 2)
    ### END SOLUTION


def sigmoid_forward(x):
    """The logistic function: squashes any number to between 0 and 1, so that it can be read as a probability.

    x        any shape
    returns  shape and dtype of x

        out = 1 / (1 + exp(-x)),  which is the same as  exp(x) / (1 + exp(x))

    Right for every finite x, without a warning: exp overflows for large arguments, so choose for each number the form
    whose exponent is not positive. The argument is not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 3.10.
    """
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))                          # in (0, 1]: never overflows
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    ### END SOLUTION


def sigmoid_backward(dout, x):
    """The gradient of `sigmoid_forward`.

    dout     any shape
    x        shape of dout: what forward received, not what it returned
    returns  dx, shape and dtype of x

        dx = dout * s * (1 - s)  with s = sigmoid(x)

    Right for every finite x, without a warning: far from 0 the slope is 0. The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 3.10.
    """
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))                          # s * (1 - s) is even in x: e / (1 + e)**2 on both sides
    return dout * e / (1 + e) ** 2
    ### END SOLUTION
