"""The same jobs on a Dask cluster (`stride grade … --scheduler ADDRESS`): judged elsewhere, written down here, with the same marks.

Jobs go out when their turn comes and plain dicts come back. A host takes part when it would judge as this machine does and has a
working sandbox; otherwise its name is said and nothing is judged. What a lost worker had in hand is judged by another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import queue
import socket
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from autograder.course import CourseError
from autograder.verdict import Verdict

CONNECT_SECONDS = 10  # for the scheduler to answer
PATIENCE_SECONDS = 600  # without a single worker: a queue of a cluster may take long to start some
LOOK_SECONDS = 1  # how often the cluster is looked at
RESULT_SECONDS = 60  # for verdicts that are there to arrive
INSTALL = "pip install --constraint constraints.txt --editable '.[grader,cluster]'"
KEPT = "What has been judged is kept"


class WorkerFault(RuntimeError):
    """A fault of ours, or a death, on a worker: `str` says which."""


class Cluster:
    """A connection to a Dask scheduler. Close it, or use it as a context manager.

    address  such as tcp://head:8786, or tls://… with Dask's own configuration

    Raises CourseError where nothing answers at the address, no worker comes, or a worker must not judge.
    """

    def __init__(self, address: str) -> None:
        self._address, self._grader = address, _grader()
        self._workers: list[str] = []
        self._waiting = False
        self._open = contextlib.ExitStack()
        try:
            self._client = self._connect()
            self._looked = self._seen = time.monotonic()
            while not self._look():
                time.sleep(LOOK_SECONDS / 4)
            self._hold_against_ours()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster. Jobs that wait there are dropped; those that run end within their limits."""
        self._open.close()

    def judge_all(
        self, tasks: Iterator[Any], most: int | None = None, work: Callable | None = None
    ) -> Iterator[tuple[Any, list[Verdict] | Exception]]:
        """As `pool.judge_all`: each task's name with its verdicts, as they come; an exception in their place is a fault that came twice.

        most  jobs at a time (default: two for each worker, one to judge and one whose sandbox starts)
        work  what a worker does with a job, instead of judging it

        A job that took the cluster's `allowed-failures` workers with it may only have been beside the one that did: it is
        tried once more when nothing else runs. Raises CourseError for what stops the batch.
        """
        again: deque[tuple[Any, str]] = deque()  # tasks, and the worker that shall not have them again
        suspects: deque[Any] = deque()
        failed: set[Any] = set()
        running: dict[str, tuple[Any, Any]] = {}  # key -> future, task
        finished: queue.SimpleQueue = queue.SimpleQueue()
        exhausted = alone = False
        try:
            while True:
                while not alone and len(running) < (most or max(2, 2 * len(self._workers))):
                    task, avoid = again.popleft() if again else (None if exhausted else next(tasks, None), "")
                    if task is None:
                        exhausted = True
                        break
                    self._submit(task, avoid, work, running, finished)
                if not running:
                    if not suspects:
                        return
                    alone = True
                    self._submit(suspects.popleft(), "", work, running, finished)
                future, task = running.pop(self._next(finished))
                kind, content, worker = self._outcome(future)
                if kind == "verdicts":
                    yield task[0], [Verdict.from_dict(plain) for plain in content]
                elif kind == "refused":
                    raise CourseError(content)
                elif task[0] in failed or alone and kind == "killed":
                    yield task[0], WorkerFault(content)
                elif kind == "killed":
                    suspects.append(task)
                else:
                    failed.add(task[0])
                    again.append((task, worker))
                alone = alone and bool(running)
        finally:
            with contextlib.suppress(Exception):
                self._client.cancel([future for future, _ in running.values()])

    def _connect(self) -> Any:
        try:
            import dask
            from distributed import Client
        except ImportError as error:
            raise CourseError(f"--scheduler needs Dask, and {error.name} is not installed. Install it: {INSTALL}") from error
        # What Dask has to say of lost connections and large jobs is said here, in one sentence, or is of no concern.
        quiet = {"distributed.comm.timeouts.connect": CONNECT_SECONDS, "distributed.admin.large-graph-warning-threshold": "1 TiB"}
        self._open.enter_context(dask.config.set(quiet))
        self._open.enter_context(_silenced(logging.getLogger("distributed")))
        self._open.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module="distributed")  # other versions of what decides no mark
        try:
            asyncio.run(_greet(self._address))
            client = Client(self._address, timeout=CONNECT_SECONDS, name="stride", set_as_default=False)
        except Exception as error:
            start = "Start one (dask scheduler), or mend the address: --scheduler tcp://HOST:8786"
            raise CourseError(f"No Dask scheduler answers at {self._address!r} ({_first_line(error)}). {start}") from error
        self._open.callback(_close, client)
        return client

    def _look(self) -> bool:
        """Whether there are workers just now. Raises CourseError when the scheduler is gone, or there have been none for too long."""
        try:
            self._workers = list(self._client.nthreads())
        except Exception as error:
            restart = "Start it and its workers, then run the same command again"
            raise CourseError(f"The Dask scheduler at {self._address} is gone ({_first_line(error)}). {KEPT}. {restart}") from error
        self._looked = time.monotonic()
        start = f"dask worker {self._address} --nthreads 1"
        if self._workers:
            self._seen, self._waiting = self._looked, False
        elif not self._waiting:
            self._waiting = True
            _say(f"The scheduler at {self._address} has no worker: waiting for one ({start}).")
        elif self._looked - self._seen > PATIENCE_SECONDS:
            none = f"The scheduler at {self._address} has had no worker for {PATIENCE_SECONDS:g} seconds. {KEPT}"
            raise CourseError(f"{none}. Start some ({start}), then run the same command again")
        return bool(self._workers)

    def _hold_against_ours(self) -> None:
        for address, said in self._client.run(_unfit_worker, self._grader, on_error="return").items():
            if isinstance(said, Exception):
                said = _broken(f"The worker at {address}", said)
            if said:
                raise CourseError(said)

    def _submit(self, task: Any, avoid: str, work: Callable | None, running: dict[str, Any], finished: queue.SimpleQueue) -> None:
        sealed = pickle.dumps((work or _work, task[1]()))
        elsewhere = [worker for worker in self._workers if worker != avoid] if avoid else []
        where = {"workers": elsewhere, "allow_other_workers": True} if elsewhere else {}
        try:
            future = self._client.submit(_judge, sealed, self._grader, pure=False, **where)
        except Exception as error:
            raise CourseError(f"The Dask scheduler at {self._address} takes no jobs ({_first_line(error)}). {KEPT}: grade again") from error
        running[future.key] = (future, task)
        future.add_done_callback(lambda done: finished.put(done.key))

    def _next(self, finished: queue.SimpleQueue) -> str:
        """The key of the next job that has ended, however it did."""
        while True:
            if time.monotonic() - self._looked > LOOK_SECONDS:
                self._look()
            with contextlib.suppress(queue.Empty):
                return finished.get(timeout=LOOK_SECONDS)

    def _outcome(self, future: Any) -> tuple[str, Any, str]:
        """What became of a job: its kind ("verdicts", "refused", "killed" or "fault"), verdicts or what to say, and the worker's address."""
        from distributed import KilledWorker

        if future.status == "finished":
            try:
                return future.result(timeout=RESULT_SECONDS)
            except Exception as error:
                return "fault", f"its verdicts were lost on their way ({_first_line(error)})", ""
        if future.status != "error":  # cancelled, by others or because the scheduler is gone
            self._look()
            return "fault", "it was cancelled", ""
        error = future.exception()
        if isinstance(error, KilledWorker):
            return "killed", f"{error.allowed_failures + 1} workers of the cluster died while they judged it", ""
        if isinstance(error, ImportError) or "deserializ" in str(error):
            return "refused", _broken("The cluster", error), ""
        return "fault", f"{type(error).__name__}: {_first_line(error)}", ""


