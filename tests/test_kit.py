"""The kit: what the notebooks draw and measure with. Taken from solutions/, as build copies it to the learners."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = tomllib.loads((ROOT / "data" / "registry.toml").read_text(encoding="utf-8"))["file"]


def load_kit():
    spec = importlib.util.spec_from_file_location("kit_of_the_course", ROOT / "solutions" / "cnnlib" / "kit" / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


kit = load_kit()


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch):
    """Figures stay open after plt.show, so that a test can look at them: figures() are those drawn so far."""
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.close("all")
    yield lambda: [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")


def words(figure) -> list[str]:
    """Everything that is written in a figure."""
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    return texts + [part for axis in figure.axes for part in (axis.get_title(), axis.get_xlabel(), axis.get_ylabel())]


def not_written(id: str) -> NotImplementedError:
    return NotImplementedError(f"{id}: not written yet — stride hint {id}")


# --- waits_for ---


def test_an_experiment_waits_with_one_line_that_names_file_and_command(capsys: pytest.CaptureFixture) -> None:
    with kit.waits_for("shapes.fits", "conv.dilate"):
        raise not_written("conv.dilate")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert "waits for conv.dilate" in line and "cnnlib/conv.py" in line and "stride hint conv.dilate" in line


def test_an_experiment_whose_code_is_there_says_nothing(capsys: pytest.CaptureFixture) -> None:
    with kit.waits_for("conv.dilate"):
        done = True
    assert done and capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "error",
    [
        not_written("conv.rotate180"),  # of an exercise that the experiment does not name
        NotImplementedError("conv.dilate: only stride 1 so far"),  # a learner's own
        NotImplementedError(),
        ValueError("conv.dilate: not written yet"),
    ],
)
def test_other_errors_come_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, kit.waits_for("conv.dilate"):
        raise error
    assert caught.value is error


def test_half_drawn_figures_of_a_waiting_experiment_are_dropped_and_others_kept() -> None:
    kept = plt.figure()
    with kit.waits_for("conv.dilate"):
        plt.figure()
        raise not_written("conv.dilate")
    assert plt.get_fignums() == [kept.number]


# --- photos ---


@pytest.mark.parametrize("entry", REGISTRY, ids=lambda entry: entry["path"])
def test_data_files_are_what_the_registry_says(entry: dict) -> None:
    content = (ROOT / "data" / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert len(content) == entry["bytes"] <= 4_000_000
    assert entry["licence"] and entry["author"] and entry["source"]


def test_every_data_file_is_registered_and_its_licence_told() -> None:
    found = {path.relative_to(ROOT / "data").as_posix() for path in (ROOT / "data").rglob("*") if path.is_file()}
    licences = {path for path in found if path.startswith("licences/")}
    assert found - licences == {entry["path"] for entry in REGISTRY} | {"README.md", "registry.toml"}
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{entry['path']}`" in readme for entry in REGISTRY)
    assert all(f"({path})" in readme for path in licences)


@pytest.mark.parametrize("name", [Path(entry["path"]).stem for entry in REGISTRY if entry["path"].startswith("photos/")])
def test_photos_are_height_width_rgb(name: str) -> None:
    image = kit.photo(name)
    assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    assert image.std() > 20  # a picture, not a plain area


def test_an_unknown_photo_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'dog'.*camera, cat, coffee, coins"):
        kit.photo("dog")


def test_grey_is_brightness_from_0_to_1() -> None:
    colours = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_allclose(kit.grey(colours), [[1, 0, 0.299, 0.587, 0.114]])


def test_layouts_change_and_change_back() -> None:
    cat = kit.photo("cat")
    batch = kit.to_batch(cat)
    assert batch.shape == (1, 3, 200, 300) and batch.flags.c_contiguous
    assert batch[0, 2, 7, 11] == cat[7, 11, 2] / 255
    np.testing.assert_array_equal(kit.to_photo(batch), cat)
    np.testing.assert_array_equal(kit.to_photo(np.array([-1, 0.5, 2]).reshape(1, 3, 1, 1)), [[[0, 128, 255]]])
    assert kit.to_batch(kit.grey(cat)).shape == (1, 1, 200, 300)


# --- pictures ---


def test_images_share_a_scale_only_when_asked(figures) -> None:
    dark, bright = np.array([[0.0, 1.0]]), np.array([[0.0, 4.0]])
    kit.show_images(dark, bright, titles=("dark", "bright"))
    kit.show_images(dark, bright, shared=True)
    own, shared = ([axis.images[0].get_clim() for axis in figure.axes] for figure in figures())
    assert own == [(0, 1), (0, 4)] and shared == [(0, 4), (0, 4)]
    assert {"dark", "bright"} <= set(words(figures()[0]))


def test_signed_images_have_zero_in_the_middle(figures) -> None:
    kit.show_images(np.array([[-3.0, 1.0]]), signed=True)
    kit.show_images(np.array([[-3.0, 1.0]]), signed=True, limit=2, colorbar=True)
    assert [figure.axes[0].images[0].get_clim() for figure in figures()] == [(-3, 3), (-2, 2)]
    assert [len(figure.axes) for figure in figures()] == [1, 2]  # the colour bar


def test_images_in_several_rows_and_with_frames(figures) -> None:
    kit.show_images(*[np.eye(3)] * 3, titles="abc", columns=2, boxes={1: [(0, 1, 2, 2, "orange")]})
    axes = figures()[0].axes
    assert len(axes) == 4 and [axis.get_title() for axis in axes] == ["a", "b", "c", ""]
    assert [patch.get_bbox().bounds for axis in axes for patch in axis.patches] == [(1, 0, 2, 2)]


def test_bars_and_curves_are_labelled(figures) -> None:
    kit.show_bars(["a", "b"], [1, 100], title="T", ylabel="Y", log=True, text=["one", "hundred"])
    kit.show_curves({"c": ([1, 2], [3, 4]), "d": ([1, 2], [4, 3])}, "T", "X", "Y", logx=True, marks=[(3.5, "limit")])
    bars, curves = figures()
    assert {"T", "Y", "one", "hundred"} <= set(words(bars)) and bars.axes[0].get_yscale() == "log"
    assert [bar.get_height() for bar in bars.axes[0].patches] == [1, 100]
    assert {"T", "X", "Y", "limit"} <= set(words(curves)) and curves.axes[0].get_xscale() == "log"
    assert [text.get_text() for text in curves.legends[0].get_texts()] == ["c", "d"]


def test_numbers_are_written_in_their_cells(figures) -> None:
    kit.show_grid_of_numbers(np.array([[1.0, -2.5]]), "=", np.array([["ab"]]), titles=("left", "right"), windows={0: [(0, 0, 1, 2)]}, caption="why")
    figure = figures()[0]
    assert {"1", "-2.50", "=", "ab", "left", "right", "why"} <= set(words(figure))
    assert sum(patch.get_linewidth() > 2 for patch in figure.axes[0].patches) == 1  # the window


def test_the_animation_has_a_frame_per_output_and_fetches_nothing() -> None:
    movie = kit.animate_sliding_filter(np.ones((3, 3)), np.ones((2, 2)), np.full((2, 2), 4.0))
    html = movie._repr_html_()
    assert len(re.findall(r"frames\[\d+\] = \"data:image/png;base64", html)) == 4
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", html) and "fa-" not in html
    assert len(html) < 200_000
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "draw, expected",
    [
        (lambda: kit.show_wiring(8), ["m·n = 6·8 = 48 weights", "3m = 3·6 = 18 weights", "3 weights"]),
        (
            lambda: kit.show_placements(7, 3, (1, 2, 3)),
            ["stride 1: 5 placements", "stride 2: 3 placements", "stride 3: 2 placements,\n1 pixel never seen"],
        ),
        (lambda: kit.show_placements(7, 3, (1, 2), padding=1), ["stride 1: 7 placements", "stride 2: 4 placements"]),
        (lambda: kit.show_placements(7, 3, (1, 2), dilation=2), ["stride 1, dilation 2: 3 placements", "stride 2, dilation 2: 2 placements"]),
        (lambda: kit.show_channel_options(), ["one filter per channel", "all channels to one output"]),
        (lambda: kit.show_filter_bank((3, 32, 32), 6, 5), ["3×32×32", "6 filters of 3×5×5 + bias", "6×28×28"]),
        (lambda: kit.show_receptive_field([(3, 2), (3, 1), (3, 1)]), ["image  (11)", "layer 1: 3 wide, stride 2  (5)"]),
        (lambda: kit.show_three_ideas(), ["idea 1", "idea 2", "idea 3", "val:\nchoose", "test:\nchoose and report"]),
        (lambda: kit.show_groups(6, 6, (1, 2, 6)), ["groups=1: as ever", "groups=2: 3 channels each", "groups=6: depthwise"]),
        (lambda: kit.show_dense_block(16, 12, 4), ["16", "28", "40", "52", "64", "layer 4: 12", "what came in: 16"]),
        (
            lambda: kit.show_trade_off({"a": [("cheap", 1e6, 2e6, 30.0), ("dear", 5e7, 9e7, [20, 21, 22])], "b": [("one", 2e6, 1e6, 25.0)]}),
            ["cheap", "dear", "one", "parameters, millions", "% wrong"],
        ),
        (lambda: kit.show_windows_as_rows(np.eye(3), np.ones((4, 4)), (2, 2)), ["image", "one row per window"]),
    ],
)
def test_diagrams_say_what_they_show(figures, draw, expected: list[str]) -> None:
    draw()
    assert set(expected) <= set(words(figures()[0]))


# --- measuring ---


def test_the_numerical_gradient_is_the_slope_under_an_upstream_gradient() -> None:
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, 3, 5))[:, :, :4], rng.standard_normal((2, 3, 4))
    before = x.copy()
    np.testing.assert_allclose(kit.numerical_gradient(lambda v: v**3, x, dout), 3 * x**2 * dout, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(kit.numerical_gradient(np.sin, x), np.cos(x), atol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_seconds_are_those_of_the_best_run_and_slow_functions_run_less(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(sys.modules["kit_of_the_course.measure"].time, "perf_counter", lambda: clock[0])

    def work(seconds: list[float]) -> None:
        clock[0] += seconds.pop(0)

    assert kit.best_seconds(work, [0.3, 0.1, 0.2], repeat=3) == pytest.approx(0.1)
    left = [0.7, 0.6, 0.1]
    assert kit.best_seconds(work, left, repeat=3) == pytest.approx(0.6)
    assert left == [0.1]


def test_the_rate_of_the_machine_is_counted_in_multiply_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = []
    monkeypatch.setattr(sys.modules["kit_of_the_course.measure"], "best_seconds", lambda f, *given, **_: timed.append((f, *given)) or 2.0)
    assert kit.gemm_rate(size=10) == 10**3 / 2
    ((product, a, b),) = timed
    assert product(a, b).shape == (10, 10) and a.dtype == b.dtype == np.float32


def test_everything_the_kit_exports_is_explained() -> None:
    assert kit.__all__ == sorted(kit.__all__)
    for name in kit.__all__:
        assert getattr(kit, name).__doc__, name
