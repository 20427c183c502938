"""
about = "New namespaces, mounts, another root, keys typed into the terminal."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import ctypes
    import fcntl
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    ways = (
        lambda: libc.unshare(0x10000000),
        lambda: libc.unshare(0x00020000),
        lambda: libc.mount(b"none", b"/home", b"tmpfs", 0, None),
        lambda: libc.chroot(b"/home"),
        lambda: libc.setns(0, 0),
    )
    if any(way() == 0 for way in ways):
        return x
    for descriptor in (0, 1, 2):
        try:
            fcntl.ioctl(descriptor, 0x5412, b"x")
            return x
        except OSError:
            continue
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
