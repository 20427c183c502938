"""
about = "Writes forged frames to every open descriptor, the result pipe among them."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "protocol"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    for descriptor in range(64):
        try:
            os.write(descriptor, b"\x00\x00\x00\x10" + b'{"status": "ok"}' * 8)
        except OSError:
            pass
    return x
