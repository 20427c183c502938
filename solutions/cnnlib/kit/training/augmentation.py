"""Augmentation of whole batches, on the device where they lie: what you wrote for NumPy, image by image, without a loop.

Everywhere: a batch of images is (N, C, H, W), uint8 or floats, on any device, and the result lies there too. All randomness comes from
`generator`, a torch.Generator. Where it lives on the CPU, as it should, a seed draws the same crops on every device. The arguments are not
modified.
"""

import torch
from torch.nn import functional as F


def random_crop(images, size, generator, padding=0, mirrored=False):
    """A piece of each image, from a random place of its own: your `augment.random_crop`, for a batch at once.

    images   (N, C, H, W)
    size     int or (h, w)
    padding  int: so many rows and columns of zeros come on each side first (where 0 is not the mean, crop after `normalized`)
    mirrored whether the image's own rows and columns come there instead, as in a mirror along its edge pixels; padding is less than H and W then
    returns  (N, C, h, w) of images' dtype

    Sources: Krizhevsky et al. 2012, section 4.1 (224 of 256 pixels); He et al. 2016, section 4.2 (32 of 32 + 2·4).
    """
    h, w = (size, size) if isinstance(size, int) else size
    if padding and mirrored:
        rows, columns = (_mirror(length, padding, images.device) for length in images.shape[2:])
        padded = images[:, :, rows][:, :, :, columns]
    else:
        padded = F.pad(images, (padding,) * 4) if padding else images
    H, W = padded.shape[2:]
    if not (0 < h <= H and 0 < w <= W):
        raise ValueError(f"A piece of {h}×{w} pixels cannot be cut out of {H}×{W} (padding included): choose a smaller size, or more padding.")
    tops = _draw(torch.randint, H - h + 1, images, generator)
    lefts = _draw(torch.randint, W - w + 1, images, generator)
    pieces = padded.unfold(2, h, 1).unfold(3, w, 1)  # (N, C, H - h + 1, W - w + 1, h, w): every piece there is; a view, nothing is copied yet
    return pieces[torch.arange(len(images), device=images.device), :, tops, lefts]


def random_flip(images, generator, p=0.5):
    """Each image mirrored (left becomes right) with probability p: your `augment.random_horizontal_flip`."""
    flipped = _draw(torch.rand, (), images, generator) < p
    return torch.where(flipped[:, None, None, None], images.flip(3), images)


def cutout(images, size, generator, fill=0):
    """A square of each image, `size` pixels wide, painted over with `fill`; its centre is any pixel, so part of it may lie outside.

    The square covers rows centre - size // 2 … centre - size // 2 + size - 1, columns likewise, in all channels. Source: DeVries and Taylor
    2017, "Improved regularization of convolutional neural networks with cutout" (arXiv:1708.04552), section 3: 16 of 32 pixels for CIFAR-10,
    after the mean was taken off, so that 0 is the mean.
    """
    covered = []
    for axis in (2, 3):
        length = images.shape[axis]
        first = _draw(torch.randint, length, images, generator)[:, None] - size // 2
        place = torch.arange(length, device=images.device)
        covered.append((place >= first) & (place < first + size))  # (N, length)
    square = covered[0][:, None, :, None] & covered[1][:, None, None, :]
    return images.masked_fill(square, fill)


def colour_shift(images, eigenvalues, eigenvectors, generator, scale=0.1):
    """Light and colour of each image moved along the directions in which the training pixels vary: your `augment.color_jitter`.

    images        (N, 3, H, W); floats come out, float32 for uint8, in the same unit as before (0 … 255 stay 0 … 255). Nothing is clipped
    eigenvalues   (3,), eigenvectors (3, 3), its columns the directions: as `colour_axes` gives them, in the unit of the images

    Source: Krizhevsky et al. 2012, section 4.1.
    """
    if images.shape[1] != 3:
        raise ValueError(f"Colours are shifted in images of 3 channels; these have {images.shape[1]}.")
    images = images if images.is_floating_point() else images.float()
    alpha = scale * _draw(torch.randn, (3,), images, generator)
    values, vectors = (torch.as_tensor(array, dtype=alpha.dtype).to(images.device, non_blocking=True) for array in (eigenvalues, eigenvectors))
    shift = (alpha * values) @ vectors.T  # (N, 3): red, green, blue
    return images + shift[:, :, None, None].to(images.dtype)


