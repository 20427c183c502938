"""Making foreign text safe to show: a learner's exception, code line or name may hold anything."""

from __future__ import annotations

import html
import re
import unicodedata

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x1b\\|\x07|$)|.?)", re.DOTALL)
# Control characters, marks that turn the direction of writing, and halves of surrogate pairs; line feed and joiners stay.
UNSEEN = {"Cc", "Cs", "Co", "Cn"}
TURNING = set("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def printable(text: str) -> str:
    """The text without terminal escapes and control characters: what remains only shows, and never steers a terminal or page."""
    text = ANSI.sub("", text).replace("\r\n", "\n").replace("\t", "    ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in UNSEEN and c not in TURNING)


def escape(text: str) -> str:
    """The printable text for HTML, between tags or inside a quoted attribute."""
    return html.escape(printable(text), quote=True)
