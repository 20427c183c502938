"""Given, not graded: photos, pictures and measurements for the experiments in the notebooks. Nothing to write here."""

from .diagrams import show_channel_options, show_filter_bank, show_placements, show_receptive_field, show_wiring
from .images import show_bars, show_curves, show_images
from .measure import best_seconds, gemm_rate, numerical_gradient
from .numbers import animate_sliding_filter, show_grid_of_numbers
from .photos import grey, photo, to_batch, to_photo
from .waiting import waits_for
from .windows import show_windows_as_rows

__all__ = [
    "animate_sliding_filter",
    "best_seconds",
    "gemm_rate",
    "grey",
    "numerical_gradient",
    "photo",
    "show_bars",
    "show_channel_options",
    "show_curves",
    "show_filter_bank",
    "show_grid_of_numbers",
    "show_images",
    "show_placements",
    "show_receptive_field",
    "show_windows_as_rows",
    "show_wiring",
    "to_batch",
    "to_photo",
    "waits_for",
]
