"""Layer by layer."""

import numpy as np


def roofline(operations, bytes_moved, peak, bandwidth):
    seconds, intensity = np.empty_like(operations), np.empty_like(operations)
    bound = np.zeros(len(operations), bool)
    for i in range(len(operations)):
        work, traffic = operations[i] / peak, bytes_moved[i] / bandwidth
        seconds[i] = work if work > traffic else traffic
        intensity[i] = operations[i] / bytes_moved[i]
        bound[i] = not work < traffic
    return [seconds, intensity, bound]
