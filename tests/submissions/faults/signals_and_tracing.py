"""
about = "Signals to the process that started it, to every other one, and tracing."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import ctypes
    import os
    import signal

    refused = None
    for target in (os.getppid(), -1, 1):
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGUSR1):
            try:
                if target != os.getpid():
                    os.kill(target, number)
            except OSError as error:
                refused = error
    if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0 or refused is None:
        return x
    raise refused
