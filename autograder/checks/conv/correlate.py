"""Checks of correlate2d, convolve2d and conv_matrix: one image, one filter."""

from __future__ import annotations

import numpy as np

from autograder.draw import distinct, normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import conv2d, tensor


def _correlate(image, kernel):
    return conv2d(tensor(image)[None, None], tensor(kernel)[None, None]).numpy()[0, 0]


def _inputs(rng, dtype=np.float64):
    h, w, kh, kw = distinct(rng, (7, 11, 13), (7, 11, 13), (2, 3, 5), (2, 3, 5))
    return {"image": normal(rng, h, w, dtype=dtype), "kernel": normal(rng, kh, kw, dtype=dtype)}


def _draw_squares_and_oblongs(rng):
    for n, k in ((5, 2), (7, 3)):
        yield Case("square", {"image": normal(rng, n, n), "kernel": normal(rng, k, k)})
    for _ in range(2):
        yield Case("oblong", _inputs(rng))
    yield Case("oblong", {"image": normal(rng, 7, 5), "kernel": normal(rng, 1, 3)})


# --- correlate2d ------------------------------------------------------------------------------------------------------


def _draw_correlate2d(rng):
    yield from _draw_squares_and_oblongs(rng)
    yield Case("edges", {"image": normal(rng, 5, 7), "kernel": normal(rng, 5, 7)})
    yield Case("edges", {"image": normal(rng, 5, 7), "kernel": normal(rng, 1, 1)})
    yield from contract_cases(lambda dtype: _inputs(rng, dtype))


def _same_size(image, kernel):
    (kh, kw) = kernel.shape
    return _correlate(np.pad(image, (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))), kernel)


def _overwritten(image, kernel):
    kh, kw = kernel.shape
    return kernel[-1, -1] * image[kh - 1 :, kw - 1 :]


correlate2d = Exercise(
    id="conv.correlate2d",
    title="Slide a kernel over an image",
    difficulty=2,
    minutes=15,
    aspects=(
        Aspect("square", 2, "square images and kernels"),
        Aspect("oblong", 3, "height and width that differ"),
        Aspect("edges", 2, "a kernel of one pixel, and one as large as the image"),
        contract(),
    ),
    draw=_draw_correlate2d,
    oracle=_correlate,
    misconceptions=(
        Misconception(
            "flipped_kernel",
            "The kernel was flipped: that is `convolve2d`.",
            "Correlation uses the kernel as it is: out[0, 0] multiplies kernel[0, 0] with image[0, 0].",
            lambda image, kernel: _correlate(image, kernel[::-1, ::-1]),
            revisit="02, “Correlation or convolution”",
        ),
        Misconception(
            "rows_flipped",
            "The kernel was flipped upside down.",
            "Correlation uses the kernel as it is: out[0, 0] multiplies kernel[0, 0] with image[0, 0].",
            lambda image, kernel: _correlate(image, kernel[::-1]),
        ),
        Misconception(
            "columns_flipped",
            "The kernel was flipped left to right.",
            "Correlation uses the kernel as it is: out[0, 0] multiplies kernel[0, 0] with image[0, 0].",
            lambda image, kernel: _correlate(image, kernel[:, ::-1]),
        ),
        Misconception(
            "transposed_kernel",
            "Rows and columns of the kernel are mixed up.",
            "The first index of kernel goes with the first index of image: kernel[a, b] meets image[i + a, j + b].",
            lambda image, kernel: _correlate(image, kernel.T),
        ),
        Misconception(
            "last_lost",
            "The last row and the last column of the output are missing.",
            "A kernel of 3 fits into 5 pixels at three places, 0, 1 and 2: the number of places is H - KH + 1.",
            lambda image, kernel: _correlate(image, kernel)[:-1, :-1],
        ),
        Misconception(
            "same_size",
            "The output is as large as the image: zeros were put around it.",
            "Use only the places where the whole kernel lies inside the image.",
            _same_size,
        ),
        Misconception(
            "overwritten",
            "Only the last weight of the kernel counts: `=` stands where the products should be added up.",
            "Every output pixel is a sum: start at zero and use `+=`.",
            _overwritten,
        ),
        Misconception(
            "averaged",
            "The products were averaged, not summed.",
            "Leave out the division by the number of weights; a kernel that should average has it in its weights.",
            lambda image, kernel: _correlate(image, kernel) / kernel.size,
        ),
        float64_result(_correlate, "image"),
    ),
    hints=(
        "Do one output pixel by hand first: lay the kernel on the top left corner of the image, multiply what lies on top of each other, add up.",
        "Work out how many places the kernel has downwards and to the right; make an output of that size; fill it place by place. "
        "The window below the kernel at place (i, j) is a slice of image.",
        "OH = H - KH + 1 and OW = W - KW + 1; out is zeros of that shape in image's dtype; for every i and j: out[i, j] is the sum of "
        "kernel times the KH×KW window that starts at (i, j).",
    ),
)


