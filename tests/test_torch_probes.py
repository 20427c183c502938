"""Probes for PyTorch: names and order of layers say nothing, everything that a network computes does."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.probes import ERROR, OK, Answer, observe
from autograder.torch_givens import loss, sequential
from autograder.torch_numbers import filling, fixed_dropout
from autograder.values import Given

RNG = np.random.default_rng(5)
X, DOUT = RNG.standard_normal((3, 2, 6, 6)), RNG.standard_normal((3, 4))


class Net(nn.Module):
    """Two equal convolutions with batch norm, dropout, and a fully connected layer."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.third = nn.Conv2d(width, width, 3, padding=1)
        self.norm, self.norm_again = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.drop, self.last = nn.Dropout(0.3), nn.Linear(width, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.first(x)).relu()
        x = self.norm_again(self.second(x)).relu() + self.third(x)
        return self.last(self.drop(x.mean((2, 3))))


class Renamed(nn.Module):
    """The same computation, its layers in another order and under other names, some in a Sequential, dropout as a function."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.head = nn.Linear(width, 4)
        self.shortcut = nn.Conv2d(width, width, 3, padding=1)
        self.branch = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.stem = nn.Sequential(nn.Conv2d(2, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = self.shortcut(x) + self.branch(x)
        return self.head(nn.functional.dropout(x.mean(dim=(2, 3)), 0.3, self.training))


def seen(subject: Any, **inputs: Any) -> Answer:
    return observe("module", subject, {"seed": 1, "training": True, "x": X, "dout": DOUT} | inputs)


def outputs(subject: Any, **inputs: Any) -> tuple:
    answer = seen(subject, **inputs)
    assert answer.status == OK, answer
    return answer.output


def same(some: Any, other: Any) -> bool:
    if isinstance(some, dict):
        return some.keys() == other.keys() and all(np.allclose(some[key], other[key], rtol=1e-10, atol=1e-12) for key in some)
    return np.allclose(some, other, rtol=1e-10, atol=1e-12) if isinstance(some, np.ndarray) else some == other


@pytest.mark.parametrize("training", [True, False])
def test_names_and_order_of_layers_do_not_matter(training: bool) -> None:
    one, other = outputs(Net, training=training), outputs(Renamed, training=training)
    assert all(map(same, one, other))
    parameters, out, dx, gradients, statistics = one
    assert parameters.count("Conv2d.weight 3×3×3×3") == 2 and out.shape == DOUT.shape and dx.shape == X.shape
    assert set(gradients) == set(parameters) and set(statistics) == {"BatchNorm2d.running_mean 3", "BatchNorm2d.running_var 3"}


def test_a_class_made_from_a_layer_of_pytorchs_counts_as_that_layer() -> None:
    class Padded(nn.Conv2d):
        def __init__(self, given: int, made: int) -> None:
            super().__init__(given, made, 3, padding=1)

    class Own(Renamed):
        def __init__(self) -> None:
            super().__init__()
            self.shortcut = Padded(3, 3)

    assert all(map(same, outputs(Own), outputs(Renamed)))


def test_constants_in_buffers_stay_and_a_single_number_may_learn() -> None:
    class Scaled(Renamed):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("twice", torch.tensor(2.0))
            self.gain = nn.Parameter(torch.tensor(1.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.twice * self.gain * super().forward(x)

    gain = float(filling(1, "Scaled", "gain", ()))
    assert np.allclose(outputs(Scaled)[1], 2 * gain * outputs(Renamed)[1]) and outputs(Scaled)[3]["Scaled.gain"].shape == ()


def test_modes_differ_and_statistics_move_in_training_alone() -> None:
    (_, trained, _, _, moved), (_, used, _, _, still) = outputs(Net), outputs(Net, training=False)
    assert not np.allclose(trained, used)
    assert np.array_equal(still["BatchNorm2d.running_mean 3"], 2 * filling(1, "BatchNorm2d", "running_mean", (3,)))
    assert not np.allclose(still["BatchNorm2d.running_mean 3"], moved["BatchNorm2d.running_mean 3"])


def test_gradients_of_equal_kinds_add_up_to_the_derivative_of_their_common_numbers() -> None:
    """Central differences: the two convolutions of 3×3×3×3 hold the same numbers, moved together."""
    key, epsilon = ("Conv2d", "weight", (3, 3, 3, 3)), 1e-6
    _, _, _, gradients, _ = outputs(Net, training=False)

    def value(step: float) -> float:
        net = Net().double().eval()
        with torch.no_grad(), fixed_dropout():
            for layer in net.modules():
                for name, array in (*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)):
                    if array.is_floating_point():
                        numbers = filling(1, type(layer).__name__, name, tuple(array.shape))
                        numbers[(0, 1, 2, 0)[: numbers.ndim]] += step * ((type(layer).__name__, name, tuple(array.shape)) == key)
                        array.copy_(torch.from_numpy(numbers))
            return float((net(torch.from_numpy(X)) * torch.from_numpy(DOUT)).sum())

    slope = (value(epsilon) - value(-epsilon)) / (2 * epsilon)
    assert gradients["Conv2d.weight 3×3×3×3"][0, 1, 2, 0] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("slip", ["no_dropout", "other_dropout", "norm_after", "reused", "unused", "no_bias"])
def test_every_slip_is_seen(slip: str) -> None:
    class Slipped(Net):
        def __init__(self) -> None:
            super().__init__()
            if slip == "no_dropout":
                self.drop = nn.Identity()
            if slip == "other_dropout":
                self.drop = nn.Dropout(0.5)
            if slip == "no_bias":
                self.first = nn.Conv2d(2, 3, 3, padding=1, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.norm(self.first(x).relu()) if slip == "norm_after" else self.norm(self.first(x)).relu()
            third = {"reused": self.second, "unused": nn.Identity()}.get(slip, self.third)
            return self.last(self.drop((self.norm_again(self.second(x)).relu() + third(x)).mean((2, 3))))

    answer = seen(Slipped)
    if slip in ("reused", "unused"):
        assert (answer.status, answer.error) == (ERROR, "RuntimeError") and "third.weight, third.bias: no part in the output" in answer.message
    else:
        assert not all(map(same, answer.output, outputs(Net)))


def test_what_is_no_module_or_returns_something_else() -> None:
    assert seen(lambda: 3).error == "TypeError"
    assert seen(lambda: None).output is None

    class Pair(Net):
        def forward(self, x: torch.Tensor) -> Any:
            return 1.0, 2.0

    assert seen(Pair).message == "forward gives a tuple, not a tensor: gradients end there"
    assert outputs(Net, x=X, options={"width": 5})[0].count("Conv2d.weight 5×5×3×3") == 2
    without = observe("module", Net, {"seed": 1, "training": True})
    assert without.output[0] and without.output[1:] == (None,) * 4


LAYERS = [
    ["Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3}], ["BatchNorm2d", {"num_features": 3}], ["Flatten", {}],
    ["Dropout", {"p": 0.5}], ["Linear", {"in_features": 48, "out_features": 4}],
]
BATCHES = [(RNG.standard_normal((n, 2, 6, 6)), RNG.integers(0, 4, n)) for n in (3, 2)]


def epoch(model: nn.Module, loader: list, optimizer: Any, loss_function: Any) -> float:
    total = 0.0
    for images, labels in loader:
        value = loss_function(model.train()(images), labels)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        total += value.item()
    with torch.no_grad():
        model.eval()(images)
    return total


def test_a_function_of_a_model_is_seen_at_work() -> None:
    inputs = {
        "model": Given("sequential", {"layers": LAYERS, "seed": 3}), "loader": BATCHES, "optimizer": {"name": "SGD", "lr": 0.1, "momentum": 0.9},
        "loss_function": Given("loss", {"name": "cross_entropy"}),
    }
    answer = observe("of_model", epoch, inputs)
    assert answer.status == OK and answer.modified == ()
    total, parameters, statistics, modes, passes, kept, own, hooks, dtypes, learns = answer.output
    assert not any(modes) and kept and own and hooks == 0 and set(dtypes) == {"float64"} and all(learns)
    assert passes == [[True, True], [True, True], [False, False]]

    model = sequential(LAYERS, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with fixed_dropout():
        expected = epoch(model, [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in BATCHES], optimizer, loss("cross_entropy"))
    assert total == pytest.approx(expected) and np.isfinite(total)
    assert all(np.allclose(a, b.detach()) for a, b in zip(parameters, model.parameters(), strict=True))
    assert np.allclose(statistics[0], model[1].running_mean) and not np.allclose(statistics[0], sequential(LAYERS, 3)[1].running_mean)


def test_dtypes_and_parameters_that_cannot_learn_are_seen() -> None:
    def freezes(model: nn.Module) -> None:
        model[0].weight.requires_grad_(False)

    given = Given("sequential", {"layers": LAYERS, "seed": 3, "dtype": "float32", "resting": [1]})
    *_, dtypes, learns = observe("of_model", freezes, {"model": given}).output
    assert set(dtypes) == {"float32"} and learns.count(False) == 1 and learns[0] is False
    modes = [made.training for made in sequential(LAYERS, 3, resting=[1]).modules()]
    assert modes.count(False) == len(list(sequential(LAYERS, 3)[1].modules()))


def test_a_changed_batch_and_an_odd_return_are_seen() -> None:
    def spoils(model: nn.Module, images: torch.Tensor) -> Any:
        images += 1
        return {"shape": images.shape, "values": [images.sum(), images[0, 0, 0]]}

    answer = observe("of_model", spoils, {"model": Given("sequential", {"layers": LAYERS, "seed": 3}), "images": X})
    assert answer.modified == ("images",)
    assert answer.output[0]["shape"] == X.shape and answer.output[0]["values"][0] == pytest.approx((X + 1).sum())


def test_a_huge_network_is_looked_at_without_its_memory() -> None:
    answer = seen_without_images(lambda: nn.Linear(10**6, 10**6))
    assert answer.status == OK and answer.output[0] == ["Linear.bias 1000000", "Linear.weight 1000000×1000000"]


def test_a_class_that_needs_numbers_to_be_made_is_made_with_them() -> None:
    def makes() -> nn.Module:
        layer = nn.Linear(4, 3)
        layer.scale = layer.weight.std().item()
        return layer

    assert seen_without_images(makes).output[0] == ["Linear.bias 3", "Linear.weight 3×4"]


def test_a_class_that_fails_is_told_with_its_own_error() -> None:
    def fails() -> nn.Module:
        raise ValueError("depth 17 is none of them")

    answer = seen_without_images(fails)
    assert (answer.status, answer.error, answer.message) == (ERROR, "ValueError", "depth 17 is none of them")


def seen_without_images(subject: Any) -> Answer:
    return observe("module", subject, {"seed": 1, "training": True})


def test_what_ignores_its_options_is_told_before_it_fills_the_memory() -> None:
    made = []

    def huge() -> nn.Module:
        made.append(nn.Linear(10**6, 10**6))  # 4 TB, if it were made in earnest
        return made[-1]

    answer = observe("module", huge, {"seed": 1, "training": True, "x": np.ones((1, 10**6))})
    assert (answer.status, answer.error) == (ERROR, "ValueError") and "1,000,001,000,000 parameters" in answer.message
    assert len(made) == 1 and made[0].weight.is_meta


def test_gradients_need_an_output_of_the_right_shape() -> None:
    answer = observe("module", lambda: nn.Linear(3, 1), {"seed": 1, "training": True, "x": np.ones((2, 3)), "dout": np.ones((2, 4))})
    assert (answer.status, answer.error, answer.message) == (ERROR, "RuntimeError", "the output has the shape 2×1, not 2×4")


def test_gradients_do_not_wait_for_a_computer_algebra_system() -> None:
    """torch loads one where gradients of an array are asked for by `grad_outputs`: half a second of every sandbox."""
    code = (
        "import sys, numpy, torch; from autograder.torch_probes import module; "
        "module(lambda: torch.nn.Linear(3, 2), {'seed': 1, 'training': True, 'x': numpy.ones((2, 3)), 'dout': numpy.ones((2, 2))}); "
        "print('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_an_array_is_no_tensor() -> None:
    class Ended(Net):
        def forward(self, x: torch.Tensor) -> np.ndarray:
            return super().forward(x).detach().numpy()

    answer = seen(Ended)
    assert (answer.status, answer.error) == (ERROR, "TypeError") and "forward gives a ndarray, not a tensor" in answer.message


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv2d", "Linear", "BatchNorm2d"])
def test_a_layer_that_the_module_does_not_know_is_told(kind: str, bias: bool) -> None:
    made = {"Conv2d": lambda: nn.Conv2d(3, 3, 1, bias=bias), "Linear": lambda: nn.Linear(4, 4, bias=bias), "BatchNorm2d": lambda: nn.BatchNorm2d(3)}

    class Hides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [made[kind]()]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layers[0](x)

    answer = seen(Hides, seed=1, training=True, x=np.ones((2, 3, 4, 4)))
    assert "RuntimeError" in str(answer.error) and "plain Python list" in str(answer)


def test_an_input_that_the_learner_made_smaller_is_no_hidden_layer() -> None:
    class Casts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x.float())

    answer = seen(Casts, seed=1, training=True, x=np.ones((2, 3, 4, 4)))
    assert "RuntimeError" in str(answer.error) and "plain Python list" not in str(answer)


@pytest.mark.parametrize("said, seen_as", [(4, 4), (True, True), (None, None), ("4", "a str"), (property(lambda self: 4), "a property")])
def test_what_the_class_says_of_itself_comes_last(said: Any, seen_as: Any) -> None:
    class Told(Net):
        expansion = said

        def __init__(self) -> None:
            super().__init__()
            self.expansion_of_its_own = 4

    for asked in ({"class_attributes": ("expansion", "expansion_of_its_own")}, {}):
        attributes = outputs(Told, **asked)[5:], observe("module", Told, {"seed": 1, "training": True} | asked).output[5:]
        assert attributes == ((((seen_as, None),) * 2) if asked else ((), ()))


def test_a_function_that_makes_modules_may_leave_it_to_their_class() -> None:
    class Told(Net):
        expansion = 2

    def makes() -> nn.Module:
        return Told()

    asked = {"class_attributes": ("expansion",)}
    assert outputs(makes, **asked)[5:] == (2,)
    makes.expansion = 3
    assert outputs(makes, **asked)[5:] == (3,)


def test_lazy_layers_count_as_what_they_become() -> None:
    lazy, plain = (nn.LazyConv2d, nn.LazyLinear), (lambda *sizes: nn.Conv2d(2, *sizes), lambda units: nn.Linear(48, units))
    one, other = ((lambda made=made: nn.Sequential(made[0](3, 3), nn.Flatten(), made[1](4))) for made in (lazy, plain))
    assert all(map(same, outputs(one), outputs(other)))
    sizes = {"seed": 1, "training": True}
    assert observe("module", one, sizes | {"images": X.shape}).output[0] == outputs(other)[0]
    assert "0.weight, 0.bias" in observe("module", one, sizes).message
