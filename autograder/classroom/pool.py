"""Judging many submissions at once, in worker processes that survive bad luck.

Each worker loads the judge once. A worker that dies, or a fault of ours in a job, is tried once more, alone; after that the
job's failure is reported, so that it ends in the TA's queue and never as a zero.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from autograder.classroom import interrupts, job
from autograder.classroom.job import Job
from autograder.course import CourseError
from autograder.sandboxing.process import end_strays
from autograder.verdict import Verdict

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # workers share the cores already
Work = Callable[[Job], list[dict[str, Any]]]
Task = tuple[Any, Callable[[], Job]]  # what the caller calls it, and the job (made when its turn comes, so memory stays flat)


def judge_all(tasks: Iterator[Task], workers: int, work: Work | None = None) -> Iterator[tuple[Any, list[Verdict] | Exception]]:
    """Each task's name with its verdicts, as they come; an exception in their place is a fault of ours that came twice.

    Raises CourseError when a worker does: what a user can mend stops the batch.
    """
    work = work or _work
    again: deque[Task] = deque()
    running: dict[Future, Task] = {}
    failed: set[Any] = set()  # names of tasks that have raised something themselves: being lost with another's worker does not count
    pool: ProcessPoolExecutor | None = None
    exhausted = False
    with _environment(ONE_THREAD):
        try:
            while True:
                while not exhausted and len(running) < workers:
                    task = next(tasks, None)
                    exhausted = task is None
                    if task is not None:
                        with interrupts.held():
                            pool = _submit(pool, workers, work, task, running)
                alone = not running
                if alone:
                    if not again:
                        return
                    task = again.popleft()
                    with interrupts.held():
                        pool = _submit(pool, workers, work, task, running)
                done = wait(running, return_when=FIRST_COMPLETED).done
                if any(isinstance(_error(future), BrokenProcessPool) for future in done):
                    _stop(pool)  # one dead worker ends the whole pool, and all that was running in it
                    pool, done = None, set(running)
                for future in done:
                    task, error = running.pop(future), _error(future)
                    if error is None:
                        yield task[0], [Verdict.from_dict(plain) for plain in future.result()]
                    elif isinstance(error, CourseError):
                        raise error
                    elif alone and (isinstance(error, BrokenProcessPool) or task[0] in failed):
                        yield task[0], error
                    else:
                        if not isinstance(error, BrokenProcessPool):
                            failed.add(task[0])
                        again.append(task)
        finally:
            if pool is not None:
                _stop(pool)


def default_workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(job_: Job) -> list[dict[str, Any]]:
    return [verdict.to_dict() for verdict in job.run(job_)]


def _submit(pool: ProcessPoolExecutor | None, workers: int, work: Work, task: Task, running: dict[Future, Task]) -> ProcessPoolExecutor:
    """Have the task run, in the pool or in a new one where there is none or an idle worker has died. Gives the pool."""
    made = task[1]()
    try:
        pool = pool or _start(workers)
        future = pool.submit(work, made)
    except BrokenProcessPool:
        if running:  # theirs to find out: this task goes with them
            future = Future()
            future.set_exception(BrokenProcessPool())
        else:
            _stop(pool)
            pool = _start(workers)
            future = pool.submit(work, made)
    running[future] = task
    return pool


def _start(workers: int) -> ProcessPoolExecutor:
    # A server that has loaded the judge and never used it: its forks start at once and share its memory.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.classroom.pool", "autograder.judge", "autograder.oracles", "torch"])
    return ProcessPoolExecutor(workers, context, initializer=_begin)


def _begin() -> None:
    """In a new worker: Ctrl-C is the parent's business, and the worker ends when the parent does, however that ended.

    It leads a session of its own, by which all that it has started can be found when it is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()
    parent = multiprocessing.parent_process()

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        end_strays({os.getpid()})
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers now, and their sandboxes with them. The pool's own thread sees it and cleans up."""
    workers = dict(pool._processes or {})
    for worker in workers.values():
        worker.terminate()
    pool.shutdown(wait=True, cancel_futures=True)
    end_strays(workers)


def _error(future: Future) -> BaseException | None:
    return BrokenProcessPool("cancelled") if future.cancelled() else future.exception()


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
