"""
about = "Other argument names than asked."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(images, filters, bias):
    return images
