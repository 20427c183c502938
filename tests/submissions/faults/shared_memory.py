"""
about = "Memory outside the process: /dev/shm, memory files, System V segments, shared mappings."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import ctypes
    import mmap
    import os

    kept = []

    def in_dev_shm():
        with open("/dev/shm/fill", "wb") as file:
            file.write(bytes(1 << 20))

    def in_a_memory_file():
        kept.append(os.memfd_create("fill"))

    def in_a_segment():
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.shmget(0, 1 << 20, 0o1600) < 0:
            raise OSError(ctypes.get_errno(), "shmget")

    for way in (in_dev_shm, in_a_memory_file, in_a_segment):
        try:
            way()
        except OSError:
            continue
        return x  # a way in: the wrong answer would be taken for one, and the file's verdict fails
    while True:
        kept.append(mmap.mmap(-1, 1 << 28))