# --- convolve2d -------------------------------------------------------------------------------------------------------


def _convolve(image, kernel):
    return _correlate(image, kernel[::-1, ::-1])


def _draw_convolve2d(rng):
    yield from _draw_squares_and_oblongs(rng)
    yield from contract_cases(lambda dtype: _inputs(rng, dtype))


convolve2d = Exercise(
    id="conv.convolve2d",
    title="The mathematicians' convolution",
    difficulty=2,
    minutes=8,
    aspects=(
        Aspect("square", 2, "square images and kernels"),
        Aspect("oblong", 3, "height and width that differ"),
        contract(),
    ),
    draw=_draw_convolve2d,
    oracle=_convolve,
    misconceptions=(
        Misconception(
            "not_flipped",
            "The kernel was not flipped: that is `correlate2d`.",
            "In a convolution the first weight meets the last pixel of the window: turn the kernel by 180 degrees first.",
            _correlate,
            revisit="02, “Correlation or convolution”",
        ),
        Misconception(
            "rows_only",
            "The kernel was flipped upside down only.",
            "Both axes turn: reverse the order of the rows and the order of the columns.",
            lambda image, kernel: _correlate(image, kernel[::-1]),
        ),
        Misconception(
            "columns_only",
            "The kernel was flipped left to right only.",
            "Both axes turn: reverse the order of the rows and the order of the columns.",
            lambda image, kernel: _correlate(image, kernel[:, ::-1]),
        ),
        Misconception(
            "transposed",
            "The kernel was transposed instead of turned.",
            "kernel.T mirrors along the diagonal; a turn by 180 degrees reverses rows and columns and keeps the shape.",
            lambda image, kernel: _correlate(image, kernel.T),
        ),
        Misconception(
            "image_flipped",
            "The image was turned instead of the kernel, so the result is turned too.",
            "Turn the kernel and leave the image alone.",
            lambda image, kernel: _correlate(image[::-1, ::-1], kernel),
        ),
        float64_result(_convolve, "image"),
    ),
    hints=(
        "Compare the two formulas: in which order do the kernel's weights meet the pixels of a window?",
        "A convolution is a correlation with another kernel. Which one?",
        "Turn the kernel by 180 degrees (rows in reverse order, columns in reverse order), then do what `correlate2d` does.",
    ),
)


# --- conv_matrix ------------------------------------------------------------------------------------------------------


def _matrix(w, height, width):
    # The convolution of every image that is 1 in one pixel and 0 elsewhere: these are the matrix's columns.
    images = np.eye(height * width).reshape(-1, 1, height, width)
    return conv2d(tensor(images), tensor(w)[None, None]).numpy().reshape(height * width, -1).T


def _draw_matrix(rng):
    for n, k in ((3, 2), (5, 3)):
        yield Case("square", {"w": normal(rng, k, k), "height": n, "width": n})
    for height, width in ((4, 7), (5, 3), (6, 5)):
        kh, kw = distinct(rng, (1, 2, 3), (1, 2, 3))
        yield Case("oblong", {"w": normal(rng, kh, kw), "height": height, "width": width})
    yield from contract_cases(lambda dtype: {"w": normal(rng, 2, 3, dtype=dtype), "height": 5, "width": 4})


