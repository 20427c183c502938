"""What goes wrong in training, in sentences that say what to do next."""

import gc
import re
import traceback
from pathlib import Path

import torch

from .recipe import TrainingError

OUT_OF_MEMORY = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)  # its name before PyTorch 2.5
# What else says so: PyTorch of the machine's memory, CUDA, cuBLAS and cuDNN of what they need beside the tensors.
WORDS = ("can't allocate memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
ENDED = ("Connection closed by peer", "Connection reset by peer", "gloo/transport", "NCCL error")  # gloo and NCCL, of a process that is gone
LARGEST = 0.1  # a learning rate that is advised to whoever took a huge one


def out_of_memory(error):
    """Whether an error says that memory is exhausted, the GPU's or the machine's."""
    return isinstance(error, (OUT_OF_MEMORY, MemoryError)) or isinstance(error, RuntimeError) and any(words in str(error) for words in WORDS)


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


def no_memory(error):
    """The same where neither a step nor a look asked for too much: while the data are read, a batch augmented, a checkpoint made."""
    smaller = "a smaller batch (--set batch_size=…), a smaller network (--set model.…) or a smaller --size"
    return TrainingError(f"Out of memory ({str(error).splitlines()[0] if str(error) else 'the machine has no more'}). Choose {smaller}.")


def look_too_large(recipe, fits):
    """The same while testing."""
    told = f"Out of memory while testing with {recipe.test_batch} images at once"
    advice = f"{fits} fit: --set test_batch={fits}." if fits else "Not even one fits: choose smaller images, or a smaller network."
    return TrainingError(f"{told}. {advice}")


def others_ended(error):
    """Whether an error says that another process of this run has ended."""
    return isinstance(error, RuntimeError) and any(words in str(error) for words in ENDED)


def left_alone(count, saved):
    """What to tell when another of `count` processes has ended. saved: step of the last checkpoint, None: there is none"""
    further = f"Go on from step {saved} with --resume." if saved else "There is no checkpoint yet: begin anew."
    return TrainingError(f"Another of the {count} processes has ended: it says why itself, unless it was killed. {further}")


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
        smaller = min(recipe.optimizer_options.get("lr", rate) / 10, LARGEST)
        causes = [f"a learning rate that is too large (try --set optimizer.lr={smaller:g}, or a schedule that warms up)"]
        if recipe.precision == "fp16":
            causes.append("numbers too large for fp16 (try --set precision=bf16 or float32)")
        if not recipe.clip_norm and recipe.loop == "engine":
            causes.append("rare huge gradients (try --set clip_norm=1)")
        causes.append("a division, log or square root in the network or the loss that meets 0")
        told += f" Likely causes: {'; '.join(causes)}."
    return TrainingError(told + (f" The checkpoint of step {saved} is from before." if saved else ""))


def no_file(module):
    """What to tell of a module of the learner's that is not there, such as "cnnlib.nets.resnet"."""
    path = module.replace(".", "/") + ".py"
    return TrainingError(f"This recipe trains your own {path}, and there is no such file: put it back with stride reset, or write it.")


def in_their_own(error, folder):
    """What to tell of an error that comes out of the learner's own files in `folder`, or out of what these call; None: out of others."""
    own = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if _is_own(frame.f_code.co_filename, folder)]
    if isinstance(error, SyntaxError) and error.filename and _is_own(error.filename, folder):
        path, line, function, what = error.filename, error.lineno, "", error.msg
    elif own:
        last = next(place for place in reversed(list(traceback.walk_tb(error.__traceback__))) if place[0] is own[-1])
        path, line, function, what = own[-1].f_code.co_filename, last[1], own[-1].f_code.co_qualname, str(error)
    else:
        return None
    inside = Path(path).relative_to(folder)
    first = function.partition(".")[0]
    id = ".".join((*inside.with_suffix("").parts, first)) if first.isidentifier() else ""
    where = f"Your cnnlib/{inside.as_posix()}, line {line}{f' ({function})' if id else ''}"
    check = f" What does its check say? stride check {id}" if id else " Mend it, then try again."
    return TrainingError(f"{where}: {type(error).__name__}: {_short(what)}.{check}")


def _is_own(path, folder):
    path = Path(path)
    return path.is_relative_to(folder) and path.relative_to(folder).parts[0] != "kit"


def _short(text):
    line = (text.strip().splitlines() or ["it says no more"])[0].rstrip(".")
    return line if len(line) <= 200 else f"{line[:199]}…"


def not_scores(scores, wanted):
    """What to tell where a network gives something else than a score for each image and class, wanted: (n, classes); None: it gives that."""
    if isinstance(scores, torch.Tensor) and scores.shape == wanted and scores.requires_grad:
        return None
    what = f"scores {tuple(scores.shape)}" if isinstance(scores, torch.Tensor) else "nothing (no return?)" if scores is None else repr(scores)[:60]
    if isinstance(scores, torch.Tensor) and scores.shape == wanted:
        what += " that do not depend on its parameters (detach, no_grad, or numbers taken out of tensors?)"
    return TrainingError(f"For {wanted[0]} images the network should give scores {wanted}, one for each class, and it gives {what}.")


def not_written(error):
    """What to tell of an exercise that is still a stub; None: the error says something else."""
    id, _, rest = str(error).partition(":")
    if "not written yet" not in rest or not re.fullmatch(r"[\w.]+\.\w+", id):
        return None
    module = id.rpartition(".")[0].replace(".", "/")
    return TrainingError(f"This recipe trains your own {id}, which is not written yet: write it in cnnlib/{module}.py. Stuck? stride hint {id}")
