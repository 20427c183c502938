"""Checks of cnnlib/roofline.py: what limits a layer, arithmetic or memory."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases


def _roof(*, both=max, ratio="operations", bound="machine", swapped=False, strict=False, rates=False):
    """Layer by layer in plain numbers; every argument is a way to get it wrong."""

    def roofline(operations, bytes_moved, peak, bandwidth):
        if swapped:
            peak, bandwidth = bandwidth, peak
        seconds, intensity, limited = [], [], []
        for work, traffic in zip(operations.tolist(), bytes_moved.tolist()):
            seconds.append(min(peak, work / traffic * bandwidth) if rates else both(work / peak, traffic / bandwidth))
            intensity.append(work / traffic if ratio == "operations" else traffic / work)
            ridge = {"machine": peak / bandwidth, "turned": peak / bandwidth, "upside down": bandwidth / peak, "one": 1.0}[bound]
            limited.append((work / traffic > ridge if strict else work / traffic >= ridge) != (bound == "turned"))
        return np.array(seconds), np.array(intensity), np.array(limited)

    return roofline


def _draw(rng):
    def drawn(count, dtype=float, low_ridge=False):
        peak, bandwidth = round(float(rng.uniform(40, 900)), 1), round(float(rng.uniform(2, 30)), 1)
        if low_ridge:  # between ridge, 1 and the ridge upside down there is room for layers
            peak = round(float(rng.uniform(0.35, 0.45)) * bandwidth, 1)
        traffic = rng.uniform(10, 500, count)
        around = rng.permutation([*rng.uniform(0.05, 0.6, count // 2), *rng.uniform(1.7, 9, count - count // 2)])  # shares of the ridge
        return {"operations": (traffic * around * peak / bandwidth).astype(dtype), "bytes_moved": traffic.astype(dtype), "peak": peak,
                "bandwidth": bandwidth}

    for count in (5, 4):
        yield Case("seconds", drawn(count), compare=("seconds",))
        yield Case("intensity", drawn(count), compare=("intensity",))
        yield Case("compute bound", drawn(2 * count + 1), compare=("compute_bound",))
    yield Case("compute bound", drawn(13, low_ridge=True), compare=("compute_bound",))
    on_ridge = {"operations": np.array([8.0, 24.0, 4.0]), "bytes_moved": np.array([2.0, 4.0, 2.0]), "peak": 16.0, "bandwidth": 4.0}
    yield Case("compute bound", on_ridge, compare=("compute_bound",))
    yield from contract_cases(lambda dtype: drawn(6, dtype))


roofline = Exercise(
    id="roofline.roofline",
    title="Under the roofline",
    difficulty=2,
    minutes=20,
    aspects=(
        Aspect("seconds", 4, "the least time of each layer"),
        Aspect("intensity", 2, "operations for each byte"),
        Aspect("compute bound", 3, "whether arithmetic sets the time, on the ridge as well"),
        contract(1),
    ),
    draw=_draw,
    oracle=_roof(),
    returns=("seconds", "intensity", "compute_bound"),
    misconceptions=(
        Misconception(
            "times_added",
            "The two times are added up.",
            "Arithmetic and traffic go on at the same time: the slower one sets the time.",
            _roof(both=lambda a, b: a + b),
        ),
        Misconception("faster_one", "The time is that of the faster of the two.", "A layer is done when both are: take the larger time.",
                      _roof(both=min)),
        Misconception("arithmetic_only", "The time is that of arithmetic alone.", "Memory may take longer: operations / peak against "
                      "bytes_moved / bandwidth.", _roof(both=lambda a, b: a)),
        Misconception("traffic_only", "The time is that of the traffic alone.", "Arithmetic may take longer: operations / peak against "
                      "bytes_moved / bandwidth.", _roof(both=lambda a, b: b)),
        Misconception("bytes_per_operation", "The intensity is upside down: bytes for each operation.", "Divide operations by bytes.",
                      _roof(ratio="bytes")),
        Misconception("memory_bound", "What is said is whether memory sets the time.", "It is True where arithmetic takes at least as long.",
                      _roof(bound="turned")),
        Misconception("ridge_upside_down", "The ridge is upside down.", "It lies at peak / bandwidth operations for each byte.",
                      _roof(bound="upside down")),
        Misconception(
            "height_of_the_roof",
            "What is given is the height of the roof, operations a second, not the time.",
            "A layer takes operations / peak or bytes_moved / bandwidth seconds, whichever is longer.",
            _roof(rates=True),
        ),
        Misconception("ridge_left_out", "A layer just on the ridge is taken for one that memory limits.",
                      "Arithmetic takes at least as long as traffic: >=, not >.", _roof(strict=True)),
        Misconception("ridge_at_one", "An intensity of 1 is taken for the ridge.", "The machine sets it: peak / bandwidth.", _roof(bound="one")),
        Misconception("peak_and_bandwidth_swapped", "Peak and bandwidth are swapped.", "operations / peak, bytes_moved / bandwidth.",
                      _roof(swapped=True)),
    ),
    hints=(
        "How long would the arithmetic take alone, how long the traffic? They go on at the same time.",
        "Two arrays of times. The layer's is the larger one, element by element, and comparing them says which limits.",
        "arithmetic = operations / peak, traffic = bytes_moved / bandwidth. np.maximum of both; operations / bytes_moved; arithmetic >= traffic.",
    ),
)

EXERCISES = (roofline,)
