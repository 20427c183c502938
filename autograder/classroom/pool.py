"""Judging many submissions at once, in worker processes that survive bad luck.

Each worker loads the judge once, and has the next job already while it judges one: that job's sandbox starts meanwhile. A worker
that dies, or a fault of ours in a job, is tried once more, alone; after that the job's failure is reported, so that it ends in the
TA's queue and never as a zero.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.forkserver
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

from autograder.classroom import interrupts, job
from autograder.classroom.job import Job
from autograder.course import CourseError
from autograder.sandboxing import confinement
from autograder.sandboxing.process import end_strays
from autograder.verdict import Verdict

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # workers share the cores already
AT_HAND = 2  # jobs that a worker has: the one that it judges, and the next
Plain = list[dict[str, Any]]  # verdicts on their way between processes
Begin = Callable[[Job], Callable[[], Plain]]  # called when a job arrives; what it gives is called when the job's turn has come
Task = tuple[Any, Callable[[], Job]]  # what the caller calls it, and the job (made when it is sent, so memory stays flat)


class WorkerLost(RuntimeError):
    """A worker process ended while it judged."""


def judge_all(tasks: Iterator[Task], workers: int, begin: Begin | None = None) -> Iterator[tuple[Any, list[Verdict] | Exception]]:
    """Each task's name with its verdicts, as they come; an exception in their place is a fault of ours that came twice.

    Raises CourseError when a worker does: what a user can mend stops the batch.
    """
    crew: list[_Worker] = []
    returned: deque[Task] = deque()  # what workers that were lost had not begun
    again: deque[Task] = deque()  # to be tried once more, alone

    def take() -> Task | None:
        return returned.popleft() if returned else next(tasks, None)

    with _environment(ONE_THREAD):
        try:
            while True:
                _hand_out(crew, workers, begin or _begin, take)
                alone = not any(worker.tasks for worker in crew)
                if alone:
                    if not again:
                        return
                    with interrupts.held():
                        crew = crew or [_Worker(begin or _begin)]
                    crew[0].send(again.popleft())
                for worker in _answering(crew):
                    task, answer = worker.receive()
                    if isinstance(answer, WorkerLost):
                        crew.remove(worker)
                        returned += worker.tasks
                        worker.stop()
                    if isinstance(answer, CourseError):
                        raise answer
                    if not isinstance(answer, Exception):
                        yield task[0], [Verdict.from_dict(plain) for plain in answer]
                    elif alone:
                        yield task[0], answer
                    else:
                        again.append(task)
        finally:
            for worker in crew:
                worker.stop()


def load_judge() -> None:
    """Have the judge loaded by the server from which workers will come, and do not wait for it: there are other things to do meanwhile."""
    with _environment(ONE_THREAD), interrupts.held():
        _context()
        multiprocessing.forkserver.ensure_running()


def default_workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hand_out(crew: list[_Worker], workers: int, begin: Begin, take: Callable[[], Task | None]) -> None:
    """Give every worker something to do, and then every worker something to go on with; start workers that are lacking."""
    for enough in range(1, AT_HAND + 1):
        for place in range(workers):
            if place < len(crew) and len(crew[place].tasks) >= enough:
                continue
            task = take()
            if task is None:
                return
            if place >= len(crew):
                with interrupts.held():
                    crew.append(_Worker(begin))
            crew[place].send(task)


def _answering(crew: list[_Worker]) -> list[_Worker]:
    """Wait for an answer, or a death: the workers that have one."""
    ready = multiprocessing.connection.wait([worker.connection for worker in crew if worker.tasks])
    return [worker for worker in crew if worker.connection in ready]


class _Worker:
    """A worker process, and the tasks that it has: the first one is being judged."""

    def __init__(self, begin: Begin) -> None:
        context = _context()
        self.tasks: deque[Task] = deque()
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, begin, confinement.views()))
        self._process.start()
        theirs.close()

    def send(self, task: Task) -> None:
        made = task[1]()
        self.tasks.append(task)
        with contextlib.suppress(OSError):  # it has died, and `receive` will say so
            self.connection.send(made)

    def receive(self) -> tuple[Task, Plain | Exception]:
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            answer = WorkerLost("a worker process ended while it judged this")
        return self.tasks.popleft(), answer

    def stop(self) -> None:
        """End the worker now, and its sandboxes with it."""
        self._process.terminate()
        self._process.join()
        end_strays({self._process.pid})
        self._process.close()
        self.connection.close()


def _context() -> multiprocessing.context.ForkServerContext:
    """A server that has loaded the judge and never used it: its forks start at once and share its memory."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "autograder.classroom.pool", "autograder.judge", "autograder.oracles"])
    return context


def _begin(job_: Job) -> Callable[[], Plain]:
    return partial(_verdicts, job_, job.ahead(job_))


def _verdicts(job_: Job, venue: Any) -> Plain:
    return [verdict.to_dict() for verdict in job.run(job_, venue)]


def _serve(connection: multiprocessing.connection.Connection, begin: Begin, views: Any) -> None:
    """The worker: judges one job after the other, while a thread takes the next one in. `views` are what sandboxes see, as the grader found it.

    It leads a session of its own, by which all that it has started can be found when it is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    os.setsid()
    confinement.take_over(views)
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    begun: SimpleQueue[Callable[[], Plain]] = SimpleQueue()

    def take_in() -> None:
        try:
            while True:
                begun.put(begin(connection.recv()))
        finally:
            end_strays({os.getpid()})
            os._exit(1)  # the parent is gone, however that ended, or this worker is of no use: the parent sees it

    threading.Thread(target=take_in, daemon=True).start()
    while True:
        connection.send(_answer(begun.get()))


def _answer(judge: Callable[[], Plain]) -> Plain | Exception:
    try:
        return judge()
    except Exception as error:
        try:
            return pickle.loads(pickle.dumps(error))
        except Exception:  # not every exception survives the way to another process
            return RuntimeError(f"{type(error).__name__}: {error}")


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
