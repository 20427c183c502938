"""With functions for all that has no parameters, and local response normalisation written out."""

import torch
from torch import nn
from torch.nn import functional as F


class AlexNet(nn.Module):
    def __init__(self, classes=1000, width=96, hidden=4096, groups=2, lrn=True):
        super().__init__()
        self.lrn = lrn
        self.fc8 = nn.Linear(hidden, classes)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc6 = nn.Linear(width * 8 // 3 * 36, hidden)
        self.conv1 = nn.Conv2d(3, width, 11, stride=4)
        self.conv2 = nn.Conv2d(width, width * 8 // 3, 5, groups=groups)
        self.conv3 = nn.Conv2d(width * 8 // 3, width * 4, 3, padding=1)
        self.conv4 = nn.Conv2d(width * 4, width * 4, 3, padding=1, groups=groups)
        self.conv5 = nn.Conv2d(width * 4, width * 8 // 3, 3, padding="same", groups=groups)

    def normalised(self, x):
        if not self.lrn:
            return x
        squares = F.pad(x * x, (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, i : i + x.shape[1]] for i in range(5))
        return x / (2 + 1e-4 * total) ** 0.75

    def forward(self, x):
        x = F.pad(x, (2, 2, 2, 2))
        x = F.max_pool2d(self.normalised(torch.relu(self.conv1(x))), 3, 2)
        x = F.max_pool2d(self.normalised(F.relu(self.conv2(F.pad(x, (2,) * 4)))), 3, 2)
        x = F.relu(self.conv3(x))
        x = F.relu(self.conv4(x))
        x = F.max_pool2d(F.relu(self.conv5(x)), 3, 2)
        x = x.reshape(len(x), -1)
        x = F.dropout(F.relu(self.fc6(x)), 0.5, self.training)
        x = F.relu(F.dropout(self.fc7(x), training=self.training))
        return self.fc8(x)
