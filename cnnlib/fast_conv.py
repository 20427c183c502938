"""Convolution as one matrix product: im2col lays every window of the images out as a row, and BLAS does the rest.

Everywhere: images x are (N, C, H, W), filters w are (F, C, KH, KW). Here stride and padding are an int or an (h, w) pair.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def im2col(x, kernel_size, stride=1, padding=0):
    """Lay out every window that a filter would see as one row of a matrix.

    x            (N, C, H, W)  images
    kernel_size  int or (h, w) pair: KH and KW
    stride       int or (h, w) pair
    padding      int or (h, w) pair: zeros around the image
    returns      (N*OH*OW, C*KH*KW)  with OH = (H + 2*padding_h - KH) // stride_h + 1, OW likewise; dtype of x

    Row (n*OH + i)*OW + j is the window of output pixel (i, j) of image n: image by image, each row by row.
    Its numbers are in the order of w[f].ravel(): channel by channel, each row by row. So cols @ w.reshape(F, -1).T
    holds all the sums of a convolution.

    The argument is not modified.
    Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing", section 3;
    the same windows as torch.nn.functional.unfold, as rows.
    """
    raise NotImplementedError("fast_conv.im2col: not written yet — stride hint fast_conv.im2col")


def col2im(cols, x_shape, kernel_size, stride=1, padding=0):
    """Put the rows of im2col back where they came from; where windows overlap, their numbers add up.

    cols         (N*OH*OW, C*KH*KW)  rows as `im2col` orders them
    x_shape      (N, C, H, W) of the images that `im2col` was given
    kernel_size, stride, padding     as `im2col` was given
    returns      (N, C, H, W)  dtype of cols

    This is the adjoint of im2col, not its inverse: sum(im2col(x) * cols) == sum(x * col2im(cols)) for every x and cols.
    A pixel that three windows saw receives three numbers; what falls on the padding is dropped.

    The argument is not modified.
    Source: torch.nn.functional.fold.
    """
    raise NotImplementedError("fast_conv.col2im: not written yet — stride hint fast_conv.col2im")


def conv2d_forward(x, w, b, stride=1, padding=0):
    """The convolution of `conv.conv2d_forward`, by one matrix product instead of loops over pixels.

    x        (N, C, H, W)    images
    w        (F, C, KH, KW)  filters
    b        (F,)            one bias per filter
    stride   int or (h, w) pair
    padding  int or (h, w) pair: zeros around the image
    returns  (N, F, OH, OW)  with OH = (H + 2*padding_h - KH) // stride_h + 1, OW likewise; dtype of x

    You may call your own `im2col`; then a mistake there shows here as well.
    Part of the points are for speed: CPU time against a plain im2col and one matrix product on the same machine.
    The arguments are not modified.
    """
    raise NotImplementedError("fast_conv.conv2d_forward: not written yet — stride hint fast_conv.conv2d_forward")


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    """The gradients of `conv2d_forward`, each by one matrix product or one sum.

    dout     (N, F, OH, OW)  gradient of the loss with respect to the output
    x, w, b, stride, padding as `conv2d_forward` was given
    returns  dx (N, C, H, W), dw (F, C, KH, KW), db (F,); dtype of x

    With the output as a matrix, out = cols @ w_matrix.T + b, this is the backward pass of a linear layer; `col2im` takes
    the gradient of cols back to the image. You may call your own `im2col` and `col2im`; then a mistake there shows here as well.
    Part of the points are for speed: CPU time against a plain im2col and two matrix products on the same machine.
    The arguments are not modified.
    """
    raise NotImplementedError("fast_conv.conv2d_backward: not written yet — stride hint fast_conv.conv2d_backward")
