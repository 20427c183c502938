"""A learner's way through the course: what comes next, hints, re-checking on save, handing in."""
