"""Sizes, counts and receptive fields: what a network looks like before any number flows through it.

Sizes along one axis are plain ints. A kernel or an output of two axes is an int (both equal) or an (h, w) pair.
"""


def pair(value):
    """Given: 3 -> (3, 3); (2, 3) stays. Height first, then width."""
    return (value, value) if isinstance(value, int) else tuple(value)


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    """How many places along one axis a filter takes.

    n            int  length of the input along this axis
    kernel_size  int  length of the filter
    stride       int  steps between two places
    padding      int  zeros on each of the two sides; or "valid" (none); or "same": the output has ceil(n / stride) places
    dilation     int  steps between two elements of the filter: with 2 it covers every second input element
    returns      int  floor((n + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1

    A last step that would leave the input is not taken: n=7, kernel_size=3, stride=3 gives 2.
    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 2 (dilation: 5.1).
    """
    raise NotImplementedError("shapes.conv_output_size: not written yet — stride hint shapes.conv_output_size")


def fits(n, kernel_size, stride=1, padding=0):
    """Whether the filter lands exactly: its last place ends at the end of the (padded) input, with nothing left over.

    n, kernel_size, stride, padding  int  as in `conv_output_size`; padding counts on each of the two sides
    returns  bool  False also when the filter is longer than the padded input

    n=7, kernel_size=3: stride 2 fits, stride 3 does not (two steps of 3 would end outside, one leaves an element over).
    """
    raise NotImplementedError("shapes.fits: not written yet — stride hint shapes.fits")


def same_padding(n, kernel_size, stride=1, dilation=1):
    """The zeros to add before and after one axis so that the output has ceil(n / stride) places.

    n, kernel_size, stride, dilation  int  as in `conv_output_size`
    returns  (before, after), two ints: as few zeros as do it (never negative), shared evenly; an odd one goes after

    total = max((ceil(n / stride) - 1)*stride + dilation*(kernel_size - 1) + 1 - n, 0)
    Source: TensorFlow's "SAME" padding. (Others put the odd zero before; PyTorch has "same" for stride 1 only, odd one after.)
    """
    raise NotImplementedError("shapes.same_padding: not written yet — stride hint shapes.same_padding")


def conv_parameters(in_channels, out_channels, kernel_size, bias=True):
    """How many numbers a convolution layer learns.

    in_channels   int                 channels of the input; every filter extends through all of them
    out_channels  int                 channels of the output: the number of filters
    kernel_size   int or (h, w) pair  height and width of a filter
    bias          bool                whether each filter has a bias
    returns       int

    Ten 5×5 filters on an image of three channels: 760.
    """
    raise NotImplementedError("shapes.conv_parameters: not written yet — stride hint shapes.conv_parameters")


def conv_flops(in_channels, out_channels, kernel_size, out_size):
    """How many multiply-adds a convolution layer takes for one image (its bias left out).

    in_channels   int                 channels of the input
    out_channels  int                 channels of the output: the number of filters
    kernel_size   int or (h, w) pair  height and width of a filter
    out_size      int or (h, w) pair  height and width of the output
    returns       int                 multiply-adds: one multiplication together with its addition counts once

    100 channels to 100, 5×5, output 64×64: 1 024 000 000, about 1 GFLOP. (Who counts both operations says 2.)
    """
    raise NotImplementedError("shapes.conv_flops: not written yet — stride hint shapes.conv_flops")


def receptive_field(layers):
    """How many input elements along one axis an element of the last layer sees.

    layers   list of (kernel_size, stride) pairs of ints, the layer nearest to the input first
    returns  int  1 when there are no layers

    Two layers of 3 with stride 1 see 5. A stride widens what all LATER layers see: there, neighbours are further apart.
    The list is not modified.
    Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", Distill.
    """
    raise NotImplementedError("shapes.receptive_field: not written yet — stride hint shapes.receptive_field")