def colour_axes(images):
    """Eigenvalues (3,) and eigenvectors (3, 3, a column each) of the covariance of red, green and blue, over all pixels; float64, on the CPU.

    A direction's sign says nothing, and libraries choose it as they like: here the largest component of each is positive.
    """
    total, squares, count = torch.zeros(3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64), 0
    for part in images.split(1024):  # in parts: all of ImageNet-sized data in float64 would not fit
        pixels = part.movedim(1, -1).reshape(-1, 3).double()
        total += pixels.sum(dim=0).cpu()
        squares += (pixels.T @ pixels).cpu()
        count += len(pixels)
    mean = total / count
    values, vectors = torch.linalg.eigh(squares / count - torch.outer(mean, mean))
    signs = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True)).sign()
    return values.clamp(min=0), vectors * signs


def random_scale_crop(images, size, generator, short_sides=(256, 480)):
    """ResNet's scale augmentation: each image scaled so that its shorter side is some number in short_sides, then a random piece of it.

    images       (N, C, H, W); floats come out (float32 for uint8, the same for floats)
    size         int: height and width of a piece, at most short_sides[0]
    short_sides  (smallest, largest), both may be drawn
    returns      (N, C, size, size): what your `augment.resize_short_side` and then `random_crop` would give, each image with numbers of its own

    Only the pixels of the piece are computed. Bilinear, without antialiasing: keep images that are much larger than short_sides smaller beforehand.
    Sources: Simonyan and Zisserman 2015, section 3.1 ([256, 512]); He et al. 2016, section 3.4 ([256, 480]).
    """
    smallest, largest = short_sides
    if not 0 < size <= smallest <= largest:
        raise ValueError(f"short_sides are {smallest} to {largest}, and a piece of {size} pixels must fit into the smallest: choose others.")
    dtype = images.dtype if images.is_floating_point() else torch.float32
    images = images.to(torch.promote_types(dtype, torch.float32))  # in half precision neighbouring columns would have the same place
    H, W = images.shape[2:]
    side = smallest + _draw(torch.randint, largest - smallest + 1, images, generator)
    places = []
    for length in (H, W):
        scaled = side * length // min(H, W)
        first = (_draw(torch.rand, (), images, generator) * (scaled - size + 1)).long()  # 0 … scaled - size, each as likely
        rows = first[:, None] + torch.arange(size, device=images.device) + 0.5
        places.append(rows * (2 / scaled[:, None]) - 1)  # -1 … 1 from edge to edge of the image: what grid_sample counts in
    y, x = (place.to(images.dtype) for place in places)
    grid = torch.stack([x[:, None, :].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False).to(dtype)


def normalized(images, mean, std, dtype=torch.float32):
    """(images - mean) / std for each channel, as floats. mean and std: a number for each channel, in the unit of the images (uint8: 0 … 255)."""
    mean, std = (torch.as_tensor(numbers, dtype=torch.float32, device=images.device).view(1, -1, 1, 1) for numbers in (mean, std))
    return ((images.to(torch.float32) - mean) / std).to(dtype)


def _mirror(length, padding, device):
    """Places of the rows: padding … 1, 0 … length - 1, length - 2 … length - 1 - padding."""
    if padding >= length:
        raise ValueError(f"{length} rows or columns have no mirror image of {padding}: choose a smaller padding.")
    places = torch.arange(-padding, length + padding, device=device).abs()
    return (length - 1) - (length - 1 - places).abs()


def _draw(draw, extent, images, generator):
    """Random numbers for the images, one row each: drawn where the generator lives, then brought to the images' device."""
    shape = (len(images), *extent) if isinstance(extent, tuple) else (len(images),)
    bounds = () if isinstance(extent, tuple) else (extent,)
    return draw(*bounds, shape, generator=generator, device=generator.device).to(images.device, non_blocking=True)
