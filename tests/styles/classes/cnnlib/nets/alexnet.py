"""One large nn.Sequential, its sizes found by sending an image of zeros through, ReLU in place."""

import torch
from torch import nn


class AlexNet(nn.Module):
    def __init__(self, classes=1000, width=96, hidden=4096, groups=2, lrn=True):
        super().__init__()
        norm = [lambda: nn.LocalResponseNorm(5, 5e-4, 0.75, 2)] if lrn else []
        plan = ((width, 11, 4, 2, 1, True), (8 * width // 3, 5, 1, 2, groups, True), (4 * width, 3, 1, 1, 1, False))
        plan += ((4 * width, 3, 1, 1, groups, False), (8 * width // 3, 3, 1, 1, groups, False))
        layers, channels = [], 3
        for number, (filters, kernel, stride, padding, parts, normed) in enumerate(plan):
            layers += [nn.Conv2d(channels, filters, (kernel, kernel), (stride, stride), padding, groups=parts), nn.ReLU(inplace=True)]
            layers += [make() for make in norm if normed]
            if number in (0, 1, 4):
                layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
            channels = filters
        features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((6, 6)), nn.Flatten(1))
        with torch.no_grad():
            inputs = features(torch.zeros(1, 3, 224, 224)).shape[1]
        drop = nn.Dropout()
        self.all = nn.Sequential(
            features, nn.Linear(inputs, hidden), nn.ReLU(True), drop, nn.Linear(hidden, hidden), nn.ReLU(True), drop, nn.Linear(hidden, classes)
        )

    def forward(self, x):
        return self.all(x)
