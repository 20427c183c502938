"""
about = "Sleeps for ever: no CPU time is used, so the wall clock must end it."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "time_limit"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import time

    time.sleep(10**6)
