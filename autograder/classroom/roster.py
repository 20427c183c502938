"""Who is in the class: a table that the learning management system exports, read as it is.

Canvas's gradebook export, Moodle's list of participants or its grade export, Gradescope's roster, or any table with a column of learners:
what identifies a person is recognised by the names of the columns, so nothing needs to be renamed.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course import CourseError

# Columns that identify a person, in the order in which they become a learner's id.
IDS = ("learner", "sis login id", "login id", "login", "username", "user name", "sis user id", "id number", "sid", "student id", "id")
EMAILS = ("email", "email address", "e-mail")
FIRST, LAST = ("first name", "firstname"), ("last name", "lastname", "surname")
FULL = ("student", "name", "full name", "fullname")
HANDED_IN = ("last modified (submission)",)  # Moodle's grading worksheet
MOMENTS = ("%A, %d %B %Y, %I:%M %p", "%d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %H:%M")  # in its English words


@dataclass
class Person:
    """A row of the table."""

    row: dict[str, str]

    @property
    def learner(self) -> str:
        """The id to be graded under: the first that there is, else the part of the email before the @."""
        return next((value for value in self._of(IDS) if value), next(self._of(EMAILS), "").partition("@")[0])

    @cached_property
    def names(self) -> set[str]:
        """Everything by which the person may be called, in small letters and without blanks; names in both orders."""
        emails = list(self._of(EMAILS))
        known = [*self._of(IDS), *emails, *(email.partition("@")[0] for email in emails), *self._full()]
        return {plain(name) for name in known} - {""}

    def _full(self) -> list[str]:
        first, last = " ".join(self._of(FIRST)), " ".join(self._of(LAST))
        full = [*self._of(FULL), f"{first} {last}", f"{last} {first}"]
        full += [f"{after} {before}" for before, comma, after in (name.partition(",") for name in full) if comma]
        return [name for name in full if plain(name)]

    def is_called(self, name: str) -> bool:
        """Whether that is the person's full name, whatever has become of its accents; yes where the table has no names."""
        called = {_bare(known) for known in self._full()}
        return not called or _bare(name) in called

    @property
    def handed_in(self) -> str:
        """When the work came, in the table's words ("": it does not say)."""
        return next((value for value in self._of(HANDED_IN) if value != "-"), "")

    def _of(self, columns: tuple[str, ...]) -> Iterator[str]:
        found = {heading.strip().lower(): value for heading, value in self.row.items() if heading}
        return (found[column].strip() for column in columns if found.get(column, "").strip())


@dataclass
class Roster:
    """The table: its headings, what stands above the people (Canvas: the points possible), and the people."""

    headings: list[str]
    above: list[dict[str, str]]
    people: list[Person]

    def find(self, name: str) -> list[Person]:
        """All people of that id, email or name; one, where it is unambiguous."""
        return [person for person in self.people if plain(name) in person.names]


def plain(name: str) -> str:
    """A name without what differs from system to system: capitals, blanks, marks between its parts."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _bare(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", plain(name)) if not unicodedata.combining(c))


def moment(text: str, zone: datetime.tzinfo | None) -> datetime.datetime | None:
    """A table's time, which names no zone; None when it cannot be read. Moodle leaves out the seconds."""
    found = None
    with contextlib.suppress(ValueError):
        found = datetime.datetime.fromisoformat(text)
    for form in MOMENTS:
        with contextlib.suppress(ValueError):
            found = found or datetime.datetime.strptime(text, form)
    return found.replace(tzinfo=zone) if found and found.tzinfo is None else found


def read(path: Path) -> Roster:
    """The roster in a CSV file. Raises CourseError, naming what to do, for anything else."""
    again = "Export it anew from your learning management system as CSV"
    try:
        text = path.read_bytes().decode("utf-8-sig")
        table = csv.DictReader(io.StringIO(text), dialect=_dialect(text), restkey="")
        rows = [{heading: value or "" for heading, value in row.items() if heading} for row in table]
    except OSError as error:
        raise CourseError(f"The roster {path} cannot be read ({error.strerror}). {again}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"The roster {path} is not a table in UTF-8. {again}") from error
    headings = [heading for heading in table.fieldnames or () if heading]
    people = [Person(row) for row in rows]
    known = [person for person in people if person.learner]
    if not known:
        wanted = "learner, SIS Login ID, Username, ID number, SID, Email"
        raise CourseError(f"The roster {path} names nobody: one of its columns should be called {wanted}. {again}")
    first = people.index(known[0])
    # Canvas's second and third line tell points possible and "Manual Posting"; its test student has no login.
    return Roster(headings, rows[:first], known)


def _dialect(text: str) -> type[csv.Dialect]:
    first = text.partition("\n")[0]

    class Table(csv.excel):
        delimiter = max(",;\t", key=first.count)

    return Table