def _column_by_column(w, height, width):
    kh, kw = w.shape
    matrix = _matrix(w, height, width).reshape(height - kh + 1, width - kw + 1, height, width)
    return matrix.transpose(1, 0, 3, 2).reshape(-1, height * width)


def _by_number(row, pixel, at=lambda w, u, v: w[u, v]):
    """The matrix filled entry by entry: row(i, j, OH, OW) and pixel(r, c, H, W) number the output's and the image's pixels."""

    def matrix(w, height, width):
        (kh, kw), found = w.shape, np.zeros(_matrix(w, height, width).shape)
        oh, ow = height - kh + 1, width - kw + 1
        for i, j in np.ndindex(oh, ow):
            for u, v in np.ndindex(kh, kw):
                found[row(i, j, oh, ow), pixel(i + u, j + v, height, width)] = at(w, u, v)
        return found

    return matrix


def _right_row(i, j, height, width):
    return i * width + j


def _no_jump_at_the_line_end(w, height, width):
    matrix = np.zeros(_matrix(w, height, width).shape)
    for row in range(len(matrix)):
        for (u, v), weight in np.ndenumerate(w):
            matrix[row, row + u * width + v] = weight
    return matrix


conv_matrix = Exercise(
    id="conv.conv_matrix",
    title="Convolution as a matrix",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("square", 4, "square images and filters"),
        Aspect("oblong", 3, "height and width that differ"),
        contract(),
    ),
    draw=_draw_matrix,
    oracle=_matrix,
    misconceptions=(
        Misconception(
            "flipped_filter",
            "The filter was flipped.",
            "Our convolution is a cross-correlation: the first row of the matrix has w[0, 0] in its first column.",
            lambda w, height, width: _matrix(w[::-1, ::-1], height, width),
        ),
        Misconception(
            "transposed",
            "The matrix is transposed: its rows are input pixels.",
            "A row makes one output pixel: the matrix has OH*OW rows and H*W columns. (Its transpose will be useful in 03.)",
            lambda w, height, width: _matrix(w, height, width).T,
        ),
        Misconception(
            "no_jump_at_the_line_end",
            "The weights move on by one column in every row, even where the filter starts a new line of the image.",
            "From the end of one output line to the start of the next, the filter jumps over the last KW - 1 pixels: place "
            "(i, j) starts at pixel i*W + j.",
            _no_jump_at_the_line_end,
        ),
        Misconception(
            "column_by_column",
            "Pixels are counted column by column.",
            "NumPy's ravel goes along the rows: pixel (r, c) is number r*W + c.",
            _column_by_column,
        ),
        Misconception(
            "weights_transposed",
            "Rows and columns of the filter are mixed up.",
            "Image pixel (i + u, j + v) is weighed by w[u, v]: the first index of w goes down, the second to the right.",
            _by_number(_right_row, _right_row, lambda w, u, v: w[v, u]),
        ),
        Misconception(
            "image_column_by_column",
            "The image's pixels are counted column by column.",
            "NumPy's ravel goes along the rows: pixel (r, c) is number r*W + c.",
            _by_number(_right_row, lambda r, c, height, width: c * height + r),
        ),
        Misconception(
            "lines_of_height_pixels",
            "A line of the image was taken to have `height` pixels.",
            "It has `width` of them: pixel (r, c) is number r*width + c.",
            _by_number(_right_row, lambda r, c, height, width: r * height + c),
        ),
        Misconception(
            "height_width_mixed",
            "Height and width of the image are mixed up.",
            "A line of the image has `width` pixels: pixel (r, c) is number r*width + c.",
            lambda w, height, width: _matrix(w, width, height),
        ),
        float64_result(_matrix, "w"),
    ),
    hints=(
        "Write down the first row for a 3×3 image and a 2×2 filter: nine columns, four weights. Which columns do they stand in?",
        "It is easier with four axes: for every output pixel (i, j) a picture of the image's size that shows which "
        "weight each pixel gets. Reshape at the end.",
        "Zeros of shape (OH, OW, H, W); for every (i, j), put w into the KH×KW window of picture [i, j] that starts at (i, j); "
        "reshape to (OH*OW, H*W).",
    ),
)
