"""Residual learning: layers that learn what to add to their input, not what to put in its place.

Everywhere: x are images (N, C, H, W); a block has a branch, which learns F(x), and a shortcut past it. A layer is anything
with forward(x) -> out and backward(dout) -> dx, as in cnnlib.kit; backward belongs to the forward that came last.
"""

import numpy as np

from cnnlib.kit import BatchNorm2d, Conv2d, Layer, ReLU, Sequential

# --- The sum --------------------------------------------------------------------------------------------------------


def residual_forward(x, branch, shortcut=None):
    """What a branch makes of x, plus x itself, then a ReLU.

    x         (N, C, H, W)  images, or whatever the branch takes
    branch    a layer: branch.forward(x) is F(x)
    shortcut  a layer that brings x to the shape of F(x), or None: x goes past the branch as it is
    returns   shape of F(x); dtype of x

        out = max(F(x) + x, 0)              without a shortcut
        out = max(F(x) + shortcut(x), 0)    with one

    Both layers get the same x. A layer may hand out its own input, and still need it: neither x nor what a layer returned
    is modified.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", equations (1) and (2), figure 2.
    """
    ### BEGIN SOLUTION
    skip = x if shortcut is None else shortcut.forward(x)
    total = branch.forward(x) + skip
    return np.maximum(total, 0)
    ### END SOLUTION


def residual_backward(dout, x, branch, shortcut=None):
    """The gradient of `residual_forward`: on the way back the path forks, and where it forked before, gradients add up.

    dout      the loss's gradient with respect to the output, shape of F(x)
    x, branch, shortcut as `residual_forward` was given
    returns   dx, shape and dtype of x

        dsum = dout where F(x) + x > 0, 0 elsewhere     (F(x) + shortcut(x), with a shortcut)
        dx   = dF/dx applied to dsum, plus dsum         (plus the shortcut's gradient of dsum, with a shortcut)

    The layers have not seen x yet, and backward needs that: call their forward before their backward. At exactly 0 the
    ReLU lets nothing pass, as everywhere in the course. The arguments are not modified, nor is what a layer returned.
    Source: He, Zhang, Ren, Sun 2016, "Identity mappings in deep residual networks", equation (5).
    """
    ### BEGIN SOLUTION
    skip = x if shortcut is None else shortcut.forward(x)
    dsum = dout * (branch.forward(x) + skip > 0)
    dskip = dsum if shortcut is None else shortcut.backward(dsum)
    return branch.backward(dsum) + dskip
    ### END SOLUTION


# --- Blocks of a network --------------------------------------------------------------------------------------------


class BasicBlock(Layer):
    """The block of ResNet-18 and ResNet-34: two 3×3 convolutions and a shortcut, each convolution followed by batch norm.

    in_channels  C, the channels of x
    channels     F, the channels of the output
    stride       of the first 3×3 convolution (and of the projection)
    rng          numpy.random.Generator: hand it to every convolution

        branch    conv 3×3, stride · batch norm · ReLU · conv 3×3 · batch norm
        shortcut  x itself, where the block changes neither channels (C = F) nor size (stride = 1);
                  elsewhere a projection: conv 1×1, stride · batch norm
        out       ReLU(branch + shortcut)

        x (N, C, H, W) -> (N, F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

    3×3 convolutions have padding 1, the projection has none. Convolutions have no bias (bias=False): the batch norm behind them subtracts it
    anyway. The layers come from cnnlib.kit; how you name them is your business.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", figure 5 (left), section 3.3 (option B).
    """

    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        ### BEGIN SOLUTION
        self.branch = Sequential(
            Conv2d(in_channels, channels, 3, stride, 1, rng=rng, bias=False), BatchNorm2d(channels), ReLU(),
            Conv2d(channels, channels, 3, 1, 1, rng=rng, bias=False), BatchNorm2d(channels),
        )
        self.shortcut = Sequential()
        if stride != 1 or in_channels != channels:
            self.shortcut = Sequential(Conv2d(in_channels, channels, 1, stride, rng=rng, bias=False), BatchNorm2d(channels))
        self.relu = ReLU()
        ### END SOLUTION

    def forward(self, x):
        """x (N, C, H, W) -> (N, F, OH, OW)."""
        ### BEGIN SOLUTION
        return self.relu.forward(self.branch.forward(x) + self.shortcut.forward(x))
        ### END SOLUTION

    def backward(self, dout):
        """dout, shape of the output -> dx, shape of x. Fills the gradients of all layers inside."""
        ### BEGIN SOLUTION
        dsum = self.relu.backward(dout)
        return self.branch.backward(dsum) + self.shortcut.backward(dsum)
        ### END SOLUTION

    def layers(self):
        """All layers inside: the branch's from first to last, then the shortcut's. Training, saving and train() / eval() find them so."""
        ### BEGIN SOLUTION
        yield from self.branch.layers()
        yield from self.shortcut.layers()
        ### END SOLUTION


