"""
about = "A loop without an end that swallows every exception and ignores every signal it can."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "time_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import signal

    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
