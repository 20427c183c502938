"""
about = "Thousands of threads."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import threading
    import time

    while True:
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
