"""Given, not graded: photos, data, layers, pictures and measurements for the experiments in the notebooks. Nothing to write here."""

import importlib

# Where each name is at home. A module is imported when one of its names is first asked for: layers need NumPy alone, pictures matplotlib.
HOMES = {
    "agreement": ("show_agreement", "show_pairs"),
    "clouds": ("show_clouds",),
    "blocks": ("show_blocks",),
    "branches": ("show_branches",),
    "data": ("Dataset", "lenet_images", "load"),
    "dense": ("show_dense_block",),
    "diagrams": ("show_channel_options", "show_filter_bank", "show_placements", "show_receptive_field", "show_wiring"),
    "graphs": ("show_batch_norm_graph",),
    "gaps": ("show_gaps",),
    "groups": ("show_groups",),
    "images": ("show_bars", "show_curves", "show_images"),
    "layers": (
        "AvgPool2d",
        "BatchNorm",
        "BatchNorm2d",
        "Conv2d",
        "Dropout",
        "Flatten",
        "GlobalAvgPool2d",
        "Layer",
        "Linear",
        "MaxPool2d",
        "ReLU",
        "Sequential",
        "Sigmoid",
        "Tanh",
    ),
    "letters": ("draw_letters", "print_letter"),
    "loops": ("progress",),
    "measure": ("best_seconds", "gemm_rate", "numerical_gradient"),
    "networks": ("show_network",),
    "norms": ("GroupNorm", "LayerNorm"),
    "numbers": ("animate_sliding_filter", "show_grid_of_numbers"),
    "parts": ("show_three_ideas",),
    "paths": ("show_paths",),
    "photos": ("grey", "photo", "to_batch", "to_photo"),
    "published": ("load_published",),
    "published_names": ("our_names",),
    "regions": ("show_regions",),
    "rooflines": ("show_roofline",),
    "runs": ("show_run_bars", "show_runs"),
    "search": ("show_search",),
    "spread": ("show_layer_histograms",),
    "sharing": ("show_shared_statistics",),
    "thinned": ("show_thinned",),
    "tradeoffs": ("show_trade_off",),
    "training.recipe": ("Data", "Recipe"),
    "train": ("run_recipe",),
    "waiting": ("waits_for",),
    "windows": ("show_windows_as_rows",),
}
_HOME_OF = {name: home for home, names in HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name):
    if name not in _HOME_OF:
        raise AttributeError(f"cnnlib.kit has no {name}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__():
    return __all__
