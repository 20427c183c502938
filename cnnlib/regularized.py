"""Learning with noise: your own augmentation and your own dropout around a small network, and without them at test time."""

from cnnlib.activations import relu_backward, relu_forward
from cnnlib.augment import random_crop, random_horizontal_flip
from cnnlib.dropout import dropout_backward, dropout_forward
from cnnlib.linear import linear_backward, linear_forward
from cnnlib.loss import softmax_cross_entropy


def noisy_loss_and_gradients(parameters, images, labels, p, padding, training, rng):
    """Loss and gradients of a network with one hidden layer. While training, it never sees the same thing twice.

    parameters  dict: w1 (M, C*H*W), b1 (M,), w2 (K, M), b2 (K,)
    images      (N, C, H, W)  floats
    labels      (N,)  ints from 0 to K - 1
    p           float: probability that a hidden number is dropped, 0 <= p < 1
    padding     int: by how many pixels, at most, an image moves in each direction
    training    bool: True while learning, False at test time
    rng         numpy.random.Generator: the only source of randomness
    returns     loss, a float: the mean of softmax cross-entropy over the batch
                gradients: a dict of new arrays with the names, shapes and dtypes of parameters, and nothing else in it

        images -> random crop of H × W, with padding -> random flip (p = 0.5) -> flattened    the first two only in training
               -> linear (w1, b1) -> ReLU -> dropout -> linear (w2, b2) -> scores -> loss

    Gradients go the same way back, through the same dropout mask, as far as w1 and b1. At test time nothing is random: no
    crop, no flip, nothing dropped. Uses your own `augment.random_crop` and `augment.random_horizontal_flip`,
    `dropout.dropout_forward` and `dropout.dropout_backward`, and your linear, activations and loss from notebook 01.
    The arguments are not modified.
    """
    raise NotImplementedError("regularized.noisy_loss_and_gradients: not written yet — stride hint regularized.noisy_loss_and_gradients")
