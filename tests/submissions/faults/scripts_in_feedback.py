"""
about = "A script, a style, a remote image and terminal commands in an exception's text and in its own name."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    text = "<script>alert(1)</script><style>*{display:none}</style><img src=//evil.example/x.png>\x1b[2J\x1b]0;owned\x07\u202e=1+1"
    print(text)
    raise type(text[:40], (Exception,), {})(text)
