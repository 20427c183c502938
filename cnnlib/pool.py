"""Pooling: one number for each window of a channel, its maximum or its mean. Nothing is learned here.

Everywhere: images x are (N, C, H, W). kernel_size, stride and padding are an int or an (h, w) pair; stride None means
kernel_size, so that windows lie side by side. Padding is at most half the kernel.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


# --- The largest of each window ---------------------------------------------------------------------------------------


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """Take the largest number of each window, channel by channel.

    x            (N, C, H, W)  images
    kernel_size  int or (h, w) pair: KH and KW, the size of a window
    stride       int or (h, w) pair: how far the window moves; None means kernel_size
    padding      int or (h, w) pair: how far windows reach over the edge
    returns      (N, C, OH, OW)  with OH = (H + 2*padding_h - KH) // stride_h + 1, OW likewise; dtype of x

        out[n, c, i, j] = max over u, v of x[n, c, i*stride_h + u - padding_h, j*stride_w + v - padding_w]

    The padding never wins: what lies outside the image counts as minus infinity, not as zero. Windows may overlap, and
    what is left over at the lower or right edge is not looked at. The argument is not modified.
    Source: torch.nn.functional.max_pool2d.
    """
    raise NotImplementedError("pool.max_pool2d_forward: not written yet — stride hint pool.max_pool2d_forward")


def max_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    """The gradient of `max_pool2d_forward`: each window passes its gradient to its largest number, and to nothing else.

    dout     (N, C, OH, OW)  gradient of the loss with respect to the output
    x, kernel_size, stride, padding as `max_pool2d_forward` was given
    returns  dx (N, C, H, W)  dtype of x

    When several numbers of a window are equally large, the first of them, row by row, receives the gradient. A number that
    is the largest of several windows receives the sum of their gradients. The arguments are not modified.
    Source: torch.nn.functional.max_pool2d, which breaks ties in the same way.
    """
    raise NotImplementedError("pool.max_pool2d_backward: not written yet — stride hint pool.max_pool2d_backward")


# --- The mean of each window ------------------------------------------------------------------------------------------


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """Take the mean of each window, channel by channel.

    x            (N, C, H, W)  images
    kernel_size  int or (h, w) pair: KH and KW, the size of a window
    stride       int or (h, w) pair: how far the window moves; None means kernel_size
    padding      int or (h, w) pair: zeros around the image
    returns      (N, C, OH, OW)  with OH = (H + 2*padding_h - KH) // stride_h + 1, OW likewise; dtype of x

        out[n, c, i, j] = 1/(KH*KW) * sum over u, v of padded x[n, c, i*stride_h + u, j*stride_w + v]

    The zeros of the padding count: every window is divided by KH*KW. The argument is not modified.
    Source: torch.nn.functional.avg_pool2d with its default, count_include_pad=True.
    """
    raise NotImplementedError("pool.avg_pool2d_forward: not written yet — stride hint pool.avg_pool2d_forward")


def avg_pool2d_backward(dout, x, kernel_size, stride=None, padding=0):
    """The gradient of `avg_pool2d_forward`: each window shares its gradient equally among its numbers.

    dout     (N, C, OH, OW)  gradient of the loss with respect to the output
    x, kernel_size, stride, padding as `avg_pool2d_forward` was given
    returns  dx (N, C, H, W)  dtype of x

    A number that several windows saw receives a share from each. What falls on the padding is dropped. Only the shape and
    dtype of x matter: the mean has the same slope everywhere. The arguments are not modified.
    Source: torch.nn.functional.avg_pool2d with its default, count_include_pad=True.
    """
    raise NotImplementedError("pool.avg_pool2d_backward: not written yet — stride hint pool.avg_pool2d_backward")


# --- The mean of each channel -----------------------------------------------------------------------------------------


def global_avg_pool2d_forward(x):
    """The mean of each channel of each image: one number, wherever in the image things are.

    x        (N, C, H, W)  images
    returns  (N, C)        dtype of x

        out[n, c] = 1/(H*W) * sum over i, j of x[n, c, i, j]

    The argument is not modified.
    Source: Lin et al. 2014, "Network in network", section 3.2.
    """
    raise NotImplementedError("pool.global_avg_pool2d_forward: not written yet — stride hint pool.global_avg_pool2d_forward")


def global_avg_pool2d_backward(dout, x):
    """The gradient of `global_avg_pool2d_forward`.

    dout     (N, C)        gradient of the loss with respect to the output
    x        (N, C, H, W)  as `global_avg_pool2d_forward` was given
    returns  dx (N, C, H, W)  dtype of x

    Every pixel of a channel receives the same share. The arguments are not modified.
    """
    raise NotImplementedError("pool.global_avg_pool2d_backward: not written yet — stride hint pool.global_avg_pool2d_backward")
