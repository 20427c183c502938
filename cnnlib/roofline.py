"""The roofline: does arithmetic or memory limit a layer?"""

import numpy as np


def roofline(operations, bytes_moved, peak, bandwidth):
    """The least time that each layer can take on a machine, and what sets it.

    operations     (L,): additions and multiplications of each layer, each counted by itself: a multiply-add is two
    bytes_moved    (L,): bytes that each layer reads from memory and writes to it
    peak           float: operations that the machine does in a second
    bandwidth      float: bytes that its memory moves in a second
    returns        seconds (L,), intensity (L,), compute_bound (L,)
                     seconds        arithmetic and traffic go on at the same time: a layer takes as long as the slower of the two
                     intensity      operations for each byte
                     compute_bound  bool: arithmetic takes at least as long as traffic, which is so where the intensity reaches
                                    peak / bandwidth, the ridge of the roof

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model for multicore architectures".
    """
    raise NotImplementedError("roofline.roofline: not written yet — stride hint roofline.roofline")
