"""`stride …`: reads the command line, calls what does the work, prints what it gives. Nothing is decided here.

Every command imports its own helpers when it runs: `stride list` and `stride hint` must not wait for PyTorch.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.course import CourseError, load_course
from autograder.exercise import UnknownExercise

OK, NOT_YET, USER_ERROR, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done and right, 1 not yet right, 2 something to mend first, 130 stopped by Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no "✓" shows "?" and goes on
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return OK
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except (CourseError, UnknownExercise) as error:
        print(f"stride: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stride", description="Learn convolutional networks by building them; and grade a class.")
    parser.add_argument("--version", action="version", version=f"stride {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")

    def command(name: str, run, says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
        sub.set_defaults(run=run)
        return sub

    def folder(sub: argparse.ArgumentParser, name: str, says: str = "as given to stride grade") -> None:
        sub.add_argument(name, type=Path, required=True, metavar="DIR", help=says)

    def judging(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--workers", type=int, metavar="N", help="submissions graded at once (default: one per core)")
        sub.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster that judges instead of this machine (docs/scaling.md)")
        sub.add_argument("--sandbox", default="bubblewrap", choices=("bubblewrap", "none"), help="none: only for code that you have read")

    names = "an exercise (conv.conv2d_forward), a module (conv) or an assignment (02); everything without one"
    command("list", _list, "the exercises, and where you stand").add_argument("names", nargs="*", metavar="NAME", help=names)
    command("check", _check, "check what you have saved").add_argument("names", nargs="*", metavar="NAME", help=names)
    command("next", _next, "the first exercise that does not pass yet").add_argument("names", nargs="*", metavar="NAME", help=names)
    command("watch", _watch, "check again whenever you save, and lead on").add_argument("names", nargs="*", metavar="NAME", help=names)
    sub = command("hint", _hint, "a hint; asked again, the next one. Never the code")
    sub.add_argument("id", metavar="EXERCISE")
    which = sub.add_mutually_exclusive_group()
    which.add_argument("--level", type=int, choices=(1, 2, 3), help="so many hints, whatever was asked before")
    which.add_argument("--all", action="store_const", const=3, dest="level", help="all three at once")
    sub = command("reset", _reset, "put an exercise back as it was; your version is kept beside it")
    sub.add_argument("id", metavar="EXERCISE")
    sub.add_argument("--all", action="store_true", help="the whole file; also of a module (conv), or an assignment's notebook (02)")
    sub = command("submit", _submit, "pack an assignment for handing in")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    sub.add_argument("--out", type=Path, help="the zip, or the folder to put it in")

    sub = command("train", _train, "train a network of yours by a recipe, and test it")
    sub.add_argument("recipe", nargs="?", metavar="RECIPE", help="its name (stride train --list), or a .py file of your own")
    sub.add_argument("--list", action="store_true", help="the recipes that there are")
    says = "another value, such as epochs=5 or optimizer.lr=0.05; may be repeated"
    sub.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=says)
    sub.add_argument("--size", help="cpu, colab or gpu (default: what fits this machine)")
    sub.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: a new one in runs/)")
    sub.add_argument("--resume", action="store_true", help="go on with a run that was stopped (default: the last one of this recipe)")
    sub = command("results", _results, "make docs/results.md from the runs that are kept in docs/results")
    sub.add_argument("names", nargs="*", metavar="RECIPE", help="with --run: whose experiments")
    how = sub.add_mutually_exclusive_group()
    how.add_argument("--run", action="store_true", dest="first", help="first do the runs that these recipes lack: every arm, with every seed")
    how.add_argument("--check", action="store_true", help="write nothing; say what is stale")
    sub.add_argument("--size", help="of the runs: cpu, colab or gpu (default: what fits this machine)")
    sub.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each arm (default: 3)")

    sub = command("grade", _grade, "grade a folder of submissions")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    folder(sub, "--submissions", "one folder, zip or notebook per learner")
    folder(sub, "--out", "for gradebook, feedback, report and results")
    judging(sub)
    sub = command("regrade", _regrade, "after a check or an exercise has changed: who would gain or lose what, and why")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    folder(sub, "--submissions")
    folder(sub, "--out")
    sub.add_argument("--apply", action="store_true", help="take all of it over")
    judging(sub)
    sub = command("similar", _similar, "which submissions resemble each other more than the class does: a hint, never a mark")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    folder(sub, "--submissions")
    folder(sub, "--out", "where the page with the pairs shall lie")
    sub = command("report", _report, "make the class report anew, with what was marked by hand since")
    folder(sub, "--out")
    sub = command("feedback", _feedback, "write every learner's page anew, with what was marked by hand since, and pack them for handing back")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    folder(sub, "--out")
    sub.add_argument("--zip", type=Path, metavar="FILE.zip", help="all pages in one zip, a folder per learner")
    sub.add_argument("--submissions", type=Path, metavar="DIR", help="laid out by stride collect: the zip is named as Moodle or Canvas take it back")
    sub = command("collect", _collect, "lay out what Canvas, Moodle or Gradescope gives to download, a folder per learner")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    sub.add_argument("download", type=Path, metavar="DOWNLOAD.zip")
    sub.add_argument("--to", type=Path, required=True, metavar="DIR", help="where the submissions shall lie")
    sub.add_argument("--roster", type=Path, metavar="FILE.csv", help="who is in the class: the system's own export")
    sub = command("export", _export, "marks as a table for Canvas, Moodle, Gradescope or a spreadsheet")
    sub.add_argument("kind", choices=("canvas", "moodle", "gradescope", "csv"))
    folder(sub, "--out")
    sub.add_argument("--to", type=Path, metavar="FILE.csv", help="the table (default: DIR/KIND.csv)")
    sub.add_argument("--roster", type=Path, metavar="FILE.csv", help="the system's own export, to be filled in")
    sub = command("queue", _queue, "what waits for a person after grading, and why")
    folder(sub, "--out")
    command("doctor", _doctor, "attack this machine's sandbox, and say what is enforced")

    sub = command("build", _build, "bring stubs and notebooks up to date with solutions/")
    how = sub.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; say what is stale")
    how.add_argument("--prove", action="store_true", help="write nothing; try everything that makes the course sound")
    how.add_argument("--force", action="store_true", help="overwrite what was changed by hand too; a backup is kept")
    sub = command("release", _release, "write the learners' copy and nbgrader's trees")
    sub.add_argument("place", nargs="?", type=Path, metavar="OUT", help="the folder to write (default: out/release)")
    sub.add_argument("--out", type=Path, metavar="OUT", help="the same")
    says = "Gradescope's autograder of this assignment instead, a zip for graders only (default OUT: out/gradescope)"
    sub.add_argument("--gradescope", metavar="ASSIGNMENT", help=says)
    shown = ("visible", "after_due_date", "after_published", "hidden")
    says = "when learners see its verdicts there (default: after_due_date, so that nobody probes the hidden cases)"
    sub.add_argument("--visibility", choices=shown, help=says)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    from autograder.learning import walk

    course = load_course()
    print("\n".join(walk.overview(course, walk.select(course, arguments.names))))
    return OK


def _check(arguments: argparse.Namespace) -> int:
    from autograder.cards.terminal import text
    from autograder.learning import walk

    course = load_course()
    verdicts = []
    for id in walk.select(course, arguments.names):
        verdicts.append(walk.verdict(course, id))
        print(text(verdicts[-1]), flush=True)
    passed = sum(verdict.passed for verdict in verdicts)
    if len(verdicts) > 1:
        points, most = sum(v.points for v in verdicts), sum(v.max_points for v in verdicts)
        print(f"{passed} of {len(verdicts)} exercises pass, {points:g} of {most:g} points.")
    return OK if passed == len(verdicts) else NOT_YET


def _next(arguments: argparse.Namespace) -> int:
    from autograder.cards.terminal import text
    from autograder.learning import walk

    course = load_course()
    ids = walk.select(course, arguments.names)
    found = walk.first_open(course, ids)
    if found is None:
        print(f"★ All {len(ids)} pass." if len(ids) > 1 else "★ It passes.")
        return OK
    print(text(found))
    print(walk.whereabouts(course, found.exercise))
    return OK


def _watch(arguments: argparse.Namespace) -> int:
    from autograder.learning import walk, watch
    from autograder.learning.keyboard import Keyboard

    course = load_course()
    with Keyboard() as keyboard:
        watch.Watch(course, walk.select(course, arguments.names), keyboard).run()
    return OK


def _hint(arguments: argparse.Namespace) -> int:
    from autograder.learning import hints, walk

    course = load_course()
    exercise = walk.find(course, arguments.id)
    print(hints.text(exercise, hints.reveal(course, exercise, arguments.level)))
    return OK


def _reset(arguments: argparse.Namespace) -> int:
    from autograder.authoring.reset import reset

    kept = reset(load_course(), arguments.id, whole_file=arguments.all)
    print(f"{arguments.id} is as it was handed out." + (f" Your version is kept: {kept}" if kept else ""))
    return OK


def _submit(arguments: argparse.Namespace) -> int:
    from autograder.learning import submit

    course = load_course()
    path, verdicts = submit.submit(course, arguments.assignment, arguments.out)
    print(submit.summary(course, arguments.assignment, path, verdicts))
    return OK


def _train(arguments: argparse.Namespace) -> int:
    from autograder.learning import training

    course = load_course()
    if arguments.list:
        print("\n".join(training.overview(course)))
        return OK
    if arguments.recipe is None:
        raise CourseError("Which recipe? See them all: stride train --list")
    how = {name: getattr(arguments, name) for name in ("size", "out", "resume")}
    return OK if training.train(course, arguments.recipe, arguments.set, **how) else INTERRUPTED


def _results(arguments: argparse.Namespace) -> int:
    from autograder.learning import results

    course = load_course()
    if arguments.check:
        lines = results.stale(course)
        print("\n".join(lines) or "docs/results.md is up to date.")
        return NOT_YET if lines else OK
    try:
        if arguments.first:
            results.run(course, arguments.names, arguments.size, arguments.seeds)
        elif arguments.names:
            raise CourseError(f"To run {arguments.names[0]}, add --run. Without names, the page of all results is made.")
    finally:
        remarks = results.write(course)
    print("\n".join([*remarks, "docs/results.md is written."]))
    return OK


def _grade(arguments: argparse.Namespace) -> int:
    from autograder.classroom import grading

    course = load_course()
    where = (course, arguments.assignment, arguments.submissions, arguments.out)
    results = grading.grade(*where, **_how(arguments))
    print(grading.summary(course.assignment(arguments.assignment), results, arguments.out))
    return OK


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `stride grade` and `stride regrade` take alike."""
    return {name: getattr(arguments, name) for name in ("workers", "sandbox", "scheduler")} | {"progress": sys.stderr.isatty()}


