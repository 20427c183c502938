"""Computes in float64 and rounds once, at the end; one function normalizes, and one goes back, whatever the axes."""

import numpy as np


def _wide(*arrays):
    return [np.asarray(array, dtype=np.float64) for array in arrays]


def _narrow(dtype, *arrays):
    return tuple(array.astype(dtype) for array in arrays)


def _normalize(x, axes, eps, mean=None, var=None):
    if mean is None:
        mean = np.mean(x, axis=axes, keepdims=True)
        var = np.mean(np.square(x), axis=axes, keepdims=True) - mean**2
    return (x - mean) / np.sqrt(var + eps), mean, var


def _back(dhat, hat, var, axes, eps):
    count = dhat.size / var.size
    inner = count * dhat - dhat.sum(axis=axes, keepdims=True) - hat * np.sum(dhat * hat, axis=axes, keepdims=True)
    return inner / (count * np.sqrt(var + eps))


def _forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    dtype, axes, column = x.dtype, (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    x, gamma, beta, mean, var = _wide(x, gamma, beta, running_mean, running_var)
    if training:
        hat, batch_mean, batch_var = _normalize(x, axes, eps)
        count = x.size / batch_var.size
        mean = mean + momentum * (batch_mean.ravel() - mean)
        var = var + momentum * (batch_var.ravel() * count / (count - 1) - var)
    else:
        hat, _, _ = _normalize(x, axes, eps, mean.reshape(column), var.reshape(column))
    return _narrow(dtype, gamma.reshape(column) * hat + beta.reshape(column), mean, var)


def _backward(dout, x, gamma, running_mean, running_var, training, eps):
    dtype, axes, column = x.dtype, (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    dout, x, gamma, mean, var = _wide(dout, x, gamma, running_mean, running_var)
    known = (None, None) if training else (mean.reshape(column), var.reshape(column))
    hat, _, var = _normalize(x, axes, eps, *known)
    dhat = dout * gamma.reshape(column)
    dx = _back(dhat, hat, var, axes, eps) if training else dhat / np.sqrt(var + eps)
    return _narrow(dtype, dx, np.sum(dout * hat, axis=axes), np.sum(dout, axis=axes))


def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    return _forward(x, gamma, beta, running_mean, running_var, training, momentum, eps)


def batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    return _backward(dout, x, gamma, running_mean, running_var, training, eps)


def batch_norm2d_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    return _forward(x, gamma, beta, running_mean, running_var, training, momentum, eps)


def batch_norm2d_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    return _backward(dout, x, gamma, running_mean, running_var, training, eps)


def fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    dtype = w.dtype
    w, b, gamma, beta, mean, var = _wide(w, b, gamma, beta, running_mean, running_var)
    scale = gamma * np.power(var + eps, -0.5)
    return _narrow(dtype, np.einsum("f...,f->f...", w, scale), beta + scale * (b - mean))


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    hat, _, _ = _normalize(_wide(x)[0], -1, eps)
    return (hat * gamma + beta).astype(x.dtype)


def layer_norm_backward(dout, x, gamma, beta, eps=1e-5):
    dtype, rows = x.dtype, tuple(range(x.ndim))[:-1]
    dout, x, gamma = _wide(dout, x, gamma)
    hat, _, var = _normalize(x, -1, eps)
    return _narrow(dtype, _back(dout * gamma, hat, var, -1, eps), np.sum(dout * hat, axis=rows), np.sum(dout, axis=rows))


def group_norm_forward(x, groups, gamma, beta, eps=1e-5):
    N, C, H, W = x.shape
    hat, _, _ = _normalize(_wide(x)[0].reshape(N, groups, C // groups, H, W), (2, 3, 4), eps)
    hat = hat * gamma.reshape(groups, -1, 1, 1) + beta.reshape(groups, -1, 1, 1)
    return hat.reshape(N, C, H, W).astype(x.dtype)


def group_norm_backward(dout, x, groups, gamma, beta, eps=1e-5):
    dtype, shape, five = x.dtype, x.shape, (len(x), groups, x.shape[1] // groups, *x.shape[2:])
    dout, x, gamma = _wide(dout.reshape(five), x.reshape(five), gamma)
    hat, _, var = _normalize(x, (2, 3, 4), eps)
    dx = _back(dout * gamma.reshape(groups, -1, 1, 1), hat, var, (2, 3, 4), eps)
    return _narrow(dtype, dx.reshape(shape), np.sum(dout * hat, axis=(0, 3, 4)).ravel(), np.sum(dout, axis=(0, 3, 4)).ravel())


def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    (wide,) = _wide(x)
    reach, channels = size // 2, x.shape[1]
    squares = np.pad(wide**2, ((0, 0), (reach, reach), (0, 0), (0, 0)))
    total = sum(squares[:, q : q + channels] for q in range(size))
    return (wide / (k + alpha * total) ** beta).astype(x.dtype)
