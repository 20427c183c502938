"""Several processes that train one network, started by `torchrun`; one process without it. Each has the whole data and works on its share.

    torchrun --nproc-per-node 2 -m autograder train NAME

PyTorch's own DistributedDataParallel averages the gradients. What differs from one process: batch norm sees a process's share of the batch
only (all go on with the running statistics of the first), dropout and augmentation draw numbers of their own in each process, and sums are
rounded in another order.
"""

import contextlib
import datetime
import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from .machine import device_here
from .recipe import TrainingError

PATIENCE = datetime.timedelta(days=3)  # how long the others wait for what the first one tells them: it may decode a million photographs before


@dataclass(frozen=True)
class Processes:
    """The processes that train together, as one of them sees it.

    rank    its number, 0 to count - 1; the first (0) alone prints and writes
    count   how many there are
    device  where this one computes
    words   the group through which they tell each other plain values; None: as gradients travel
    """

    rank: int
    count: int
    device: torch.device
    words: object = None

    @property
    def first(self):
        return self.rank == 0

    def share(self, batch):
        """This process's part of a batch, and that part's weight in the mean over the processes: sizes may differ by one.

        A process that gets nothing of a small last batch computes one image along with the others, with weight 0.
        """
        n = len(batch)
        begin, end = n * self.rank // self.count, n * (self.rank + 1) // self.count
        return (batch[begin:end], (end - begin) * self.count / n) if end > begin else (batch[:1], 0.0)

    def wrapped(self, network):
        """The network, so that its backward pass averages gradients over the processes."""
        if self.count == 1:
            return network
        return DistributedDataParallel(network, device_ids=[self.device.index] if self.device.type == "cuda" else None)

    def sum(self, tensor):
        """The sum over the processes, in place."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def all_have(self, network):
        """Give all processes the first one's buffers, such as running statistics."""
        if self.count > 1:
            for buffer in network.buffers():
                dist.broadcast(buffer, 0)

    def gathered(self, value):
        """What each process has, in order of rank: a list, the same in all of them."""
        values = [value]
        if self.count > 1:
            values = [None] * self.count
            dist.all_gather_object(values, value, group=self.words)
        return values

    @contextlib.contextmanager
    def held(self, make):
        """Within what the first process holds, make(), a context manager. If it cannot enter, all raise what it raises."""
        with contextlib.ExitStack() as stack:
            self.told(lambda: stack.enter_context(make()))
            yield

    def told(self, decide):
        """What the first process decides, for all: decide() is called there. If it raises TrainingError, all raise it."""
        outcome = [None, None]
        if self.first:
            try:
                outcome = [decide(), None]
            except Exception as error:
                if self.count == 1:
                    raise
                outcome = [None, error]
        if self.count > 1:
            dist.broadcast_object_list(outcome, 0, group=self.words)
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]


@contextlib.contextmanager
def processes():
    """The processes of this run: those that torchrun started, or this one alone."""
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1 or "RANK" not in os.environ:
        yield Processes(0, 1, device_here())
        return
    number = int(os.environ.get("LOCAL_RANK", 0))
    device = device_here(number)
    if device.type == "cuda":
        gpus = torch.cuda.device_count()
        if number >= gpus:
            raise TrainingError(f"Each process needs a GPU of its own, and here there are {gpus}: torchrun --nproc-per-node {gpus}.")
        torch.cuda.set_device(device)
    begun_here = not dist.is_initialized()
    if begun_here:
        bound = {"device_id": device} if device.type == "cuda" else {}  # else NCCL guesses which GPU is whose, and says so
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", **bound)
    try:
        yield Processes(dist.get_rank(), count, device, dist.new_group(backend="gloo", timeout=PATIENCE))
    except BaseException:
        begun_here = begun_here and device.type == "cpu"  # NCCL's farewell waits for the others, who may wait for this one: the process just ends
        raise
    finally:
        if begun_here:
            dist.destroy_process_group()
