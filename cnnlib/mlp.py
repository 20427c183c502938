"""A multilayer perceptron with one hidden layer: everything of this assignment, working together."""

import numpy as np  # noqa: F401 - here for your own code, if you want it

from cnnlib.activations import relu_backward, relu_forward
from cnnlib.linear import linear_backward, linear_forward
from cnnlib.loss import softmax_cross_entropy


def mlp_loss_and_gradients(parameters, images, labels):
    """The loss of a two-layer perceptron on a batch, and the loss's gradient with respect to every parameter.

    parameters  dict of arrays: w1 (H, D), b1 (H,) of the hidden layer, w2 (C, H), b2 (C,) of the output layer
    images      (N, D)  flattened images
    labels      (N,)    integers from 0 to C - 1
    returns     loss, a float, and gradients, a dict: w1, b1, w2, b2 with the shapes and dtypes of the parameters

        images -> linear (w1, b1) -> ReLU -> linear (w2, b2) -> softmax cross-entropy

    No ReLU after the output layer: scores may be negative. Call your own linear_forward, relu_forward, softmax_cross_entropy
    on the way up, and linear_backward, relu_backward on the way down: once each way, however many parameters there are. (To measure the
    gradients would take two ways up for every single number.) The arguments are not modified.
    Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors".
    """
    raise NotImplementedError("mlp.mlp_loss_and_gradients: not written yet — stride hint mlp.mlp_loss_and_gradients")
