"""Layers as objects around your functions: they hold the parameters and remember what backward needs.

Every layer has

    forward(x) -> out        remembers x
    backward(dout) -> dx     fills `gradients`, one array for each in `parameters`
    training                 True while learning; `Sequential.train()` and `.eval()` set it everywhere

The arithmetic is not here: it is in the functions that you wrote. A layer takes them as they are when it is made, and
`pieces` says what happens with those you have not written yet.
"""

import numpy as np

from .pieces import piece


class Layer:
    """One step of a network. A layer without parameters needs only `forward` and `backward`."""

    training = True
    name = None  # of the pair of functions that do the work: "pool.max_pool2d" stands for max_pool2d_forward and …_backward

    def __init__(self):
        self.parameters, self.gradients = {}, {}
        if self.name:
            self._forward, self._backward = piece(f"{self.name}_forward"), piece(f"{self.name}_backward")

    def __call__(self, x):
        return self.forward(x)

    def arrays(self):
        """What `Sequential.state` saves of this layer: parameters and running statistics, by name."""
        return self.parameters | {name: getattr(self, name) for name in ("running_mean", "running_var") if hasattr(self, name)}

    def layers(self):
        """This layer and all those inside it."""
        yield self


class _Weighted(Layer):
    """A layer with a weight and a bias, initialised as He et al. 2015 do: N(0, 2 / fan_in) and zeros. bias=False: it stays zero, as no parameter."""

    def __init__(self, shape, rng, dtype, bias=True):
        super().__init__()
        fan_in = int(np.prod(shape[1:]))
        weight = (rng or np.random.default_rng()).standard_normal(shape) * np.sqrt(2 / fan_in)
        self._zeros = np.zeros(shape[0], dtype)
        self.parameters = {"w": weight.astype(dtype)} | ({"b": self._zeros.copy()} if bias else {})

    def _arguments(self):
        return self.x, self.parameters["w"], self.parameters.get("b", self._zeros)

    def _remember(self, dx, dw, db):
        self.gradients = {"w": dw, "b": db} if "b" in self.parameters else {"w": dw}
        return dx


class Linear(_Weighted):
    """(N, in_features) -> (N, out_features)."""

    name = "linear.linear"

    def __init__(self, in_features, out_features, rng=None, dtype=np.float32):
        super().__init__((out_features, in_features), rng, dtype)

    def forward(self, x):
        self.x = x
        return self._forward(*self._arguments())

    def backward(self, dout):
        return self._remember(*self._backward(dout, *self._arguments()))


class Conv2d(_Weighted):
    """(N, in_channels, H, W) -> (N, out_channels, OH, OW), by your fast convolution."""

    name = "fast_conv.conv2d"

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, rng=None, dtype=np.float32, bias=True):
        kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
        super().__init__((out_channels, in_channels, *kernel), rng, dtype, bias)
        self.options = (stride, padding)

    def forward(self, x):
        self.x = x
        return self._forward(*self._arguments(), *self.options)

    def backward(self, dout):
        return self._remember(*self._backward(dout, *self._arguments(), *self.options))


class _Plain(Layer):
    """A layer without parameters: one pair of functions and its options."""

    def __init__(self, *options):
        super().__init__()
        self.options = options

    def forward(self, x):
        self.x = x
        return self._forward(x, *self.options)

    def backward(self, dout):
        return self._backward(dout, self.x, *self.options)


class ReLU(_Plain):
    """max(x, 0), number by number."""

    name = "activations.relu"


class Tanh(_Plain):
    """tanh(x), number by number."""

    name = "activations.tanh"


class Sigmoid(_Plain):
    """1 / (1 + exp(-x)), number by number."""

    name = "activations.sigmoid"


class MaxPool2d(_Plain):
    """The largest number of each window, channel by channel."""

    name = "pool.max_pool2d"

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__(kernel_size, stride, padding)


class AvgPool2d(_Plain):
    """The mean of each window, channel by channel."""

    name = "pool.avg_pool2d"

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__(kernel_size, stride, padding)


class GlobalAvgPool2d(_Plain):
    """(N, C, H, W) -> (N, C): the mean of each channel."""

    name = "pool.global_avg_pool2d"


class Flatten(Layer):
    """(N, C, H, W) -> (N, C*H*W)."""

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


class _BatchNorm(Layer):
    def __init__(self, features, momentum=0.1, eps=1e-5, dtype=np.float32):
        super().__init__()
        self.parameters = {"gamma": np.ones(features, dtype), "beta": np.zeros(features, dtype)}
        self.running_mean, self.running_var = np.zeros(features, dtype), np.ones(features, dtype)
        self.options = {"momentum": momentum, "eps": eps}

    def forward(self, x):
        self.received = (x, *self.parameters.values(), self.running_mean, self.running_var, self.training)
        out, self.running_mean, self.running_var = self._forward(*self.received, **self.options)
        return out

    def backward(self, dout):
        dx, dgamma, dbeta = self._backward(dout, *self.received, **self.options)
        self.gradients = {"gamma": dgamma, "beta": dbeta}
        return dx


class BatchNorm(_BatchNorm):
    """Batch normalization of (N, D), feature by feature."""

    name = "norm.batch_norm"


class BatchNorm2d(_BatchNorm):
    """Batch normalization of (N, C, H, W), channel by channel."""

    name = "norm.batch_norm2d"


class Dropout(Layer):
    """Each number is dropped with probability p while training; nothing happens in evaluation."""

    name = "dropout.dropout"

    def __init__(self, p=0.5, rng=None):
        super().__init__()
        self.p, self.rng = p, rng or np.random.default_rng()

    def forward(self, x):
        self.x, self.was_training = x, self.training
        out, self.mask = self._forward(x, self.p, self.training, self.rng)
        return out

    def backward(self, dout):
        return self._backward(dout, self.x, self.p, self.was_training, self.mask)


class Sequential(Layer):
    """One layer after the other."""

    def __init__(self, *steps):
        super().__init__()
        self.steps = list(steps)

    def forward(self, x):
        for step in self.steps:
            x = step.forward(x)
        return x

    def backward(self, dout):
        for step in reversed(self.steps):
            dout = step.backward(dout)
        return dout

    def layers(self):
        for step in self.steps:
            yield from step.layers()

    def train(self, training=True):
        for layer in self.layers():
            layer.training = training
        self.training = training
        return self

    def eval(self):
        return self.train(False)

    def state(self):
        """All parameters and running statistics by name, as `save` writes them: {"0.w": ..., "0.b": ..., ...}."""
        return {f"{number}.{name}": array for number, layer in enumerate(self.layers()) for name, array in layer.arrays().items()}

    def load_state(self, state):
        """Take over the arrays of `state()`, or of the file that np.savez made of it.

        Raises ValueError naming the first array that does not fit, and changes nothing then.
        """
        own = self.state()
        if own.keys() != state.keys():
            raise ValueError(f"other names than this network's: {', '.join(sorted(own.keys() ^ state.keys())[:6])}")
        new = {name: np.array(state[name], array.dtype) for name, array in own.items()}
        for name, array in own.items():
            if new[name].shape != array.shape:
                raise ValueError(f"{name} should have shape {array.shape}; it has {new[name].shape}")
        for number, layer in enumerate(self.layers()):
            for name in layer.arrays():
                if name in layer.parameters:
                    layer.parameters[name] = new[f"{number}.{name}"]
                else:
                    setattr(layer, name, new[f"{number}.{name}"])
