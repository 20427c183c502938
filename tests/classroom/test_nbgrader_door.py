"""`nbgrader autograde`, the second door: the same marks through our preprocessor, whatever a notebook holds."""

import json
import re

import pytest
from nbgrader.api import Gradebook

from autograder.classroom import grading, nbgrader_door
from tests import toy_class
from tests.programs import run

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def marks(out):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        return {
            (submission.student.id, grade.name): (grade.auto_score, grade.manual_score)
            for submission in book.assignment_submissions("07") for notebook in submission.notebooks for grade in notebook.grades
        }


def forget(out):
    """Spoil every automatic mark, so that those that are right afterwards are new."""
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        for submission in book.assignment_submissions("07"):
            for grade in submission.notebooks[0].grades:
                grade.auto_score = 0.25
        book.db.commit()


def test_the_sanitiser_leaves_looks_and_nothing_that_runs_fetches_or_hides():
    card = '<div class="stride-card" style="border-left:4px solid #2e9e5b;padding:6px"><b style="color:#c00">no</b></div>'
    assert nbgrader_door.clean(card.encode()) == nbgrader_door.clean(card)
    assert re.sub("[ ;]", "", nbgrader_door.clean(card).replace("'", '"')) == re.sub("[ ;]", "", card)
    evil = (
        '<div style="position:fixed;top:0;background:url(http://evil.example/x);background-image:url(//e);z-index:9;color:red" onclick="x()">a</div>'
        '<script>alert(1)</script><img src=x onerror=y><style>*{display:none}</style><a href="javascript:x">b</a><iframe src="//e"></iframe>'
    )
    found = nbgrader_door.clean(evil)
    tags = re.findall(r"<[^>]*>", found)
    assert [re.match(r"</?(\w+)", tag)[1] for tag in tags] == ["div", "div", "a", "a"]
    assert re.search(r"style=['\"]color: ?red;['\"]", tags[0]) and "onclick" not in tags[0] and tags[2] == "<a>"


def test_the_same_marks_through_both_doors(tmp_path):
    course = toy_class.make_course(tmp_path / "course")
    here, out = tmp_path / "submissions", tmp_path / "out"
    toy_class.hand_in(here / "anna", course, answers={toy_class.WRITTEN: "It <script>shifts</script>."})
    toy_class.hand_in(here / "bert", course, toy_class.without_bias())
    toy_class.hand_in(here / "carl", course, (course.root / "cnnlib" / "conv.py").read_text())
    grading.grade(course, "07", here, out, workers=1, progress=False)
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        book.find_grade(toy_class.WRITTEN, "07_filters", "07", "anna").manual_score = 3
        book.db.commit()
    before = marks(out)
    assert before["bert", "check-conv-conv2d_forward"] == (7, None)

    forget(out)
    run(out, "nbgrader", "autograde", "07", "--force")
    assert marks(out) == before
    card = (out / "autograded" / "bert" / "07" / "07_filters.ipynb").read_text()
    assert "The bias is missing." in card
    assert "<script>" not in (out / "autograded" / "anna" / "07" / "07_filters.ipynb").read_text()

    # A notebook that was tampered with, put where nbgrader collects: lost, doubled and edited cells, forged outputs.
    path = out / "submitted" / "carl" / "07" / "07_filters.ipynb"
    tree = json.loads(path.read_text())
    check = next(cell for cell in tree["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "check-conv-conv2d_forward")
    check["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "18.0"}, "metadata": {}, "execution_count": 1}]
    check["metadata"]["nbgrader"]["points"] = 1000
    twin = check | {"id": "twin", "source": "18.0"}
    tree["cells"] = [twin, check, *(cell for cell in tree["cells"] if "correlate2d" not in "".join(cell["source"]) and cell is not check)]
    path.write_text(json.dumps(tree))
    forget(out)
    run(out, "nbgrader", "autograde", "07", "--force")
    assert marks(out) == before