def _regrade(arguments: argparse.Namespace) -> int:
    from autograder.classroom import grading, regrade

    course = load_course()
    how = _how(arguments)
    where = (course, arguments.assignment, arguments.submissions, arguments.out)
    if arguments.apply:
        print(grading.summary(course.assignment(arguments.assignment), regrade.apply(*where, **how), arguments.out))
        return OK
    found = regrade.compare(*where, **how)
    again = f"stride regrade {arguments.assignment} --submissions {arguments.submissions} --out {arguments.out} --apply"
    print(regrade.text(course.assignment(arguments.assignment).id, found, again))
    return NOT_YET if found.faults else OK


def _similar(arguments: argparse.Namespace) -> int:
    from autograder.classroom import similar

    course = load_course()
    path, pairs = similar.write(course, arguments.assignment, arguments.submissions, arguments.out)
    print(similar.summary(course.assignment(arguments.assignment).id, pairs, path))
    return OK


def _report(arguments: argparse.Namespace) -> int:
    from autograder.classroom import grading

    print(f"Report: {grading.report_anew(load_course(), arguments.out)}")
    return OK


def _feedback(arguments: argparse.Namespace) -> int:
    from autograder.classroom import handback

    course = load_course()
    assignment = course.assignment(arguments.assignment)
    names = handback.names(arguments.submissions) if arguments.submissions else None
    written = handback.write(course, assignment, arguments.out)
    packed = handback.pack(written, arguments.zip, names or {}) if arguments.zip else None
    print(handback.summary(assignment, written, arguments.out, packed, names))
    return OK


