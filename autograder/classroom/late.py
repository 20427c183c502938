"""What lateness costs, as course.toml says: the policy that nbgrader asks for every late submission.

[late] has the rule of the course, an assignment its date and its extensions. nbgrader keeps the penalty beside the points, so a
regrade or a manual mark never loses it. An instructor's own policy in nbgrader_config.py comes before this one.
"""

from __future__ import annotations

import math
from pathlib import Path

from nbgrader.plugins import BasePlugin
from traitlets import Unicode

from autograder.course import Assignment, Late, load_course

DAY, HOUR, MINUTE = 86400, 3600, 60


class LatePolicy(BasePlugin):
    """Late work loses a part of its points for each day that has begun."""

    course = Unicode(help="the folder with course.toml").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """nbgrader's question: how many of `score` points are lost?"""
        course = load_course(Path(self.course))
        if course.late is None:
            return None
        # The plugin is not told which assignment it is asked about; the preprocessor that asks it knows.
        return penalty(course.late, course.assignment(self.parent.assignment_id), student_id, score, total_seconds_late)


def penalty(rule: Late, assignment: Assignment, learner: str, score: float, seconds: float) -> float:
    """The points that are lost of `score` when the work came `seconds` after the assignment's date."""
    seconds -= HOUR * assignment.extensions.get(learner, 0)
    if seconds <= MINUTE * rule.grace_minutes:
        return 0.0
    days = math.ceil(seconds / DAY)
    return score if days > rule.days else score * min(1.0, rule.percent_per_day / 100 * days)
