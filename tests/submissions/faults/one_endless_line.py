"""
about = "One line without an end, a megabyte at a time."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "time_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    while True:
        print("=" * (1 << 20), end="")
