"""
about = "Prints gigabytes: ended at the limit for output."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "time_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import sys

    for _ in range(100_000):
        sys.stdout.write("x" * 50_000)
        sys.stderr.write("y" * 50_000 + "\n")
    return x
