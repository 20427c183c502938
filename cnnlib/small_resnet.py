"""A small residual network for small images, put together from your own pieces, and its plain twin."""

import numpy as np

from cnnlib.kit import BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, ReLU, Sequential
from cnnlib.residual import BasicBlock


def network_input(images):
    """Given: images (N, C, H, W) uint8 as the network wants them: float32, from -1 (black) to 1 (white), each 2×2 pixels averaged."""
    N, C, H, W = images.shape
    means = images.reshape(N, C, H // 2, 2, W // 2, 2).mean(axis=(3, 5), dtype=np.float32)
    return means / np.float32(127.5) - np.float32(1)


def network_arrays(network):
    """Given: parameters and running statistics of all layers in their order, as small_resnet.npz holds them: {"00": ..., "01": ..., ...}."""
    arrays = [array for layer in network.layers() for array in layer.arrays().values()]
    return {f"{number:02}": array for number, array in enumerate(arrays)}


def build_small_resnet(blocks, width, rng, residual=True):
    """A residual network for grey images and ten classes, as the paper's for CIFAR-10, from the kit's layers and your blocks.

    blocks    n, how many blocks each of the three stages has: 6·n + 2 layers with weights, projections not counted
    width     W, the channels of the first stage; the second has 2·W, the third 4·W
    rng       numpy.random.Generator: hand it to every layer with weights, from the first to the last
    residual  False: the plain twin, the same network without its shortcuts
    returns   kit.Sequential  (N, 1, H, H) -> (N, 10) scores, one per class; no softmax, that is part of the loss

        part                                               output
        conv 3×3, padding 1, no bias · batch norm · ReLU   W × H × H
        stage 1: n blocks                                  W × H × H
        stage 2: n blocks, the first with stride 2         2·W × ⌈H/2⌉ × ⌈H/2⌉
        stage 3: n blocks, the first with stride 2         4·W × ⌈H/4⌉ × ⌈H/4⌉
        global average pooling                             4·W
        fully connected                                    10

    A block is your `BasicBlock`. Its plain twin is the branch with a ReLU behind it, without shortcut or projection:
    conv 3×3, stride, padding 1 · batch norm · ReLU · conv 3×3, padding 1 · batch norm · ReLU, convolutions without bias.
    Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 4.2 (there W = 16 and n = 3, 5, 7, 9, 18;
    its shortcuts have no weights: option A, where ours project).
    """
    raise NotImplementedError("small_resnet.build_small_resnet: not written yet — stride hint small_resnet.build_small_resnet")
