"""
about = "Prints without measure before a right answer: the flood is cut, the answer counts."
file = "cnnlib/conv.py"
[expect]
"""

import sys

for _ in range(2000):
    sys.stdout.write("x" * 50_000)
    sys.stderr.write("y" * 50_000 + "\n")
