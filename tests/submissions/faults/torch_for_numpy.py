"""
about = "Calls PyTorch where NumPy is asked: it cannot be imported."
file = "cnnlib/conv.py"
[expect]
"conv.conv1d_forward" = "error"
"""


def conv1d_forward(x, w, b, stride=1, padding=0):
    import torch

    return torch.nn.functional.conv1d(torch.as_tensor(x), torch.as_tensor(w), torch.as_tensor(b), stride, padding).numpy()
