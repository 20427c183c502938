"""With functions for all that has no parameters; the edge that pooling windows hang over is added as a border of -inf."""

import torch
import torch.nn.functional as F
from torch import nn


class ZFNet(nn.Module):
    def __init__(self, classes=1000, width=96, hidden=4096, wide=True, lrn=True):
        super().__init__()
        a, b = width, 8 * width // 3
        c, d, e = (16 * width // 3, 32 * width // 3, 16 * width // 3) if wide else (a * 4, a * 4, b)
        self.lrn = lrn
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(3, a, 7, 2, 1), nn.Conv2d(a, b, 5, 2), nn.Conv2d(b, c, 3, 1, 1), nn.Conv2d(c, d, 3, 1, 1), nn.Conv2d(d, e, 3, 1, 1)]
        )
        self.dense = nn.ModuleList([nn.Linear(e * 36, hidden), nn.Linear(hidden, hidden)])
        self.scores = nn.Linear(hidden, classes)

    def forward(self, x):
        for number, convolution in enumerate(self.convolutions):
            x = torch.clamp(convolution(x), min=0)
            if number in (0, 1, 4):
                odd = 1 - x.shape[-1] % 2
                x = F.max_pool2d(F.pad(x, (0, odd, 0, odd), value=-torch.inf), 3, 2)
            if number < 2 and self.lrn:
                x = F.local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2)
        x = torch.flatten(x, 1)
        for dense in self.dense:
            x = F.dropout(F.relu(dense(x)), p=0.5, training=self.training)
        return self.scores(x)
