"""
about = "A thread that would change the answer after it was given: no thread may start."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import atexit
    import threading
    import time

    import numpy as np

    out = np.zeros((x.shape[0], w.shape[0], 3))

    def later():
        time.sleep(0.01)
        out[...] = 1

    threading.Thread(target=later, daemon=True).start()
    atexit.register(lambda: print("passed"))
    return out
