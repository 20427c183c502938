"""How well a network does on images that it does not learn from."""

import torch

from .looks import looking, top_k_errors
from .trouble import largest_that_fits, look_too_large, out_of_memory

TINY = 1e-12  # a probability of 0 has a logarithm too


def test(network, batches, part, recipe, processes, autocast, predict=None):
    """Loss, error (top-1) and error_top5 (None with fewer than six classes) as a dict of floats; all processes work on it, and all get the same.

    part      such as batches.test
    autocast  () -> a context manager
    predict   the recipe's way to look several times, or None: once
    """
    sums = torch.zeros(4, dtype=torch.float64, device=processes.device)  # images, loss, wrong, wrong among five
    mine = torch.arange(processes.rank, len(part), processes.count)
    processes.all_have(network)

    def look(images):
        return _scores(network, batches, images, autocast, predict, recipe)

    for chosen in mine.split(recipe.test_batch):
        x, y = part[chosen]
        y = y.to(processes.device)
        try:
            scores, failed = look(x), None
        except Exception as error:
            if not out_of_memory(error):
                raise
            scores, failed = None, error.with_traceback(None)  # a traceback would keep what fills the memory
        if failed:
            attempt = lambda number, images=x: look(images[:number])
            raise look_too_large(recipe, largest_that_fits(attempt, len(x))) from failed
        wrong = top_k_errors(scores, y, ks=(1, 5) if scores.shape[1] > 5 else (1,))
        counts = [len(y), recipe.loss(scores, y).item() * len(y), wrong[1] * len(y), wrong.get(5, float("nan")) * len(y)]
        sums += torch.tensor(counts, dtype=torch.float64, device=sums.device)
    n, loss, wrong, wrong5 = processes.sum(sums).tolist()
    return {"loss": loss / n, "error": round(wrong) / n, "error_top5": None if wrong5 != wrong5 else round(wrong5) / n}


def _scores(network, batches, images, autocast, predict, recipe):
    """(n, classes) float32: the network's scores, or the logarithm of what several looks say on average."""
    images = batches.normalized(images)
    if recipe.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    with looking(network), autocast():
        if predict is None:
            return network(images).float()
        return predict(network, images).float().clamp(min=TINY).log()
