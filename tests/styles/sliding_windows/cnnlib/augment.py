"""Crops picked out of all windows at once; other draws of the same chances."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def random_crop(images, size, rng, padding=0):
    size = (size, size) if isinstance(size, int) else tuple(size)
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    windows = sliding_window_view(np.pad(images, sides), size, axis=(2, 3))     # (N, C, tops, lefts, h, w)
    place = rng.integers(windows.shape[2] * windows.shape[3], size=len(images))
    top, left = np.unravel_index(place, windows.shape[2:4])
    return np.ascontiguousarray(windows[np.arange(len(images)), :, top, left])


def random_horizontal_flip(images, rng, p=0.5):
    out = images.copy()
    chosen = rng.binomial(1, p, len(images)).astype(bool)
    out[chosen] = np.flip(out[chosen], axis=-1)
    return out


def color_jitter(images, eigenvalues, eigenvectors, rng, scale=0.1):
    out = images.copy()
    for image in out:
        for value, vector in zip(eigenvalues, eigenvectors.T):
            image += (rng.normal(0, scale) * value * vector)[:, None, None].astype(image.dtype)
    return out


def resize_short_side(image, size):
    C, H, W = image.shape
    OH, OW = (size, W * size // H) if H < W else (H * size // W, size)
    pads = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    windows = sliding_window_view(pads, (2, 2), axis=(1, 2))                     # (C, H + 1, W + 1, 2, 2)
    y, x = (np.arange(OH) + 0.5) * H / OH + 0.5, (np.arange(OW) + 0.5) * W / OW + 0.5
    v, u = y % 1, x % 1
    four = windows[:, y.astype(int)][:, :, x.astype(int)]                        # (C, OH, OW, 2, 2)
    out = np.einsum("cijab,ia,jb->cij", four, np.stack([1 - v, v], axis=1), np.stack([1 - u, u], axis=1))
    return out.astype(image.dtype)


def ten_crop(image, size):
    windows = sliding_window_view(image, (size, size), axis=(1, 2))              # (C, tops, lefts, size, size)
    bottom, right = windows.shape[1] - 1, windows.shape[2] - 1
    rows, columns = [0, 0, bottom, bottom, bottom // 2], [0, right, 0, right, right // 2]
    five = np.moveaxis(windows[:, rows, columns], 1, 0)
    return np.vstack([five, np.flip(five, axis=3)])


def predict_multi_crop(predict, images, size):
    crops = np.concatenate([ten_crop(image, size) for image in images])
    return predict(crops).reshape(len(images), 10, -1).mean(axis=1)
