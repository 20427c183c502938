"""The page of results: a table for every experiment, made of kept runs (experiments.py) and of nothing else. The same runs give the same page."""

import statistics
from pathlib import Path

from .. import recipes
from .experiments import experiment, read_kept
from .recipe import SIZES

HEAD = """# Results

What the course's recipes give, measured. This page is made by `stride results` from the runs in [results/](results/), a file each; a row without
runs has no numbers. Errors are shares of test images after the last epoch, mean ± standard deviation over the seeds. Minutes are those of the clock,
on machines that may have had other work to do.

To fill a row, where the machine is at hand: `stride results cifar_resnet --run --size gpu`. What is run already is not run again.

| size | |
|---|---|
{sizes}
"""
COLUMNS = ("size", "test error", "top-5 error", "training error", "seeds", "epochs", "parameters", "minutes", "data", "machine", "commit")
EMPTY = "not run"


def page(keep):
    """The whole page, as text. keep: the folder of the kept runs. Returns (text, [sentence about each run that is not shown])."""
    parts, unused = [HEAD.format(sizes="\n".join(f"| {size} | {words} |" for size, words in SIZES.items()))], []
    for name in recipes.names():
        runs, remarks = kept_runs(keep, name)
        parts.append(section(name, runs))
        unused += remarks
    known = set(recipes.names())
    strays = sorted(path.name for path in Path(keep).glob("*") if path.is_dir() and path.name not in known)
    return "\n".join(parts), unused + [f"{Path(keep) / name}: there is no recipe of that name, so its runs are not shown." for name in strays]


def kept_runs(keep, name):
    """The kept runs of an experiment that its recipe would do in the same way today, {(arm, size): [run]}, and a sentence about each other."""
    one, found, remarks = experiment(name), {}, []
    for path in sorted((Path(keep) / name).glob("*.json")):
        run = read_kept(path)
        if run is None:
            remarks.append(f"{path} is not a run that can be read: put it back, or remove it.")
        elif not one.does(run):
            remarks.append(f"{path} was run with other settings than the recipe has now: remove it, or do it again with stride results {name} --run.")
        else:
            found.setdefault((run["arm"], run["size"]), []).append(run)
    return {place: sorted(runs, key=lambda run: run["seed"]) for place, runs in found.items()}, remarks


def section(name, runs):
    """An experiment's heading, sentence and table."""
    one = experiment(name)
    named, reach = list(one.arms) != [""], one.reach is not None
    columns = [*(["what"] if named else []), *COLUMNS]
    if reach:
        columns.insert(columns.index("training error"), f"steps to {one.reach:.0%}")
    if one.published:
        columns.append("published")
    lines = [f"## {name}", "", one.recipe.about, "", _line(columns), "|" + "---|" * len(columns)]
    for arm in one.arms:
        for size in SIZES:
            cells = [arm] if named else []
            cells += _cells(size, runs.get((arm, size), []), one.reach)
            if one.published:
                cells.append(one.published.get(arm, one.published.get("", "")) if size == "gpu" else "")
            lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _cells(size, runs, reach):
    """A row's cells from `size` to `commit`."""
    if not runs:
        return [size, EMPTY, *[""] * (len(COLUMNS) - 2 + (reach is not None))]
    whole = [run for run in runs if not run["diverged"]]
    lost = len(runs) - len(whole)
    error = _percent([run["result"]["error"] for run in whole])
    if lost:
        error = f"{error}{'; ' if error else ''}{lost} of {len(runs)} diverged"
    seconds = [run["seconds"] / 60 for run in whole]
    return [
        size,
        error,
        _percent([run["result"]["error_top5"] for run in whole]),
        *([_steps([_reached(run, reach) for run in runs])] if reach is not None else []),
        _percent([run["log"]["train_error"][-1] for run in whole]),
        _listed(run["seed"] for run in runs),
        _listed(run["settings"]["epochs"] for run in runs),
        _listed(f"{run['parameters']:,}" for run in runs),
        f"{statistics.mean(seconds):.1f}" if seconds else "",
        _listed(_data(run) for run in runs),
        _listed(_machine(run["machine"]) for run in runs),
        _listed(f"`{run['commit']}`" if run["commit"] else "unknown" for run in runs),
    ]


def _percent(shares):
    """Mean ± standard deviation as percentages; one run has no deviation."""
    shares = [100 * share for share in shares if share is not None]
    if not shares:
        return ""
    return f"{statistics.mean(shares):.2f}" + (f" ± {statistics.stdev(shares):.2f}" if len(shares) > 1 else "") + " %"


def _reached(run, reach):
    """Steps after which a run first had so small an error at a look; None: never."""
    return next((step for step, error in zip(run["log"]["step"], run["log"]["watched_error"]) if error is not None and error <= reach), None)


def _steps(steps):
    reached = [step for step in steps if step is not None]
    words = f"{statistics.mean(reached):,.0f}" if reached else "never"
    return words + (f" ({len(reached)} of {len(steps)})" if 0 < len(reached) < len(steps) else "")


def _data(run):
    """The data set with what must be said of it: a copy that is not the original is named as one."""
    copy = " (JPEG copy)" if "JPEG copy" in run["note"] else f" ({run['note']})" if run["note"] else ""
    return f"{run['data']}{copy}, {run['images']['learn']:,} + {run['images']['test']:,}"


def _machine(machine):
    processes = f"{machine['processes']} × " if machine["processes"] > 1 else ""
    if machine["device"] == "cpu":
        return f"{processes}{machine['processor']}, {machine['threads']} thread{'s' * (machine['threads'] > 1)}"
    return processes + machine.get("gpu", machine["device"])


def _listed(items):
    """Each once, in the order in which they came."""
    return ", ".join(dict.fromkeys(map(str, items)))


def _line(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
