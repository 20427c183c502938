"""LeNet-5 as an nn.Module."""

import torch
from torch import nn


class LeNet5(nn.Module):
    """LeNet-5 for images of 32 by 32 pixels: the network that you built from your own layers, now from PyTorch's.

    channels, classes  how many the images have, and how many there are to tell apart
    forward            (N, channels, 32, 32) -> (N, classes) scores; no softmax, that is part of the loss

        layer                          output          parameters (1 channel, 10 classes)
        convolution, 6 filters 5×5     6 × 28 × 28            156
        tanh, average pooling 2×2      6 × 14 × 14
        convolution, 16 filters 5×5    16 × 10 × 10         2,416
        tanh, average pooling 2×2      16 × 5 × 5
        convolution, 120 filters 5×5   120 × 1 × 1         48,120
        tanh, flattened                120
        fully connected                84                  10,164
        tanh
        fully connected                classes                850
                                                           61,706

    Convolutions have stride 1 and no padding. Layers with parameters are nn.Conv2d and nn.Linear; what you call them is up to you.
    Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", figure 2, with
    plain average pooling and scores in place of its trainable subsampling, partial connections and radial basis functions.
    """

    def __init__(self, channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError("nets.lenet.LeNet5: not written yet — stride hint nets.lenet.LeNet5")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, 32, 32) -> (N, classes)"""
        raise NotImplementedError("nets.lenet.LeNet5: not written yet — stride hint nets.lenet.LeNet5")
