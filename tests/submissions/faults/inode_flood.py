"""
about = "A million empty files, folders and links."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import os

    refused = None
    for number in range(10**6):
        for folder in ("/tmp", "/dev/shm", "/home", "."):
            for make in (os.mkdir, lambda path: open(path, "w"), lambda path: os.symlink("x", path)):
                try:
                    make(f"{folder}/inode{number}")
                    break
                except OSError as error:
                    refused = error
            else:
                continue
            break
        else:
            raise refused
