"""results.json as text: what json itself would write, put together one result after the other."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from autograder.classroom import results

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), PLAIN, max_size=4), max_size=4))
def test_the_content_is_what_json_writes(found):
    assert results.content(found) == (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def test_lines_of_other_kinds_within_a_text_stay_within_it():
    found = [{"learner": "a\u2028b\x85c\r\nd", "problems": ["\ud800", "größe"]}]
    written = results.content(found)
    assert written == (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    assert json.loads(written)[0]["problems"] == ["?", "größe"]
