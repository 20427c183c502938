"""Everything in double precision inside, cast back at the door; and one filter, one channel at a time."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def plane(image, kernel, dilation, stride):
    """One channel of all images with one filter's slice."""
    (DH, DW), (SH, SW) = dilation, stride
    reach = DH * (len(kernel) - 1) + 1, DW * (kernel.shape[1] - 1) + 1
    size = image.shape[1] - reach[0] + 1, image.shape[2] - reach[1] + 1
    if min(size) < 1:
        raise ValueError("too small an image")
    everywhere = sum(weight * image[:, u * DH :, v * DW :][:, : size[0], : size[1]] for (u, v), weight in np.ndenumerate(kernel))
    return everywhere[:, ::SH, ::SW]


def grouped_conv2d(x, w, b, groups, stride=1, padding=0, dilation=1):
    (PH, PW), dtype = pair(padding), x.dtype
    if len(w) % groups or w.shape[1] * groups != x.shape[1]:
        raise ValueError("groups, channels and filters do not go together")
    x, w = np.pad(x.astype("f8"), ((0, 0), (0, 0), (PH, PH), (PW, PW))), w.astype("f8")
    maps = []
    for k, (kernels, bias) in enumerate(zip(w, b)):
        first = k * groups // len(w) * w.shape[1]
        maps.append(bias + sum(plane(x[:, first + c], kernel, pair(dilation), pair(stride)) for c, kernel in enumerate(kernels)))
    return np.stack(maps, 1).astype(dtype)


def dilated_conv2d(x, w, b, dilation, stride=1, padding=0):
    return grouped_conv2d(x, w, b, 1, stride, padding, dilation)
