"""
about = "Looks at other processes: their command lines, environments and memory."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "failed"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    import numpy as np

    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit() and int(name) != os.getpid():
            for part in ("cmdline", "environ", "mem", "cwd", "root", "fd"):
                try:
                    content = os.readlink(f"/proc/{name}/{part}") if part in ("cwd", "root") else open(f"/proc/{name}/{part}", "rb").read(99)
                except OSError:
                    continue
                if content and part != "cmdline":
                    raise KeyError(f"read {part} of {name}")
    return np.zeros(3)
