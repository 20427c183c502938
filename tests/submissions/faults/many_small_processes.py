"""
about = "Memory spread over many small processes: not one may start."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import subprocess
    import sys

    started = []
    for _ in range(100):
        started.append(subprocess.Popen([sys.executable, "-c", "x = bytearray(1 << 26); input()"]))
    return x