def _collect(arguments: argparse.Namespace) -> int:
    from autograder.classroom import collect, roster

    course = load_course()
    assignment = course.assignment(arguments.assignment)
    people = roster.read(arguments.roster) if arguments.roster else None
    result = collect.collect(assignment, arguments.download, arguments.to, people, course.late)
    print(collect.summary(assignment, result, arguments.to))
    return OK


def _export(arguments: argparse.Namespace) -> int:
    from autograder.classroom import export, roster

    people = roster.read(arguments.roster) if arguments.roster else None
    target = arguments.to or arguments.out / f"{arguments.kind}.csv"
    path, remarks = export.export(load_course(), arguments.kind, arguments.out, target, people)
    print("\n".join([f"Marks: {path}", *remarks]))
    return OK


def _queue(arguments: argparse.Namespace) -> int:
    from autograder.classroom import waiting

    print(waiting.text(arguments.out))
    return OK


def _doctor(arguments: argparse.Namespace) -> int:
    from autograder.sandboxing import cgroups, doctor

    results = doctor.run_doctor()
    print(doctor.table(results, cgroups.carriers()))
    return OK if doctor.sound(results) else NOT_YET


def _build(arguments: argparse.Namespace) -> int:
    course = load_course()
    if arguments.prove:
        from autograder.authoring.prove import prove

        proof = prove(course, lambda text: print(text, file=sys.stderr, flush=True))
        print(proof.message)
        return OK if proof.sound else NOT_YET
    from autograder.authoring.build import build

    result = build(course, check=arguments.check, force=arguments.force)
    print(result.message)
    return NOT_YET if result.stale else OK


def _release(arguments: argparse.Namespace) -> int:
    if arguments.gradescope is not None:
        from autograder.authoring import gradescope_zip

        out = arguments.out or arguments.place or Path("out/gradescope")
        visibility = arguments.visibility or "after_due_date"
        print("\n".join(map(str, gradescope_zip.write(load_course(), arguments.gradescope, out, visibility))))
        return OK
    if arguments.visibility is not None:
        raise CourseError("--visibility is for Gradescope's autograder. Name the assignment: stride release --gradescope 02 --visibility visible")
    from autograder.authoring.release import release

    released = release(load_course(), arguments.out or arguments.place or Path("out/release"))
    print("\n".join(map(str, released.paths)))
    return OK
