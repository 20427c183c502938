"""
about = "Calls SciPy where NumPy is asked: it cannot be imported, wherever in the file the import stands."
file = "cnnlib/template.py"
[expect]
"template.find_template" = "error"
"""

from scipy.signal import correlate2d  # noqa: F401
