"""
about = "Takes every descriptor there is."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    kept = []
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
