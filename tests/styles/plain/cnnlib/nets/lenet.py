"""With functions for all that has no parameters, and layers made in another order than they compute."""

import torch
from torch import nn
from torch.nn import functional as F


class LeNet5(nn.Module):
    def __init__(self, channels=1, classes=10):
        super().__init__()
        self.fc2 = nn.Linear(84, classes)
        self.fc1 = nn.Linear(120, 84)
        self.conv3 = nn.Conv2d(16, 120, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.conv1 = nn.Conv2d(channels, 6, kernel_size=5)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.adaptive_avg_pool2d(self.conv2(x).tanh(), (5, 5))
        x = self.conv3(x).tanh().view(x.size(0), -1)
        return self.fc2(torch.tanh(self.fc1(x)))
