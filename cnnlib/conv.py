"""Convolution and its gradients, spelled out.

Everywhere: images x are (N, C, H, W), filters w are (F, C, KH, KW), and "convolution" means cross-correlation, as in
PyTorch: the filter is not flipped. Only `convolve2d` flips.
"""

import numpy as np


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def triple(value):
    """Given: 2 -> (2, 2, 2); (1, 2, 3) stays. Depth first, then height, then width."""
    return (value, value, value) if isinstance(value, int) else tuple(value)


def side_padding(padding, size, kernel_size, stride):
    """Given: zeros to add on each side, as ((top, bottom), (left, right)).

    padding is an int, an (h, w) pair, "valid" (none) or "same" (output size ceil(n / stride); an odd total puts the
    extra zero at the end). size, kernel_size and stride are (h, w) pairs.
    """
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel_size, stride)]
        return tuple((t // 2, t - t // 2) for t in total)
    return tuple((p, p) for p in pair(padding))


# --- One image, one filter --------------------------------------------------------------------------------------------


def correlate2d(image, kernel):
    """Slide a kernel over an image, as it is: each output pixel is the sum of products with the window below the kernel.

    image    (H, W)    one channel of floats
    kernel   (KH, KW)  the weights; no larger than the image
    returns  (OH, OW)  with OH = H - KH + 1 and OW = W - KW + 1 (only where the kernel fits: "valid"); dtype of image

        out[i, j] = sum over a, b of kernel[a, b] * image[i + a, j + b]

    The image 0 1 2 / 3 4 5 / 6 7 8 and the kernel 0 1 / 2 3 give 19 25 / 37 43. The arguments are not modified.
    Source: torch.nn.functional.conv2d, which calls this a convolution; scipy.signal.correlate2d.
    """
    raise NotImplementedError("conv.correlate2d: not written yet — stride hint conv.correlate2d")


def convolve2d(image, kernel):
    """The mathematicians' convolution: slide the kernel turned by 180 degrees over an image.

    image    (H, W)    one channel of floats
    kernel   (KH, KW)  no larger than the image
    returns  (OH, OW)  with OH = H - KH + 1 and OW = W - KW + 1 ("valid"); dtype of image

        out[i, j] = sum over a, b of kernel[a, b] * image[i + KH - 1 - a, j + KW - 1 - b]

    The further an image pixel lies ahead, the earlier the weight: index of image plus index of kernel is constant.
    The arguments are not modified.
    Source: the definition of discrete convolution, sum over m, n of kernel[m, n] * image[i - m, j - n]; scipy.signal.convolve2d.
    """
    raise NotImplementedError("conv.convolve2d: not written yet — stride hint conv.convolve2d")


def conv_matrix(w, height, width):
    """The convolution of one image with one filter, written as a matrix: (conv_matrix(w, H, W) @ image.ravel()) is the output, flat.

    w              (KH, KW)         one filter (not flipped)
    height, width  int              the image's size; the filter is no larger
    returns        (OH*OW, H*W)     with OH = H - KH + 1 and OW = W - KW + 1; dtype of w

    Row i*OW + j of the matrix makes output pixel (i, j); column r*W + c weighs image pixel (r, c); both count row by row.
    Every row holds the same KH*KW weights, moved along: a doubly blocked Toeplitz matrix. All other entries are 0.
    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 9.1.
    """
    raise NotImplementedError("conv.conv_matrix: not written yet — stride hint conv.conv_matrix")


# --- The layer: batches, channels, bias, stride, padding --------------------------------------------------------------


def conv2d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of images with a bank of filters: every filter sees all channels and adds its own bias.

    x        (N, C, H, W)    images
    w        (F, C, KH, KW)  filters
    b        (F,)            one bias per filter
    stride   int or (h, w) pair: rows and columns between two placements of the filter
    padding  int, (h, w) pair, "valid" or "same": zeros around the image; `side_padding` turns it into numbers
    returns  (N, F, OH, OW)  with OH = (H + top + bottom - KH) // stride_h + 1, OW likewise; dtype of x

        out[n, f, i, j] = b[f] + sum over c, u, v of x_padded[n, c, i*stride_h + u, j*stride_w + v] * w[f, c, u, v]

    The arguments are not modified.
    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.A; torch.nn.Conv2d.
    """
    raise NotImplementedError("conv.conv2d_forward: not written yet — stride hint conv.conv2d_forward")


# --- One and three dimensions -----------------------------------------------------------------------------------------


def conv1d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of sequences, such as sound, with a bank of filters.

    x        (N, C, L)   sequences of C channels
    w        (F, C, K)   filters
    b        (F,)        one bias per filter
    stride   int         steps between two placements of the filter
    padding  int         zeros before and after each sequence
    returns  (N, F, OL)  with OL = (L + 2*padding - K) // stride + 1; dtype of x

        out[n, f, i] = b[f] + sum over c, u of x_padded[n, c, i*stride + u] * w[f, c, u]

    The arguments are not modified.
    Source: torch.nn.Conv1d.
    """
    raise NotImplementedError("conv.conv1d_forward: not written yet — stride hint conv.conv1d_forward")


def conv3d_forward(x, w, b, stride=1, padding=0):
    """Convolve a batch of volumes, such as video (depth is time) or scans, with a bank of filters.

    x        (N, C, D, H, W)      volumes of C channels
    w        (F, C, KD, KH, KW)   filters
    b        (F,)                 one bias per filter
    stride   int or (d, h, w)     steps between two placements of the filter; `triple` turns it into three numbers
    padding  int or (d, h, w)     zeros on both sides of each axis
    returns  (N, F, OD, OH, OW)   with OD = (D + 2*padding_d - KD) // stride_d + 1, OH and OW likewise; dtype of x

    The arguments are not modified.
    Source: torch.nn.Conv3d; Tran et al. 2015, "Learning Spatiotemporal Features with 3D Convolutional Networks", section 3.
    """
    raise NotImplementedError("conv.conv3d_forward: not written yet — stride hint conv.conv3d_forward")


# --- Gradients: the pieces --------------------------------------------------------------------------------------------


def rotate180(w):
    """Turn filters by 180 degrees: a b c / d e f / g h i becomes i h g / f e d / c b a.

    w        (..., KH, KW)  one filter, or any number of them; only the last two axes turn
    returns  (..., KH, KW)  dtype of w

    The argument is not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
    """
    raise NotImplementedError("conv.rotate180: not written yet — stride hint conv.rotate180")


def dilate(x, stride):
    """Put zeros between the elements of the last two axes, as if a convolution with this stride had skipped those places.

    x        (..., H, W)
    stride   int or (h, w) pair: one element, then stride - 1 zeros, then the next element
    returns  (..., (H - 1)*stride_h + 1, (W - 1)*stride_w + 1)  no zeros after the last element; dtype of x

    With stride 2, a b / c d becomes a 0 b / 0 0 0 / c 0 d. The argument is not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.5.
    """
    raise NotImplementedError("conv.dilate: not written yet — stride hint conv.dilate")


def conv2d_input_gradient(dout, w):
    """The gradient of the loss with respect to a convolution's input (stride 1, no padding).

    Either one image, one filter, one channel:
    dout     (OH, OW)         the loss's gradient with respect to the convolution's output
    w        (KH, KW)         the filter
    returns  (H, W)           with H = OH + KH - 1 and W = OW + KW - 1

    or a batch and a bank of filters:
    dout     (N, F, OH, OW)
    w        (F, C, KH, KW)
    returns  (N, C, H, W)

    It is the full convolution of dout with w: surround dout with KH - 1 rows and KW - 1 columns of zeros on each side, and
    slide the filters over it, turned by 180 degrees. An input pixel of channel c gathers from all filters f:

        dx[n, c, r, s] = sum over f, u, v of dout_padded[n, f, r + u, s + v] * w[f, c, KH - 1 - u, KW - 1 - v]

    dtype of dout. The arguments are not modified.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"; Dumoulin & Visin 2016, section 4.
    """
    raise NotImplementedError("conv.conv2d_input_gradient: not written yet — stride hint conv.conv2d_input_gradient")


def conv2d_weight_gradient(dout, x):
    """The gradient of the loss with respect to a convolution's filters (stride 1, no padding).

    Either one image, one filter, one channel:
    dout     (OH, OW)         the loss's gradient with respect to the convolution's output
    x        (H, W)           the convolution's input
    returns  (KH, KW)         with KH = H - OH + 1 and KW = W - OW + 1

    or a batch and a bank of filters:
    dout     (N, F, OH, OW)
    x        (N, C, H, W)
    returns  (F, C, KH, KW)

    Weight (u, v) meets the input pixel (i + u, j + v) for every output pixel (i, j): a correlation of x with dout, summed
    over the batch (a loss that averages over the batch has done so in dout already):

        dw[f, c, u, v] = sum over n, i, j of dout[n, f, i, j] * x[n, c, i + u, j + v]

    dtype of x. The arguments are not modified.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".
    """
    raise NotImplementedError("conv.conv2d_weight_gradient: not written yet — stride hint conv.conv2d_weight_gradient")


# --- Gradients: the layer ---------------------------------------------------------------------------------------------


def conv2d_backward(dout, x, w, b, stride=1, padding=0):
    """The gradients of `conv2d_forward`: given the loss's gradient with respect to its output, those of all its inputs.

    dout     (N, F, OH, OW)  the loss's gradient with respect to the output
    x        (N, C, H, W)    what the forward pass received, as are all of the following
    w        (F, C, KH, KW)
    b        (F,)
    stride   int or (h, w) pair
    padding  int, (h, w) pair, "valid" or "same": `side_padding` turns it into numbers
    returns  dx (N, C, H, W), dw (F, C, KH, KW), db (F,); dtype of x

        db[f]          = sum over n, i, j of dout[n, f, i, j]
        dw[f, c, u, v] = sum over n, i, j of dout[n, f, i, j] * x_padded[n, c, i*stride_h + u, j*stride_w + v]
        dx_padded[n, c, i*stride_h + u, j*stride_w + v] gathers dout[n, f, i, j] * w[f, c, u, v]; dx is what lies inside the padding

    Sums over the batch, no averages: a loss that averages has done so in dout. Rows and columns that no window reaches have
    gradient 0. The arguments are not modified.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4; torch.nn.Conv2d.
    """
    raise NotImplementedError("conv.conv2d_backward: not written yet — stride hint conv.conv2d_backward")