# What runs on a worker: found there by name, so these are the same on both sides or refused.


def _judge(sealed: bytes, grader: str) -> tuple[str, Any, str]:
    """A job's outcome. Sealed: a worker of another version shall say so, not stumble over it; and no log shows the seed in it."""
    from distributed import get_worker

    worker = get_worker()
    try:
        said = _unfit(grader, worker)
        if said:
            return "refused", said, worker.address
        work, job = pickle.loads(sealed)
        return "verdicts", work(job), worker.address
    except CourseError as error:
        return "refused", f"On {socket.gethostname()}: {error}", worker.address
    except Exception as error:
        return "fault", f"{type(error).__name__}: {error}", worker.address


_judging = threading.Lock()


def _work(job_: Any) -> list[dict[str, Any]]:
    from autograder.classroom import job

    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    begun = job.ahead(job_)
    with _one_at_a_time():
        return [verdict.to_dict() for verdict in job.run(job_, begun)]


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """The worker's turn to judge. It takes the next job in meanwhile, as a worker of `pool` does: that job's sandbox starts, and it waits here."""
    from distributed import secede

    with _judging:
        secede()  # the worker's one thread is free for the next job, and no more than that: who waits keeps it
        yield


async def _unfit_worker(grader: str, dask_worker: Any) -> str | None:
    """`_unfit` outside of jobs, and off the thread by which the worker speaks with its scheduler."""
    return await asyncio.to_thread(_unfit, grader, dask_worker)


