"""The checks of cnnlib/shapes.py, and of the sizing question."""

import pytest

from autograder import check
from autograder.exercise import load
from tests.checks.common import SOLUTIONS, proofs

TestProofs = proofs("shapes")

SIZING = {
    "conv1": (48, 92, 92),
    "conv2": (96, 92, 92),
    "conv3": (192, 44, 44),
    "pool": (192, 22, 22),
    "conv4": (256, 22, 22),
    "fc": 100,
    "parameters": 48 * 244 + 96 * 3889 + 192 * 2401 + 256 * 193 + 100 * (256 * 22 * 22 + 1),
}


def test_sizing_worked_out_by_hand_gets_full_marks():
    assert check("shapes.sizing", SIZING, seed=1).points == load("shapes.sizing").points == 8


def test_sizing_agrees_with_pytorch():
    import torch

    network = torch.nn.Sequential(
        *(torch.nn.Conv2d(3, 48, 9), torch.nn.Conv2d(48, 96, 9, padding=4), torch.nn.Conv2d(96, 192, 5, stride=2)),
        *(torch.nn.MaxPool2d(2), torch.nn.Conv2d(192, 256, 1), torch.nn.Flatten(), torch.nn.Linear(256 * 22 * 22, 100)),
    )
    assert sum(p.numel() for p in network.parameters()) == SIZING["parameters"]
    image, shapes = torch.zeros(1, 3, 100, 100), []
    for layer in network:
        image = layer(image)
        shapes.append(tuple(image.shape[1:]))
    assert shapes == [SIZING[name] for name in ("conv1", "conv2", "conv3", "pool", "conv4")] + [(256 * 22 * 22,), (SIZING["fc"],)]


@pytest.mark.parametrize("name", SIZING)
def test_each_answer_of_sizing_has_its_own_points(name):
    for missing in (SIZING | {name: None}, {key: value for key, value in SIZING.items() if key != name}):
        verdict = check("shapes.sizing", missing, seed=1)
        assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == [name]


def test_sizing_takes_lists_for_tuples_but_no_shape_without_channels():
    assert check("shapes.sizing", SIZING | {"pool": [192, 22, 22]}, seed=1).passed
    assert not check("shapes.sizing", SIZING | {"pool": (22, 22)}, seed=1).passed


@pytest.mark.parametrize("answer", [42, "92x92x48", [(48, 92, 92)]])
def test_sizing_that_is_no_dictionary_says_so(answer):
    verdict = check("shapes.sizing", answer, seed=1)
    assert verdict.points == 0 and "should be a dictionary with conv1, conv2" in str(verdict)


@pytest.mark.parametrize("constant", [True, False])
def test_a_guess_earns_nothing_for_fits(constant):
    assert check("shapes.fits", lambda n, kernel_size, stride=1, padding=0: constant, seed=1).points == 0


def test_fits_is_asked_about_the_case_that_does_not():
    asked = [case.inputs for case in load("shapes.fits").cases(1)]
    assert {"n": 7, "kernel_size": 3, "stride": 3} in asked


def _half(rounded):
    def size(n, kernel_size, stride=1, padding=0, dilation=1):
        padding = {"same": rounded(kernel_size), "valid": 0}.get(padding, padding)
        return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1

    return size


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [_half(lambda k: (k - 1) // 2), _half(lambda k: k // 2)])
def test_same_is_not_half_the_filter(size, seed):
    verdict = check("shapes.conv_output_size", size, seed=seed)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["named"]


@pytest.mark.parametrize("seed", range(10))
def test_a_filter_as_long_as_the_input_fits(seed):
    def refuses(n, kernel_size, stride=1, padding=0):
        room = n + 2 * padding - kernel_size
        return room > 0 and room % stride == 0

    verdict = check("shapes.fits", refuses, seed=seed)
    assert verdict.points == 0 and verdict.misconception == "exact_size_refused"


def test_emptying_the_list_of_layers_is_noticed():
    def emptied(layers):
        field, step = 1, 1
        while layers:
            kernel_size, stride = layers.pop(0)
            field, step = field + (kernel_size - 1) * step, step * stride
        return field

    verdict = check("shapes.receptive_field", emptied, seed=1)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["contract"] and "`layers`" in str(verdict)


@pytest.mark.parametrize("seed", range(10))
def test_sizes_must_be_whole_numbers(seed):
    right = load("shapes.conv_output_size").oracle
    verdict = check("shapes.conv_output_size", lambda **inputs: float(right(**inputs)), seed=seed)
    assert verdict.points == 0 and "should be an integer" in str(verdict)


def test_known_numbers_from_the_notebook():
    from autograder.runner import load_subject

    said = {id: load_subject(load(f"shapes.{id}"), SOLUTIONS) for id in ("conv_parameters", "conv_flops", "conv_output_size", "receptive_field")}
    assert said["conv_parameters"](3, 10, 5) == 760
    assert said["conv_flops"](100, 100, 5, 64) == 1_024_000_000
    assert [said["conv_output_size"](7, 3, stride) for stride in (1, 2, 3)] == [5, 3, 2]
    assert said["receptive_field"]([(3, 1)] * 3) == 7
