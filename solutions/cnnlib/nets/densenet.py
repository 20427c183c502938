"""DenseNet: every layer sees what all layers before it made."""

import torch
from torch import nn


class DenseLayer(nn.Module):
    """One layer of a dense block: makes a few new channels from all there are, and puts them behind these.

    in_channels  C, the channels of x: all that was made before
    growth       k, how many channels the layer adds
    bottleneck   b: a 1×1 convolution narrows x to b·k channels first; 0: there is none
    dropout      the probability with which a number is dropped in training, behind each convolution
    forward      (N, C, H, W) -> (N, C + k, H, W): x as it came, then the k new channels

        with a bottleneck   batch norm · ReLU · conv 1×1 to b·k · dropout · batch norm · ReLU · conv 3×3 to k · dropout
        without             batch norm · ReLU · conv 3×3 to k · dropout

    The 3×3 convolution has padding 1; neither has a bias. Layers with parameters are nn.Conv2d and nn.BatchNorm2d, dropout is nn.Dropout (or
    F.dropout); names are up to you. Nothing is added up here: x and what is new stand side by side (torch.cat).
    Source: Huang, Liu, van der Maaten, Weinberger 2017, "Densely connected convolutional networks", section 3 ("composite function",
    "bottleneck layers"); dropout: section 4.2.
    """

    def __init__(self, in_channels: int, growth: int, bottleneck: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        layers: list[nn.Module] = []
        if bottleneck:
            narrow = bottleneck * growth
            layers += [nn.BatchNorm2d(in_channels), nn.ReLU(), nn.Conv2d(in_channels, narrow, 1, bias=False), nn.Dropout(dropout)]
            in_channels = narrow
        layers += [nn.BatchNorm2d(in_channels), nn.ReLU(), nn.Conv2d(in_channels, growth, 3, padding=1, bias=False), nn.Dropout(dropout)]
        self.new = nn.Sequential(*layers)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, C + k, H, W)"""
        ### BEGIN SOLUTION
        return torch.cat([x, self.new(x)], dim=1)
        ### END SOLUTION


class DenseNet(nn.Module):
    """DenseNet: dense blocks, in which the channels grow layer by layer, and transitions between them, which make fewer of them and halve the size.

    counts        how many layers each dense block has
    growth        k, how many channels a layer adds
    classes       how many there are to tell apart
    bottleneck    handed to every layer
    compression   θ: of the C channels of a dense block its transition keeps int(θ · C)
    dropout       handed to every layer, and behind the convolution of every transition
    stem          S, the channels of the first convolution
    small_images  True: the stem for images of 32×32 pixels
    layer         a class such as DenseLayer: layer(in_channels, growth, bottleneck, dropout) gives in_channels + growth channels
    forward       (N, 3, H, W) -> (N, classes) scores, for images of any size; no softmax, that is part of the loss

        part                                                          output                    DenseNet-121, 224×224
        stem: conv 7×7, stride 2, padding 3 · batch norm · ReLU       S channels                64 × 112 × 112
              max pooling 3×3, stride 2, padding 1                    S                         64 × 56 × 56
        dense block: counts[0] layers                                 C = S + counts[0]·k       256 × 56 × 56
        transition: batch norm · ReLU · conv 1×1 · dropout            int(θ·C)                  128 × 56 × 56
                    average pooling 2×2                               int(θ·C)                  128 × 28 × 28
        dense block: counts[1] layers, transition, …                  …                         512 × 28 × 28, …
        the last dense block, without a transition                    C                         1024 × 7 × 7
        batch norm · ReLU · mean over all places                      C                         1024
        fully connected, with bias                                    classes                   1000

    With small_images=True the stem is one conv 3×3, padding 1, with nothing behind it. No convolution has a bias.

        network        counts           growth   parameters
        DenseNet-121   6, 12, 24, 16    32       7,978,856
        DenseNet-169   6, 12, 32, 32    32       14,149,480
        DenseNet-201   6, 12, 48, 32    32       20,013,928
        DenseNet-40    12, 12, 12       12       1,019,722   (CIFAR-10: bottleneck=0, compression=1, stem=16, small_images=True)

    Source: Huang, Liu, van der Maaten, Weinberger 2017, "Densely connected convolutional networks", table 1 and section 3; parameters:
    torchvision.models.densenet, for CIFAR-10 table 2 of the paper ("1.0M").
    """

    def __init__(
        self, counts: tuple[int, ...] = (6, 12, 24, 16), growth: int = 32, classes: int = 1000, bottleneck: int = 4, compression: float = 0.5,
        dropout: float = 0.0, stem: int = 64, small_images: bool = False, layer: type[nn.Module] = DenseLayer,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if small_images:
            parts: list[nn.Module] = [nn.Conv2d(3, stem, 3, padding=1, bias=False)]
        else:
            parts = [nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(stem), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)]
        channels = stem
        for block, count in enumerate(counts):
            if block > 0:
                kept = int(compression * channels)
                parts += [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, kept, 1, bias=False), nn.Dropout(dropout), nn.AvgPool2d(2)]
                channels = kept
            for _ in range(count):
                parts.append(layer(channels, growth, bottleneck, dropout))
                channels += growth
        self.features = nn.Sequential(*parts, nn.BatchNorm2d(channels), nn.ReLU())
        self.classifier = nn.Linear(channels, classes)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)"""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x).mean(dim=(2, 3)))
        ### END SOLUTION


def densenet(depth: int = 121, classes: int = 1000) -> DenseNet:
    """Given: the published network for ImageNet with so many layers that have weights: 121, 169 or 201."""
    counts = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
    if depth not in counts:
        raise ValueError(f"depth is one of {', '.join(map(str, counts))}, not {depth}")
    return DenseNet(counts[depth], classes=classes)


def cifar_densenet(depth: int = 40, growth: int = 12, classes: int = 10, bottleneck: int = 0, dropout: float = 0.0) -> DenseNet:
    """Given: the published network for CIFAR's small images. With bottleneck=4 it is DenseNet-BC, whose transitions keep half of the channels."""
    each, rest = divmod(depth - 4, 6 if bottleneck else 3)
    if each < 1 or rest:
        raise ValueError(f"depth is {'6' if bottleneck else '3'}·n + 4, not {depth}")
    stem, compression = (2 * growth, 0.5) if bottleneck else (16, 1)
    return DenseNet((each,) * 3, growth, classes, bottleneck, compression, dropout, stem, small_images=True)
