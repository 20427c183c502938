"""
about = "The function was renamed."
file = "cnnlib/conv.py"
replace = [["def conv1d_forward(", "def conv1d_forwards("]]
[expect]
"conv.conv1d_forward" = "missing"
"""