class Bottleneck(Layer):
    """The block of ResNet-50 and deeper: 1×1 to fewer channels, 3×3 among these, 1×1 back to four times as many.

    in_channels  C, the channels of x
    channels     F, the channels of the 3×3 convolution; the output has 4·F
    stride       of the 3×3 convolution (and of the projection)
    rng          numpy.random.Generator: hand it to every convolution

        branch    conv 1×1 · batch norm · ReLU · conv 3×3, stride · batch norm · ReLU · conv 1×1 · batch norm
        shortcut  x itself, where the block changes neither channels (C = 4·F) nor size (stride = 1);
                  elsewhere a projection: conv 1×1 to 4·F channels, stride · batch norm
        out       ReLU(branch + shortcut)

        x (N, C, H, W) -> (N, 4·F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

    The 3×3 convolution has padding 1, the 1×1 convolutions have none; none of them has a bias. PyTorch's ResNet-50 puts the stride there,
    on the 3×3; the paper's own network had it on the first 1×1, which throws three of four pixels away unseen.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", figure 5 (right); torchvision.models.resnet.
    """

    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        ### BEGIN SOLUTION
        out_channels = 4 * channels
        self.branch = Sequential(
            Conv2d(in_channels, channels, 1, rng=rng, bias=False), BatchNorm2d(channels), ReLU(),
            Conv2d(channels, channels, 3, stride, 1, rng=rng, bias=False), BatchNorm2d(channels), ReLU(),
            Conv2d(channels, out_channels, 1, rng=rng, bias=False), BatchNorm2d(out_channels),
        )
        self.shortcut = Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = Sequential(Conv2d(in_channels, out_channels, 1, stride, rng=rng, bias=False), BatchNorm2d(out_channels))
        self.relu = ReLU()
        ### END SOLUTION

    def forward(self, x):
        """x (N, C, H, W) -> (N, 4·F, OH, OW)."""
        ### BEGIN SOLUTION
        return self.relu.forward(self.branch.forward(x) + self.shortcut.forward(x))
        ### END SOLUTION

    def backward(self, dout):
        """dout, shape of the output -> dx, shape of x. Fills the gradients of all layers inside."""
        ### BEGIN SOLUTION
        dsum = self.relu.backward(dout)
        return self.branch.backward(dsum) + self.shortcut.backward(dsum)
        ### END SOLUTION

    def layers(self):
        """All layers inside: the branch's from first to last, then the shortcut's."""
        ### BEGIN SOLUTION
        yield from self.branch.layers()
        yield from self.shortcut.layers()
        ### END SOLUTION


class PreActBlock(Layer):
    """The basic block with batch norm and ReLU before each convolution, and nothing after the sum: the way past it stays clean.

    in_channels  C, the channels of x
    channels     F, the channels of the output
    stride       of the first 3×3 convolution (and of the projection)
    rng          numpy.random.Generator: hand it to every convolution

        first     batch norm · ReLU, of x
        branch    of that: conv 3×3, stride · batch norm · ReLU · conv 3×3
        shortcut  x itself, where the block changes neither channels (C = F) nor size (stride = 1);
                  elsewhere a projection of what comes out of `first`: conv 1×1, stride, without batch norm
        out       branch + shortcut, without ReLU

        x (N, C, H, W) -> (N, F, OH, OW)  with OH = (H - 1) // stride + 1, OW likewise

    3×3 convolutions have padding 1, the projection has none; none of them has a bias.
    Source: He, Zhang, Ren, Sun 2016, "Identity mappings in deep residual networks", figure 1 (b) and figure 4 (e); where shapes change, both
    ways start behind the first ReLU, as in the authors' code.
    """

    def __init__(self, in_channels, channels, stride=1, rng=None):
        super().__init__()
        ### BEGIN SOLUTION
        self.first = Sequential(BatchNorm2d(in_channels), ReLU())
        self.branch = Sequential(
            Conv2d(in_channels, channels, 3, stride, 1, rng=rng, bias=False), BatchNorm2d(channels), ReLU(),
            Conv2d(channels, channels, 3, 1, 1, rng=rng, bias=False),
        )
        self.projection = None
        if stride != 1 or in_channels != channels:
            self.projection = Conv2d(in_channels, channels, 1, stride, rng=rng, bias=False)
        ### END SOLUTION

    def forward(self, x):
        """x (N, C, H, W) -> (N, F, OH, OW)."""
        ### BEGIN SOLUTION
        active = self.first.forward(x)
        skip = x if self.projection is None else self.projection.forward(active)
        return self.branch.forward(active) + skip
        ### END SOLUTION

    def backward(self, dout):
        """dout, shape of the output -> dx, shape of x. Fills the gradients of all layers inside."""
        ### BEGIN SOLUTION
        dactive = self.branch.backward(dout)
        if self.projection is None:
            return self.first.backward(dactive) + dout
        return self.first.backward(dactive + self.projection.backward(dout))
        ### END SOLUTION

    def layers(self):
        """All layers inside: `first`, the branch's from first to last, then the shortcut's."""
        ### BEGIN SOLUTION
        yield from self.first.layers()
        yield from self.branch.layers()
        if self.projection is not None:
            yield from self.projection.layers()
        ### END SOLUTION
