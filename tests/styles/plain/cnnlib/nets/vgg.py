"""Layers added to a Sequential one by one; the network calls its parts one after the other."""

import torch
from torch import nn
from torch.nn import functional as F


def vgg_block(in_channels, out_channels, convolutions, batch_norm=False):
    block = nn.Sequential()
    channels = in_channels
    for _ in range(convolutions):
        block.append(nn.Conv2d(channels, out_channels, kernel_size=3, padding="same", bias=not batch_norm))
        if batch_norm:
            block.append(nn.BatchNorm2d(out_channels))
        block.append(nn.ReLU(inplace=True))
        channels = out_channels
    block.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return block


class VGG(nn.Module):
    def __init__(self, depth=16, classes=1000, batch_norm=False, width=64, hidden=4096, size=224, block=vgg_block):
        super().__init__()
        few, many = (1 if depth == 11 else 2), {11: 2, 13: 2, 16: 3, 19: 4}[depth]
        self.block1 = block(3, width, few, batch_norm)
        self.block2 = block(width, width * 2, few, batch_norm)
        self.block3 = block(width * 2, width * 4, many, batch_norm)
        self.block4 = block(width * 4, width * 8, many, batch_norm)
        self.block5 = block(width * 8, width * 8, many, batch_norm)
        self.fc3 = nn.Linear(hidden, classes)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc1 = nn.Linear(width * 8 * (size // 2**5) ** 2, hidden)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(x)))
        x = torch.flatten(self.block5(self.block4(x)), start_dim=1)
        x = F.dropout(F.relu(self.fc1(x)), training=self.training)
        x = F.dropout(F.relu(self.fc2(x)), training=self.training)
        return self.fc3(x)
