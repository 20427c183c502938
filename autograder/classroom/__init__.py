"""A class of submissions: read safely, judged in parallel, written into nbgrader's gradebook, reported."""
