"""The fully connected layer and its gradients.

Everywhere: x is (N, D), one example per row; weights w are (M, D), one row per unit, as in PyTorch.
"""

import numpy as np


def linear_forward(x, w, b):
    """A fully connected layer: every unit weighs all D inputs, sums them up and adds its own bias.

    x        (N, D)  a batch of N examples
    w        (M, D)  row m holds the weights of unit m
    b        (M,)    one bias per unit
    returns  (N, M)  dtype of x

        out[n, m] = b[m] + sum over d of x[n, d] * w[m, d]

    The arguments are not modified.
    Source: torch.nn.Linear; Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.1.
    """
    raise NotImplementedError("linear.linear_forward: not written yet — stride hint linear.linear_forward")


def linear_backward(dout, x, w, b):
    """The gradients of `linear_forward`: given the loss's gradient with respect to its output, those of all its inputs.

    dout     (N, M)  the loss's gradient with respect to the output
    x        (N, D)  what the forward pass received, as are w and b
    w        (M, D)
    b        (M,)
    returns  dx (N, D), dw (M, D), db (M,); dtype of x

        dx[n, d] = sum over m of dout[n, m] * w[m, d]
        dw[m, d] = sum over n of dout[n, m] * x[n, d]
        db[m]    = sum over n of dout[n, m]

    Sums over the batch, no averages: a loss that averages has done so in dout. The arguments are not modified.
    Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors".
    """
    raise NotImplementedError("linear.linear_backward: not written yet — stride hint linear.linear_backward")
