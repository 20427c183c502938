"""
about = "Never comes back from being imported: every exercise of the file ends at the limit, the other files are graded."
file = "cnnlib/template.py"
[expect]
"template.find_template" = "time_limit"
"""

while True:
    pass
