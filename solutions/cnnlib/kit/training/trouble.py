"""What goes wrong in training, in sentences that say what to do next."""

import gc
import re

import torch

from .recipe import TrainingError

OUT_OF_MEMORY = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)  # its name before PyTorch 2.5


def out_of_memory(error):
    """Whether an error says that memory is exhausted, the GPU's or the machine's."""
    return isinstance(error, (OUT_OF_MEMORY, MemoryError)) or isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def largest_that_fits(attempt, most):
    """The largest whole number below `most` for which attempt(number) finds enough memory; 0: none. `most` itself is known to be too large."""
    fits, fails = 0, most
    gc.collect()
    while fails - fits > 1:
        middle = (fits + fails) // 2
        try:
            attempt(middle)
            fits = middle
        except Exception as error:
            if not out_of_memory(error):
                raise
            fails = middle
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return fits


def too_large(recipe, step, fits, processes=1):
    """What to tell when a batch does not fit: the largest that does, and two ways to use it.

    fits   images at once in one process, found by trying
    """
    told = f"Out of memory at step {step + 1}: {-(-recipe.batch_size // (recipe.pieces * processes))} images at once are too many"
    if not fits:
        return TrainingError(f"{told}, and so is a single one. Choose a smaller network (--set model.…), smaller images or a smaller --size.")
    pieces, batch = -(-recipe.batch_size // (fits * processes)), fits * processes
    own = recipe.loop == "own"
    return TrainingError(
        f"{told}; {fits} fit. " + ("" if own else f"The same steps in pieces that fit: --set pieces={pieces}. Or")
        + f"{'Take' if own else ' take'} smaller batches, and a smaller rate with them: --set batch_size={batch}."
    )


def look_too_large(recipe, fits):
    """The same while testing."""
    told = f"Out of memory while testing with {recipe.test_batch} images at once"
    advice = f"{fits} fit: --set test_batch={fits}." if fits else "Not even one fits: choose smaller images, or a smaller network."
    return TrainingError(f"{told}. {advice}")


def not_finite(recipe, step, per_epoch, rate, loss, images, saved):
    """What to tell when the loss has become NaN or infinite.

    step     from 0; the one whose loss it is
    rate     learning rate of that step
    images   that step's batch, to see whether the fault is there already
    saved    step of the last checkpoint, None: there is none
    """
    told = f"The loss is {loss} at step {step + 1} (epoch {step // per_epoch + 1}), where the learning rate was {rate:g}."
    if not torch.isfinite(images).all():
        told += " The images of that batch are not all finite: look for a division by zero in the recipe's augment or std."
    else:
        smaller = recipe.optimizer_options.get("lr", rate) / 10
        causes = [f"a learning rate that is too large (try --set optimizer.lr={smaller:g}, or a schedule that warms up)"]
        if recipe.precision == "fp16":
            causes.append("numbers too large for fp16 (try --set precision=bf16 or float32)")
        if not recipe.clip_norm and recipe.loop == "engine":
            causes.append("rare huge gradients (try --set clip_norm=1)")
        causes.append("a division, log or square root in the network or the loss that meets 0")
        told += f" Likely causes: {'; '.join(causes)}."
    return TrainingError(told + (f" The checkpoint of step {saved} is from before." if saved else ""))


def not_written(error):
    """What to tell of an exercise that is still a stub; None: the error says something else."""
    id, _, rest = str(error).partition(":")
    if "not written yet" not in rest or not re.fullmatch(r"[\w.]+\.\w+", id):
        return None
    module = id.rpartition(".")[0].replace(".", "/")
    return TrainingError(f"This recipe trains your own {id}, which is not written yet: write it in cnnlib/{module}.py. Stuck? stride hint {id}")
