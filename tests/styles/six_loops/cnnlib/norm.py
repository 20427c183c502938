"""Loops over everything that has a mean of its own, or that adds to a sum."""

import math

import numpy as np


def _mean_var(numbers):
    count, mean, var = 0, 0.0, 0.0
    for number in numbers:
        count, mean = count + 1, mean + float(number)
    mean /= count
    for number in numbers:
        var += (float(number) - mean) ** 2
    return mean, var / count, count


def _row_gradient(g, xs, mean, var, eps):
    """The gradient of one normalized row: each number's own part, and its part in what all the others were divided by."""
    root, n, total, along = math.sqrt(var + eps), len(xs), 0.0, 0.0
    for j in range(n):
        total += float(g[j])
        along += float(g[j]) * (float(xs[j]) - mean)
    found = []
    for i in range(n):
        found.append((float(g[i]) - total / n) / root - (float(xs[i]) - mean) * along / (n * root**3))
    return found


def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    out, new_mean, new_var = np.empty_like(x), running_mean.copy(), running_var.copy()
    for d in range(x.shape[1]):
        mean, var = float(running_mean[d]), float(running_var[d])
        if training:
            mean, var, n = _mean_var(x[:, d])
            new_mean[d] += momentum * (mean - running_mean[d])
            new_var[d] += momentum * (var * n / (n - 1) - running_var[d])
        for n in range(len(x)):
            out[n, d] = (x[n, d] - mean) / math.sqrt(var + eps) * gamma[d] + beta[d]
    return out, new_mean, new_var


def batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    dx, dgamma, dbeta = np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(beta)
    for d in range(x.shape[1]):
        mean, var = _mean_var(x[:, d])[:2] if training else (float(running_mean[d]), float(running_var[d]))
        for n in range(len(x)):
            dbeta[d] += dout[n, d]
            dgamma[d] += dout[n, d] * (x[n, d] - mean) / math.sqrt(var + eps)
            if not training:
                dx[n, d] = dout[n, d] * gamma[d] / math.sqrt(var + eps)
        if training:
            dx[:, d] = _row_gradient(dout[:, d] * gamma[d], x[:, d], mean, var, eps)
    return dx, dgamma, dbeta


def batch_norm2d_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    N, C, H, W = x.shape
    out, new_mean, new_var = np.empty_like(x), running_mean.copy(), running_var.copy()
    for c in range(C):
        rows, means, variances = batch_norm_forward(
            x[:, c].reshape(-1, 1), gamma[c : c + 1], beta[c : c + 1], running_mean[c : c + 1], running_var[c : c + 1], training, momentum, eps
        )
        out[:, c], new_mean[c], new_var[c] = rows.reshape(N, H, W), means[0], variances[0]
    return out, new_mean, new_var


def batch_norm2d_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    N, C, H, W = x.shape
    dx, dgamma, dbeta = np.empty_like(x), np.empty_like(gamma), np.empty_like(beta)
    for c in range(C):
        one = slice(c, c + 1)
        rows, dg, db = batch_norm_backward(
            dout[:, c].reshape(-1, 1), x[:, c].reshape(-1, 1), gamma[one], beta[one], running_mean[one], running_var[one], training, momentum, eps
        )
        dx[:, c], dgamma[c], dbeta[c] = rows.reshape(N, H, W), dg[0], db[0]
    return dx, dgamma, dbeta


def fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    w, b = w.copy(), b.copy()
    for f in range(len(w)):
        scale = float(gamma[f]) / math.sqrt(running_var[f] + eps)
        w[f] *= scale
        b[f] = (b[f] - running_mean[f]) * scale + beta[f]
    return w, b


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    out = np.empty_like(x)
    for place in np.ndindex(*x.shape[:-1]):
        mean, var, _ = _mean_var(x[place])
        for d in range(x.shape[-1]):
            out[(*place, d)] = gamma[d] * (x[(*place, d)] - mean) / math.sqrt(var + eps) + beta[d]
    return out


def layer_norm_backward(dout, x, gamma, beta, eps=1e-5):
    dx, dgamma, dbeta = np.empty_like(x), np.zeros_like(gamma), np.zeros_like(beta)
    for place in np.ndindex(*x.shape[:-1]):
        mean, var, _ = _mean_var(x[place])
        for d in range(x.shape[-1]):
            dbeta[d] += dout[(*place, d)]
            dgamma[d] += dout[(*place, d)] * (x[(*place, d)] - mean) / math.sqrt(var + eps)
        dx[place] = _row_gradient(dout[place] * gamma, x[place], mean, var, eps)
    return dx, dgamma, dbeta


def group_norm_forward(x, groups, gamma, beta, eps=1e-5):
    out, each = np.empty_like(x), x.shape[1] // groups
    for n in range(len(x)):
        for g in range(groups):
            group = slice(g * each, (g + 1) * each)
            mean, var, _ = _mean_var(x[n, group].ravel())
            for c in range(g * each, (g + 1) * each):
                out[n, c] = gamma[c] * (x[n, c] - mean) / math.sqrt(var + eps) + beta[c]
    return out


def group_norm_backward(dout, x, groups, gamma, beta, eps=1e-5):
    dx, dgamma, dbeta = np.empty_like(x), np.zeros_like(gamma), np.zeros_like(beta)
    each = x.shape[1] // groups
    for n in range(len(x)):
        for g in range(groups):
            group = slice(g * each, (g + 1) * each)
            mean, var, _ = _mean_var(x[n, group].ravel())
            upstream = np.empty_like(x[n, group])
            for i, c in enumerate(range(g * each, (g + 1) * each)):
                dbeta[c] += dout[n, c].sum()
                dgamma[c] += (dout[n, c] * (x[n, c] - mean)).sum() / math.sqrt(var + eps)
                upstream[i] = dout[n, c] * gamma[c]
            dx[n, group] = np.reshape(_row_gradient(upstream.ravel(), x[n, group].ravel(), mean, var, eps), upstream.shape)
    return dx, dgamma, dbeta


def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    N, C, H, W = x.shape
    out = np.empty_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    total = 0.0
                    for q in range(c - size // 2, c + size // 2 + 1):
                        if 0 <= q < C:
                            total += float(x[n, q, i, j]) ** 2
                    out[n, c, i, j] = x[n, c, i, j] / (k + alpha * total) ** beta
    return out
