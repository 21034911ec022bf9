"""Bins of context words by signed distance and length of the context."""

import numpy as np

from liap.pruning.distance_bins import BINS, FARTHEST, distance_bins


def test_bins_tell_sides_distances_and_lengths_apart():
    context = np.array([0, 1, 2, 5, 6])
    assert distance_bins(context, 3, 5).tolist() == [2, 1, 0, FARTHEST, FARTHEST + 1]
    far = np.delete(np.arange(100), 50)
    bins = distance_bins(far, 50, 51)
    assert bins.max() < BINS
    assert bins[0] == bins[30]
    assert bins[30] != bins[40]
