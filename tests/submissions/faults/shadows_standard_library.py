"""
about = "A file in the learner's folder that shadows NumPy is not among the files that are taken."
deed = "shadow_numpy"
[expect]
"""
