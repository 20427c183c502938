"""PyTorch in place of pieces that a learner has not written yet. Same arguments, same results, NumPy in and out."""

import functools

import numpy as np
import torch
import torch.nn.functional as F


def _tensor(array, dtype=None):
    return torch.from_numpy(np.array(array, dtype, order="C"))  # a copy: arrays may be read-only, or reversed views


def _tensors(args):
    """Arrays as tensors of one dtype, the one that NumPy would compute in; the rest as it is."""
    dtype = np.result_type(*(a.dtype for a in args if isinstance(a, np.ndarray)))
    return [_tensor(a, dtype) if isinstance(a, np.ndarray) else a for a in args]


def _forward(function):
    """A torch function as a NumPy one: arrays become tensors on the way in, the result an array on the way out."""

    @functools.wraps(function)
    def forward(*args, **kwargs):
        with torch.no_grad():
            return function(*_tensors(args), **kwargs).numpy()

    return forward


def _backward(function, wanted):
    """The gradients of `function` with respect to its first `wanted` arguments, by autograd."""

    def backward(dout, *args, **kwargs):
        dout, *tensors = _tensors((dout, *args))
        leaves = [tensors[i].requires_grad_() for i in range(wanted)]
        gradients = torch.autograd.grad(function(*tensors, **kwargs), leaves, dout)
        arrays = tuple(g.numpy() for g in gradients)
        return arrays if wanted > 1 else arrays[0]

    return backward


def _conv2d(x, w, b, stride=1, padding=0):
    if padding == "same":
        strides = (stride, stride) if isinstance(stride, int) else stride
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], w.shape[2:], strides)]
        x = F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))
    return F.conv2d(x, w, b, stride, 0 if isinstance(padding, str) else padding)


def _batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    x, gamma, beta, mean, var = _tensors((x, gamma, beta, running_mean, running_var))
    with torch.no_grad():
        out = F.batch_norm(x, mean, var, gamma, beta, training, momentum, eps)
    return out.numpy(), mean.numpy(), var.numpy()


def _batch_norm_backward(dout, x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    *_, mean, var = _tensors((dout, x, gamma, beta, running_mean, running_var))
    return _backward(lambda x, gamma, beta: F.batch_norm(x, mean, var, gamma, beta, training, momentum, eps), 3)(dout, x, gamma, beta)


def _layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[-1:], gamma, beta, eps)


def _group_norm(x, groups, gamma, beta, eps=1e-5):
    return F.group_norm(x, groups, gamma, beta, eps)


def _group_norm_backward(dout, x, groups, gamma, beta, eps=1e-5):
    return _backward(lambda x, gamma, beta: _group_norm(x, groups, gamma, beta, eps), 3)(dout, x, gamma, beta)


def _max_pool2d(x, kernel_size, stride=None, padding=0):
    return F.max_pool2d(x, kernel_size, stride, padding)


def _avg_pool2d(x, kernel_size, stride=None, padding=0):
    return F.avg_pool2d(x, kernel_size, stride, padding)


def _softmax_cross_entropy(scores, labels):
    leaf = _tensor(scores).requires_grad_()
    loss = F.cross_entropy(leaf, _tensor(np.asarray(labels, np.int64)))
    (gradient,) = torch.autograd.grad(loss, leaf)
    return loss.item(), gradient.numpy()


def _pairs(module, name, function, wanted):
    return {f"{module}.{name}_forward": _forward(function), f"{module}.{name}_backward": _backward(function, wanted)}


STANDINS = {
    **_pairs("conv", "conv2d", _conv2d, 3),
    **_pairs("fast_conv", "conv2d", _conv2d, 3),
    **_pairs("linear", "linear", F.linear, 3),
    **_pairs("activations", "relu", F.relu, 1),
    **_pairs("activations", "tanh", torch.tanh, 1),
    **_pairs("activations", "sigmoid", torch.sigmoid, 1),
    **_pairs("pool", "max_pool2d", _max_pool2d, 1),
    **_pairs("pool", "avg_pool2d", _avg_pool2d, 1),
    **_pairs("pool", "global_avg_pool2d", lambda x: x.mean(dim=(2, 3)), 1),
    "loss.softmax_cross_entropy": _softmax_cross_entropy,
    "norm.batch_norm_forward": _batch_norm_forward,
    "norm.batch_norm_backward": _batch_norm_backward,
    "norm.batch_norm2d_forward": _batch_norm_forward,
    "norm.batch_norm2d_backward": _batch_norm_backward,
    **_pairs("norm", "layer_norm", _layer_norm, 3),
    "norm.group_norm_forward": _forward(_group_norm),
    "norm.group_norm_backward": _group_norm_backward,
}
