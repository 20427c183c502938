"""
about = "Right on the published cases only, which it knows by heart: hidden cases decide."
file = "cnnlib/shapes.py"
[expect]
"shapes.conv_flops" = "failed"
"""

import hashlib


def conv_flops(in_channels, out_channels, kernel_size, out_size):
    known = {1: 1}
    key = int(hashlib.sha256(repr((in_channels, out_channels, kernel_size, out_size)).encode()).hexdigest(), 16)
    return known.get(key, 1_000_000)
