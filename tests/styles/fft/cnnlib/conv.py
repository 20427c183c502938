"""By the Fourier transform: a correlation is a product of spectra. Computed in double precision, returned in the dtype that came in."""

import numpy as np


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


def spectra(product, x, w, *, turn=False):
    """Correlate (or convolve, with `turn`) along the last axes of x and w; `product` is an einsum over the axes before them.

    The transform goes around: the first n - k + 1 elements of a correlation are the valid ones.
    """
    d = x.ndim - 2
    size, axes = x.shape[2:], tuple(range(2, 2 + d))
    right = np.fft.fftn(w.astype(np.float64), size, axes)
    return np.fft.ifftn(np.einsum(product, np.fft.fftn(x.astype(np.float64), axes=axes), right if turn else right.conj()), axes=axes).real


def layer(x, w, b, stride, sides):
    padded = np.pad(x, ((0, 0), (0, 0), *sides))
    around = spectra("nc...,fc...->nf...", padded, w)
    valid = tuple(slice(0, n - k + 1, s) for n, k, s in zip(padded.shape[2:], w.shape[2:], stride))
    return (around[(..., *valid)] + b.reshape(-1, *(1 for _ in stride))).astype(x.dtype)


def correlate2d(image, kernel):
    return layer(image[None, None], kernel[None, None], np.zeros(1), (1, 1), ((0, 0), (0, 0)))[0, 0]


def convolve2d(image, kernel):
    KH, KW = kernel.shape
    around = np.fft.irfft2(np.fft.rfft2(image) * np.fft.rfft2(kernel, image.shape), image.shape)
    return around[KH - 1 :, KW - 1 :].astype(image.dtype)


def conv_matrix(w, height, width):
    pixels = np.eye(height * width).reshape(-1, 1, height, width)
    return layer(pixels, w[None, None], np.zeros(1), (1, 1), ((0, 0), (0, 0))).reshape(height * width, -1).T.round(12).astype(w.dtype)


def conv2d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, pair(stride), side_padding(padding, x.shape[2:], w.shape[2:], pair(stride)))


def conv1d_forward(x, w, b, stride=1, padding=0):
    return layer(x, w, b, (stride,), ((padding, padding),))


def conv3d_forward(x, w, b, stride=1, padding=0):
    stride, padding = ((value,) * 3 if isinstance(value, int) else value for value in (stride, padding))
    return layer(x, w, b, stride, tuple((p, p) for p in padding))


def rotate180(w):
    # The transform of the transform is the mirror image, with the first element kept in place: roll it to the end.
    mirrored = np.fft.fft2(np.fft.fft2(w.astype(np.float64))).real / (w.shape[-1] * w.shape[-2])
    return np.roll(mirrored, (-1, -1), (-2, -1)).astype(w.dtype)


def dilate(x, stride):
    # Zeros between the elements: the spectrum repeats.
    (H, W), (SH, SW) = x.shape[-2:], pair(stride)
    spectrum = np.tile(np.fft.fft2(x.astype(np.float64)), (SH, SW))
    return np.fft.ifft2(spectrum).real[..., : (H - 1) * SH + 1, : (W - 1) * SW + 1].astype(x.dtype)


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    (top, bottom), (left, right) = side_padding(padding, x.shape[2:], w.shape[2:], pair(stride))
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    KH, KW = w.shape[2:]
    spread = np.zeros((*dout.shape[:2], *padded.shape[2:]))
    (OH, OW), (SH, SW) = dout.shape[2:], pair(stride)
    spread[:, :, : OH * SH : SH, : OW * SW : SW] = dout

    dx = spectra("nf...,fc...->nc...", spread, w, turn=True)  # nothing goes around: a window never leaves the padded input
    dw = spectra("nc...,nf...->fc...", padded, spread)[:, :, :KH, :KW]
    dx = dx[:, :, top : padded.shape[2] - bottom, left : padded.shape[3] - right]
    return dx.astype(x.dtype), dw.astype(x.dtype), dout.sum(axis=(0, 2, 3))


def conv2d_input_gradient(dout, w):
    if dout.ndim == 2:
        return conv2d_input_gradient(dout[None, None], w[None, None])[0, 0]
    KH, KW = w.shape[2:]
    room = np.pad(dout, ((0, 0), (0, 0), (0, KH - 1), (0, KW - 1)))
    return spectra("nf...,fc...->nc...", room, w, turn=True).astype(dout.dtype)


def conv2d_weight_gradient(dout, x):
    if dout.ndim == 2:
        return correlate2d(x, dout)
    (OH, OW), (H, W) = dout.shape[2:], x.shape[2:]
    return spectra("nc...,nf...->fc...", x, dout)[:, :, : H - OH + 1, : W - OW + 1].astype(x.dtype)
