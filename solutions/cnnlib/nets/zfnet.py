"""ZFNet as an nn.Module."""

import torch
from torch import nn


class ZFNet(nn.Module):
    """ZFNet for colour images of 224 by 224 pixels: AlexNet, after its authors had looked at what its filters see.

    classes  how many there are to tell apart
    width    filters of the first convolution; a multiple of 3, and all others in proportion to it: 96 gives the table below
    hidden   units of each of the two fully connected layers in the middle
    wide     convolutions 3, 4 and 5 have 512, 1024 and 512 filters; if not, 384, 384 and 256 as AlexNet has
    lrn      whether local response normalisation stands behind the first two poolings
    forward  (N, 3, 224, 224) -> (N, classes) scores; no softmax, that is part of the loss

        layer                                                     output            parameters, wide      if not
        convolution, 96 filters 7×7, stride 2, padding 1          96 × 110 × 110           14,208
        ReLU, max pooling 3×3, stride 2, LRN                      96 × 55 × 55
        convolution, 256 filters 5×5, stride 2, no padding        256 × 26 × 26           614,656
        ReLU, max pooling 3×3, stride 2, LRN                      256 × 13 × 13
        convolution, 512 filters 3×3, padding 1, ReLU             512 × 13 × 13         1,180,160        885,120
        convolution, 1024 filters 3×3, padding 1, ReLU            1024 × 13 × 13        4,719,616      1,327,488
        convolution, 512 filters 3×3, padding 1, ReLU             512 × 13 × 13         4,719,104        884,992
        max pooling 3×3, stride 2, flattened                      18432                              9216
        fully connected, ReLU, dropout                            4096                 75,501,568     37,752,832
        fully connected, ReLU, dropout                            4096                 16,781,312
        fully connected                                           classes               4,097,000
                                                                                      107,627,624     62,357,608

    A pooling window may hang over the edge (ceil_mode=True): otherwise 110 becomes 54 and not 55. No convolution is in groups.
    LRN comes after pooling here, before it in AlexNet. Its constants: out = x / (2 + 1e-4 · sum of squares over 5 channels) ** 0.75;
    nn.LocalResponseNorm divides its alpha by its size first, and its k is 1 unless told otherwise. Dropout drops half.
    Layers with parameters are nn.Conv2d and nn.Linear; what you call them is up to you.
    Source: Zeiler, Fergus 2014, "Visualizing and understanding convolutional networks", figure 3; the wide one in its table 2. They say
    "contrast normalized across feature maps": we take AlexNet's constants for it.
    """

    def __init__(self, classes: int = 1000, width: int = 96, hidden: int = 4096, wide: bool = True, lrn: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        def pool():
            return nn.MaxPool2d(3, stride=2, ceil_mode=True)

        def norm():
            return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0) if lrn else nn.Identity()

        f1, f2 = width, width * 8 // 3
        f3, f4, f5 = (2 * f2, 4 * f2, 2 * f2) if wide else (4 * f1, 4 * f1, f2)
        self.features = nn.Sequential(
            nn.Conv2d(3, f1, 7, stride=2, padding=1), nn.ReLU(), pool(), norm(),  # (N, 96, 55, 55)
            nn.Conv2d(f1, f2, 5, stride=2), nn.ReLU(), pool(), norm(),            # (N, 256, 13, 13)
            nn.Conv2d(f2, f3, 3, padding=1), nn.ReLU(),                           # (N, 512, 13, 13)
            nn.Conv2d(f3, f4, 3, padding=1), nn.ReLU(),                           # (N, 1024, 13, 13)
            nn.Conv2d(f4, f5, 3, padding=1), nn.ReLU(), pool(), nn.Flatten(),     # (N, 512 · 6 · 6)
        )
        self.classifier = nn.Sequential(
            nn.Linear(f5 * 6 * 6, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 224, 224) -> (N, classes)"""
        ### BEGIN SOLUTION
        return self.classifier(self.features(x))
        ### END SOLUTION
