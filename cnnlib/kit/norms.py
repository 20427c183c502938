"""Layer norm and group norm as layers: your functions, with their scale and shift. Batch norm is in `layers`, with its running statistics."""

import numpy as np

from .layers import Layer


class _Norm(Layer):
    """A scale gamma, which begins at 1, and a shift beta, which begins at 0; the same in training and in use."""

    def __init__(self, features, *options, dtype=np.float32):
        super().__init__()
        self.parameters = {"gamma": np.ones(features, dtype), "beta": np.zeros(features, dtype)}
        self.options = options  # what stands between x and gamma

    def forward(self, x):
        self.received = (x, *self.options, self.parameters["gamma"], self.parameters["beta"])
        return self._forward(*self.received)

    def backward(self, dout):
        dx, dgamma, dbeta = self._backward(dout, *self.received)
        self.gradients = {"gamma": dgamma, "beta": dbeta}
        return dx


class LayerNorm(_Norm):
    """LayerNorm(features): each example of (..., features) over its features."""

    name = "norm.layer_norm"


class GroupNorm(_Norm):
    """GroupNorm(groups, channels): each group of channels of each image of (N, channels, H, W)."""

    name = "norm.group_norm"

    def __init__(self, groups, channels, dtype=np.float32):
        super().__init__(channels, groups, dtype=dtype)
