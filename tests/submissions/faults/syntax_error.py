"""
about = "A syntax error in one file while the others are fine."
file = "cnnlib/template.py"
append = 'def broken(:'
[expect]
"template.find_template" = "error"
"""
