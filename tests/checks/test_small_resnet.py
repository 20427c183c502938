"""The checks of cnnlib/small_resnet.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from autograder import artefacts, check
from autograder.checks.small_resnet.trained import NAMES, SHAPES
from autograder.exercise import load
from autograder.runner import load_subject
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("small_resnet", seeds=(1, 2))
BUILD = load("small_resnet.build_small_resnet")


def _module() -> dict:
    """What small_resnet.py defines, outside the solution too."""
    scope: dict = {}
    source = (SOLUTIONS / "small_resnet.py").read_text(encoding="utf-8")
    exec(compile(source, "small_resnet.py", "exec"), scope)
    return scope


def test_the_network_has_the_arrays_that_the_judge_asks_for() -> None:
    net = load_subject(BUILD, SOLUTIONS)(blocks=1, width=8, rng=np.random.default_rng(0))
    arrays = _module()["network_arrays"](net)
    assert tuple(arrays) == NAMES and tuple(array.shape for array in arrays.values()) == SHAPES


def test_the_paper_counts_layers_as_we_do() -> None:
    """6n + 2 layers with weights: n = 3, 5, 7, 9, 18 are ResNet-20, 32, 44, 56, 110."""
    from autograder.checks.small_resnet.network import plan

    for blocks, layers in ((3, 20), (5, 32), (7, 44), (9, 56), (18, 110)):
        assert sum(len(shape) > 1 for shape in plan(blocks, 4, residual=False)) == layers
        assert sum(len(shape) > 1 for shape in plan(blocks, 4)) == layers + 2  # and a projection where the second and third stage begin


def test_the_judge_makes_its_images_as_network_input_does() -> None:
    case = load("small_resnet.trained").cases(1)[0]
    with np.load(SOLUTIONS.parents[1] / "data" / "fashion_small.npz") as stored:
        images, labels = stored["test_images"], stored["test_labels"]
    ours = _module()["network_input"](images)
    assert ours.dtype == case.inputs["images"].dtype == np.float32 and ours.shape == case.inputs["images"].shape
    assert sorted(case.inputs["labels"]) == sorted(labels)
    whole = {image.tobytes() for image in np.concatenate([ours, ours[..., ::-1]])}
    still = np.mean([image.tobytes() in whole for image in case.inputs["images"]])
    assert 0.05 < still < 0.2  # one of nine moves is none


def test_the_judges_network_computes_what_the_learners_does() -> None:
    """The trained arrays in the solution's own layers, in evaluation mode, against the judge's network."""
    trained = load("small_resnet.trained")
    images = trained.cases(1)[0].inputs["images"][:16]
    path = SOLUTIONS.parent / "artefacts" / trained.artefact
    net = load_subject(BUILD, SOLUTIONS)(blocks=1, width=8, rng=np.random.default_rng(0))
    with np.load(path) as stored:
        values = iter([stored[name].astype(np.float64) for name in NAMES])
    for layer in net.layers():
        for name in layer.arrays():
            if name in layer.parameters:
                layer.parameters[name] = next(values)
            else:
                setattr(layer, name, next(values))
    subject = artefacts.subject(trained, path.read_bytes())
    np.testing.assert_allclose(net.eval().forward(images.astype(np.float64)), subject(images, None, 0.0), atol=1e-8)


def test_the_network_says_that_it_waits_for_the_block(tmp_path: Path) -> None:
    course = shutil.copytree(SOLUTIONS, tmp_path / "cnnlib")
    shutil.copy(SOLUTIONS.parents[1] / "cnnlib" / "residual.py", course)  # as nobody has begun it
    verdict = check(BUILD.id, seed=1, cnnlib=course)
    assert verdict.waits_for == "residual.BasicBlock", str(verdict)
