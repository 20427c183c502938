"""Everything is a table whose columns are normalized; images are turned into one and back. Gradients step by step, along the graph."""

import numpy as np


def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    if not training:
        scale = gamma * (running_var + eps) ** -0.5
        return x * scale + (beta - running_mean * scale), running_mean, running_var
    mu = np.mean(x, axis=0, keepdims=True)
    xmu = x - mu
    sample_var = np.sum(xmu**2, axis=0, keepdims=True) / (x.shape[0] - 1)
    var = sample_var * (x.shape[0] - 1) / x.shape[0]
    out = xmu * (1.0 / np.sqrt(var + eps)) * gamma[None] + beta[None]
    keep = 1 - momentum
    return out, np.squeeze(keep * running_mean + momentum * mu, axis=0), np.squeeze(keep * running_var + momentum * sample_var, axis=0)


def batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    mu, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    xmu, ivar = x - mu, 1 / np.sqrt(var + eps)
    dbeta, dgamma, dxhat = dout.sum(0), (dout * xmu * ivar).sum(0), dout * gamma
    if not training:
        return dxhat * ivar, dgamma, dbeta
    N = x.shape[0]
    dvar = np.sum(dxhat * xmu, 0) * -0.5 * ivar**3
    dxmu = dxhat * ivar + 2 * xmu * dvar / N
    dmu = -dxmu.sum(0)
    return dxmu + dmu / N, dgamma, dbeta


def _as_rows(x):
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _as_images(rows, x):
    N, C, H, W = x.shape
    return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)


def batch_norm2d_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    rows, running_mean, running_var = batch_norm_forward(_as_rows(x), gamma, beta, running_mean, running_var, training, momentum, eps)
    return _as_images(rows, x), running_mean, running_var


def batch_norm2d_backward(dout, x, *others, **options):
    rows, dgamma, dbeta = batch_norm_backward(_as_rows(dout), _as_rows(x), *others, **options)
    return _as_images(rows, x), dgamma, dbeta


def fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return (np.diag(scale) @ w.reshape(len(w), -1)).reshape(w.shape), beta + scale * b - scale * running_mean


def _columns(rows, eps):
    """Normalized columns, and the way back for their gradients."""
    mu, ivar = rows.mean(axis=0), 1 / np.sqrt(rows.var(axis=0) + eps)
    hat = (rows - mu) * ivar
    return hat, lambda dhat: ivar / len(rows) * (len(rows) * dhat - dhat.sum(0) - hat * (dhat * hat).sum(0))


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    hat, _ = _columns(x.reshape(-1, x.shape[-1]).T, eps)
    return hat.T.reshape(x.shape) * gamma + beta


def layer_norm_backward(dout, x, gamma, beta, eps=1e-5):
    D = x.shape[-1]
    hat, back = _columns(x.reshape(-1, D).T, eps)
    flat = dout.reshape(-1, D)
    return back((flat * gamma).T).T.reshape(x.shape), np.sum(flat * hat.T, axis=0), np.sum(flat, axis=0)


def _split(x, groups):
    return x.reshape(x.shape[0] * groups, -1).T


def group_norm_forward(x, groups, gamma, beta, eps=1e-5):
    hat, _ = _columns(_split(x, groups), eps)
    return hat.T.reshape(x.shape) * gamma[None, :, None, None] + beta[None, :, None, None]


def group_norm_backward(dout, x, groups, gamma, beta, eps=1e-5):
    hat, back = _columns(_split(x, groups), eps)
    dx = back(_split(dout * gamma.reshape(1, -1, 1, 1), groups)).T.reshape(x.shape)
    return dx, np.einsum("nchw,nchw->c", dout, hat.T.reshape(x.shape)), np.einsum("nchw->c", dout)


def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    C = x.shape[1]
    band = np.abs(np.arange(C)[:, None] - np.arange(C)) <= size // 2  # which channels see which
    total = np.einsum("cq,nqhw->nchw", band.astype(x.dtype), x**2)
    return x * np.power(k + alpha * total, -beta)
