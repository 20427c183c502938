"""
about = "A loop without an end."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "time_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    while True:
        x = x + 1
