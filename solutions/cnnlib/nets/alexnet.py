"""AlexNet as an nn.Module."""

import torch
from torch import nn


class AlexNet(nn.Module):
    """AlexNet for colour images of 224 by 224 pixels.

    classes  how many there are to tell apart
    width    filters of the first convolution; a multiple of 6, and all others in proportion to it: 96 gives the table below
    hidden   units of each of the two fully connected layers in the middle
    groups   of convolutions 2, 4 and 5: 2 is the published network, each half of whose filters sees half of the channels; 1 has no halves
    lrn      whether local response normalisation stands behind the first two ReLUs
    forward  (N, 3, 224, 224) -> (N, classes) scores; no softmax, that is part of the loss

        layer                                                      output           parameters, groups=1      groups=2
        convolution, 96 filters 11×11, stride 4, padding 2         96 × 55 × 55            34,944
        ReLU, LRN, max pooling 3×3, stride 2                       96 × 27 × 27
        convolution, 256 filters 5×5, padding 2, in groups         256 × 27 × 27          614,656          307,456
        ReLU, LRN, max pooling 3×3, stride 2                       256 × 13 × 13
        convolution, 384 filters 3×3, padding 1, ReLU              384 × 13 × 13          885,120
        convolution, 384 filters 3×3, padding 1, in groups, ReLU   384 × 13 × 13        1,327,488          663,936
        convolution, 256 filters 3×3, padding 1, in groups, ReLU   256 × 13 × 13          884,992          442,624
        max pooling 3×3, stride 2, flattened                       9216
        fully connected, ReLU, dropout                             4096                37,752,832
        fully connected, ReLU, dropout                             4096                16,781,312
        fully connected                                            classes              4,097,000
                                                                                       62,378,344       60,965,224

    LRN, with the paper's constants: out = x / (2 + 1e-4 · sum of squares over 5 channels) ** 0.75. nn.LocalResponseNorm takes them in another
    convention: it divides its alpha by its size first, and its k is 1 unless told otherwise.
    Dropout drops half. Layers with parameters are nn.Conv2d (a convolution in groups is one of them: groups=…) and nn.Linear; what you call
    them is up to you.
    Source: Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural networks", section 3. (It names no
    padding, and 11×11 with stride 4 does not fit 224 pixels: two rows of zeros on each side give its 55 × 55.)
    """

    def __init__(self, classes: int = 1000, width: int = 96, hidden: int = 4096, groups: int = 2, lrn: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        def norm():
            size = 5
            return nn.LocalResponseNorm(size, alpha=size * 1e-4, beta=0.75, k=2.0) if lrn else nn.Identity()

        f1, f2, f3 = width, width * 8 // 3, width * 4
        self.features = nn.Sequential(
            nn.Conv2d(3, f1, 11, stride=4, padding=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),             # (N, 96, 27, 27)
            nn.Conv2d(f1, f2, 5, padding=2, groups=groups), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),        # (N, 256, 13, 13)
            nn.Conv2d(f2, f3, 3, padding=1), nn.ReLU(),                                                   # (N, 384, 13, 13)
            nn.Conv2d(f3, f3, 3, padding=1, groups=groups), nn.ReLU(),                                    # (N, 384, 13, 13)
            nn.Conv2d(f3, f2, 3, padding=1, groups=groups), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),  # (N, 256 · 6 · 6)
        )
        self.classifier = nn.Sequential(
            nn.Linear(f2 * 6 * 6, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 224, 224) -> (N, classes)"""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x))
        ### END SOLUTION
