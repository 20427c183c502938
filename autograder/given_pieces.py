"""NumPy pieces that a judged layer is made around: convolution, ReLU and batch normalization, from no learner's file.

They come into the sandbox, where PyTorch is not. So a block of layers is judged for how it is put together, whatever its
learner's own functions are like; each of those has been judged before. Small arrays only: nothing here is fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray
PATCHES = "nchw,iuh,jvw->ncijuv"  # x and the two reaches of `_reach` -> what each window sees


def conv2d_forward(x: Array, w: Array, b: Array, stride: Any = 1, padding: Any = 0) -> Array:
    """(N, C, H, W) and (F, C, KH, KW) -> (N, F, OH, OW)."""
    seen = np.einsum(PATCHES, x, *_reaches(x, w, stride, padding), optimize=True)
    return np.einsum("ncijuv,fcuv->nfij", seen, w, optimize=True) + b[:, None, None]


def conv2d_backward(dout: Array, x: Array, w: Array, b: Array, stride: Any = 1, padding: Any = 0) -> tuple[Array, Array, Array]:
    """dx, dw, db."""
    rows, columns = _reaches(x, w, stride, padding)
    dw = np.einsum("nfij,nchw,iuh,jvw->fcuv", dout, x, rows, columns, optimize=True)
    dx = np.einsum("nfij,fcuv,iuh,jvw->nchw", dout, w, rows, columns, optimize=True)
    return dx, dw, np.einsum("nfij->f", dout)


def _reaches(x: Array, w: Array, stride: Any, padding: Any) -> tuple[Array, Array]:
    strides, paddings = ((value, value) if isinstance(value, int) else value for value in (stride, padding))
    return tuple(_reach(*sizes).astype(x.dtype) for sizes in zip(x.shape[2:], w.shape[2:], strides, paddings))


def _reach(size: int, kernel: int, stride: int, padding: int) -> Array:
    """[i, u, h]: whether number u of window i is pixel h. What lies outside the image is no pixel: there are its zeros."""
    count = (size + 2 * padding - kernel) // stride + 1
    return np.arange(count)[:, None, None] * stride + np.arange(kernel)[:, None] - padding == np.arange(size)


def relu_forward(x: Array) -> Array:
    return np.where(x > 0, x, np.zeros_like(x))


def relu_backward(dout: Array, x: Array) -> Array:
    return np.where(x > 0, dout, np.zeros_like(dout))


def batch_norm_forward(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, training: bool, momentum: float = 0.1, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """out and the running statistics after it; features along axis 1 of (N, D) or (N, C, H, W)."""
    normal, _, mean, var = _normalized(x, running_mean, running_var, training, eps)
    if training:
        count = x.size // x.shape[1]
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (var * count / (count - 1) - running_var)
    return _along(gamma, x) * normal + _along(beta, x), running_mean, running_var


def batch_norm_backward(
    dout: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """dx, dgamma, dbeta."""
    normal, scale, _, _ = _normalized(x, running_mean, running_var, training, eps)
    others = _others(x)
    slope = dout * _along(gamma, x)
    if training:  # mean and variance depend on x as well: what moves them alone changes nothing
        slope = slope - slope.mean(axis=others, keepdims=True) - normal * (slope * normal).mean(axis=others, keepdims=True)
    return slope * scale, (dout * normal).sum(axis=others), dout.sum(axis=others)


def _normalized(x: Array, running_mean: Array, running_var: Array, training: bool, eps: float) -> tuple[Array, Array, Array, Array]:
    mean, var = (x.mean(axis=_others(x)), x.var(axis=_others(x))) if training else (running_mean, running_var)
    scale = _along(1 / np.sqrt(var + eps), x)
    return (x - _along(mean, x)) * scale, scale, mean, var


def _others(x: Array) -> tuple[int, ...]:
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def _along(features: Array, x: Array) -> Array:
    return features.reshape(-1, *[1] * (x.ndim - 2))


PIECES = {
    **{f"{module}.conv2d_forward": conv2d_forward for module in ("conv", "fast_conv")},
    **{f"{module}.conv2d_backward": conv2d_backward for module in ("conv", "fast_conv")},
    "activations.relu_forward": relu_forward,
    "activations.relu_backward": relu_backward,
    **{f"norm.{name}_forward": batch_norm_forward for name in ("batch_norm", "batch_norm2d")},
    **{f"norm.{name}_backward": batch_norm_backward for name in ("batch_norm", "batch_norm2d")},
}
