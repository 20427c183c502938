"""
about = "A file of a terabyte with nothing in it."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    refused = None
    for folder in ("/tmp", "/dev/shm", ".", "/"):
        try:
            descriptor = os.open(f"{folder}/sparse", os.O_CREAT | os.O_RDWR)
            os.ftruncate(descriptor, 1 << 40)
            return x
        except OSError as error:
            refused = error
    raise refused
