"""Several looks at each image at test time, averaged; and how often a classifier errs: top-1, top-5.

Images are (N, C, H, W) as the model wants them (normalised floats), on the model's device. A model is an nn.Module, (N, C, H, W) -> (N, K)
scores; while it looks it is in evaluation mode and no gradients are recorded, and it comes out in the modes that it came with.
"""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F

PAPER_SCALES = (224, 256, 384, 480, 640)  # He et al. 2016, section 3.4


def ten_crop(images, size):
    """Ten pieces of each image, (N, 10, C, size, size): corners and centre, then their mirror images, in the order of your `augment.ten_crop`."""
    H, W = images.shape[2:]
    bottom, right = H - size, W - size
    if size < 1 or bottom < 0 or right < 0:
        raise ValueError(f"Pieces of {size}×{size} pixels cannot be cut out of {H}×{W}: resize the images first, or choose a smaller size.")
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    five = torch.stack([images[:, :, i : i + size, j : j + size] for i, j in places], dim=1)
    return torch.cat([five, five.flip(-1)], dim=1)


def resized(images, short_side):
    """Images whose shorter side has short_side pixels, the longer one as many as keep its proportions (rounded down); bilinear, as grids of numbers.

    What your `augment.resize_short_side` gives, for a batch. Without antialiasing: the papers enlarge or shrink by less than a factor of two.
    """
    H, W = images.shape[2:]
    size = (short_side * H // min(H, W), short_side * W // min(H, W))
    return images if size == (H, W) else F.interpolate(images, size, mode="bilinear", align_corners=False)


def probabilities(model, images, looks=None, at_once=512):
    """What the model says of each image: (N, K) float32, the mean of the probabilities over several looks at it.

    looks    function: looks(images (n, C, H, W)) -> (n, L, C, h, w), such as `lambda images: ten_crop(images, 224)`. None: the image as it is
    at_once  so many looks go through the model together
    """
    with looking(model):
        parts = []
        for part in images.split(max(at_once // (1 if looks is None else looks(images[:1]).shape[1]), 1)) if len(images) else ():
            seen = part[:, None] if looks is None else looks(part)
            scores = model(seen.flatten(0, 1)).float().softmax(dim=1)
            parts.append(scores.view(*seen.shape[:2], -1).mean(dim=1))
    if not parts:
        raise ValueError("There are no images to look at: the batch is empty.")
    return torch.cat(parts)


def mirrored(images):
    """Two looks at each image: as it is, and its mirror image. (N, 2, C, H, W)"""
    return torch.stack([images, images.flip(-1)], dim=1)


def multi_scale(model, images, short_sides=PAPER_SCALES, size=None, at_once=512):
    """What the model says of each image at several scales: (N, K), the mean of the probabilities over all of them.

    size  None: whole images and their mirror images, for networks that end in global average pooling and so take any size (ResNet);
          int: ten crops of size×size at each scale, for networks whose layers want one size (AlexNet, VGG with its fully connected layers)

    He et al. average scores and Simonyan and Zisserman probabilities; here it is probabilities, as for ten crops.
    """
    looks = mirrored if size is None else lambda batch: ten_crop(batch, size)
    return torch.stack([probabilities(model, resized(images, side), looks, at_once) for side in short_sides]).mean(dim=0)


def top_k_errors(scores, labels, ks=(1, 5)):
    """Share of images whose label is not among the k with the largest scores: {1: 0.4, 5: 0.1}, plain floats.

    scores  (N, K) probabilities or scores, labels (N,). A row with NaN counts as wrong. Where scores tie at the border, the label loses
    """
    if not len(labels) or len(scores) != len(labels):
        raise ValueError(f"There are {len(scores)} rows of scores for {len(labels)} labels; both should be equally many, and at least one.")
    if max(ks) > scores.shape[1]:
        raise ValueError(f"The best {max(ks)} of {scores.shape[1]} classes say nothing: ask for smaller k.")
    own = scores.gather(1, labels[:, None])
    others = (scores >= own).sum(dim=1) - 1  # how many other classes score as high or higher
    wrong = scores.isnan().any(dim=1)
    return {k: (wrong | (others >= k)).float().mean().item() for k in ks}


class Middle(nn.Module):
    """The square in the middle of each image, size×size: (N, C, H, W) -> (N, C, size, size). In front of a network whose layers want one size."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        top, left = ((length - self.size) // 2 for length in x.shape[2:])
        return x[:, :, top : top + self.size, left : left + self.size]


@contextmanager
def looking(model):
    """Evaluation mode and no gradients, for a while; every module gets its own mode back."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for module, training in modes.items():
            module.training = training
