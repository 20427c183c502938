"""Dropout and DropConnect: numbers, or weights, are left out at random while a network learns, and none at test time.

Everywhere p is the probability of DROPPING, 0 <= p < 1, as in PyTorch. (Some papers and courses call the probability of
keeping p.) All randomness comes from rng, a numpy.random.Generator. The arguments are not modified.
"""

import numpy as np

# --- Dropout, scaled in training (inverted dropout) -------------------------------------------------------------------


def dropout_forward(x, p, training, rng):
    """Drop each number with probability p while training, and scale up those that are kept.

    x         any shape, floats
    p         float: probability that a number is dropped, 0 <= p < 1
    training  bool: True while learning, False at test time
    rng       numpy.random.Generator: the only source of randomness
    returns   out   x's shape and dtype
              mask  x's shape: 1 (or True) where a number was kept, 0 (or False) where it was dropped; all ones when training is False

        training:   out = x * mask / (1 - p)     every number has its own chance, in every image anew
        test time:  out = x

    The factor 1/(1 - p) keeps the expectation: E[out] = x, so nothing is left to do at test time. The mask itself is not
    scaled. The argument is not modified.
    Source: Srivastava et al. 2014, "Dropout", section 10, "inverted" as in PyTorch's torch.nn.functional.dropout.
    """
    ### BEGIN SOLUTION
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p).astype(x.dtype)    # kept with probability 1 - p
    return x * mask / (1 - p), mask
    ### END SOLUTION


def dropout_backward(dout, x, p, training, mask):
    """The gradient of `dropout_forward`: what was dropped learns nothing, what was scaled passes a scaled gradient.

    dout     gradient of the loss with respect to the output, x's shape
    x, p, training as `dropout_forward` was given
    mask     the mask that it returned: 1 (or True) where a number was kept, 0 (or False) where it was dropped. Numbers or truth
             values: multiply by it, do not use it as an index
    returns  dx, x's shape and dtype

    At test time the function is out = x. The arguments are not modified.
    """
    ### BEGIN SOLUTION
    return dout * mask / (1 - p) if training else dout
    ### END SOLUTION


# --- Dropout, scaled at test time (the classic form) ------------------------------------------------------------------


def dropout_forward_classic(x, p, training, rng):
    """Dropout as it was first written: nothing is scaled while training, everything at test time.

    x         any shape, floats
    p         float: probability that a number is dropped, 0 <= p < 1
    training  bool: True while learning, False at test time
    rng       numpy.random.Generator: the only source of randomness
    returns   out   x's shape and dtype
              mask  x's shape: 1 (or True) where a number was kept, 0 (or False) where it was dropped; all ones when training is False

        training:   out = x * mask
        test time:  out = x * (1 - p)            the expectation of what came out in training

    Every number has its own chance, in every image anew. The argument is not modified.
    Source: Srivastava et al. 2014, "Dropout", sections 1 and 4 (where p is the probability of keeping).
    """
    ### BEGIN SOLUTION
    if not training:
        return x * (1 - p), np.ones_like(x)
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    return x * mask, mask
    ### END SOLUTION


# --- DropConnect ------------------------------------------------------------------------------------------------------


def drop_connect_forward(x, w, b, p, training, rng):
    """A fully connected layer that drops weights instead of numbers, and scales up the weights that are kept.

    x         (N, D)  inputs
    w         (M, D)  weights, one row per output, as in `linear_forward`
    b         (M,)    biases: they are never dropped, and never scaled
    p         float: probability that a weight is dropped, 0 <= p < 1
    training  bool: True while learning, False at test time
    rng       numpy.random.Generator: the only source of randomness
    returns   out   (N, M)  dtype of x
              mask  (M, D)  1 (or True) where a weight was kept, 0 (or False) where it was dropped; all ones when training is False

        training:   out = x @ (w * mask / (1 - p)).T + b
        test time:  out = x @ w.T + b

    Every weight has its own chance. One mask serves the whole batch (the paper draws one for each example, which costs
    N times the memory). The arguments are not modified.
    Source: Wan et al. 2013, "Regularization of neural networks using DropConnect", section 3, with inverted scaling in
    place of its sampling at test time, and with biases kept.
    """
    ### BEGIN SOLUTION
    if not training:
        return x @ w.T + b, np.ones_like(w)                             # (N, M)
    mask = (rng.random(w.shape) >= p).astype(w.dtype)
    return x @ (w * mask / (1 - p)).T + b, mask                         # (N, M)
    ### END SOLUTION