def _unfit(grader: str, dask_worker: Any) -> str | None:
    """Why this worker must not judge, or None."""
    from autograder.sandboxing.sandbox import OTHERWISE, require

    host = f"The worker on {socket.gethostname()} ({dask_worker.address})"
    here = _grader()
    if here != grader:
        there, ours = ("; ".join(sorted(set(a.split("; ")) - set(b.split("; ")))) for a, b in ((here, grader), (grader, here)))
        return f"{host} would judge with {there}, where the grader has {ours}. Install the same there and restart it: {INSTALL}"
    if dask_worker.state.nthreads != 1:
        threads = dask_worker.state.nthreads
        return f"{host} would judge {threads} submissions in one process. Start it with --nthreads 1 --nworkers {threads}"
    try:
        require()
    except CourseError as error:
        return f"{host} cannot judge. {str(error).replace(f' {OTHERWISE}', '')}"
    return None


def _grader() -> str:
    from autograder.classroom import master

    return master.grader()


def _broken(who: str, error: BaseException) -> str:
    return f"{who} cannot judge ({_first_line(error)}). Install there what this machine has, and restart it: {INSTALL}"


def _first_line(error: BaseException) -> str:
    """The first cause that says something, in its own words."""
    while not isinstance(error, TimeoutError) and error.__cause__ is not None:
        error = error.__cause__
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _say(sentence: str) -> None:
    from tqdm import tqdm

    tqdm.write(sentence, file=sys.stderr)  # leaves the progress bar whole


async def _greet(address: str) -> None:
    """Make sure that a scheduler answers there, and soon: Dask's own client, when it cannot begin, takes its time and much to say."""
    from distributed.comm import normalize_address
    from distributed.core import rpc
    from distributed.security import Security

    there = rpc(normalize_address(address), timeout=CONNECT_SECONDS, connection_args=Security().get_connection_args("client"))
    try:
        kind = (await asyncio.wait_for(there.identity(), CONNECT_SECONDS + 1))["type"]
    except TimeoutError as error:
        raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} seconds") from error
    finally:
        await there.close_rpc()
    if kind != "Scheduler":
        raise ValueError(f"it is a {kind.lower()}")


def _close(client: Any) -> None:
    with contextlib.suppress(Exception):
        client.close(timeout=CONNECT_SECONDS)


@contextlib.contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
