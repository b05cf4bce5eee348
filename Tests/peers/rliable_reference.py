"""What rliable (Agarwal et al., 2021) makes of two fixed score matrices: the numbers in Tests/ReportsTests/RliableTests.swift. Point
estimates depend on nothing; the intervals on 50,000 resamples from numpy's seed 0.

    pip install rliable          # 1.2, which needs arch < 8
    python rliable_reference.py
"""
import numpy as np
import scipy.stats
from rliable import library, metrics

# Rows are runs, columns tasks, as rliable wants them. Ties on purpose, negative scores too, and not as many runs of both.
X = np.array([
    [0.93, -0.59, 1.82, 0.25, 0.61],
    [1.01, -0.68, 0.47, 0.25, 0.72],
    [0.86, -0.44, 1.31, 0.31, 0.55],
    [0.87, -0.71, 0.90, 0.42, 0.83],
    [0.99, -0.53, 0.65, 0.17, 0.39],
])
Y = np.array([
    [0.67, -0.59, 1.02, 0.25, 0.58],
    [0.98, -0.90, 0.33, 0.31, 0.77],
    [0.90, -0.48, 0.90, 0.10, 0.29],
    [0.61, -1.20, 0.71, 0.55, 0.66],
])


def show(name, function, *scores):
    """The statistic and its stratified bootstrap interval."""
    np.random.seed(0)
    entry = scores[0] if len(scores) == 1 else list(scores)
    points, ends = library.get_interval_estimates({"": entry}, lambda *s: np.array([function(*s)]), reps=50000)
    print(f"{name}: {float(points[''][0])!r} [{ends[''][0][0]:.4f}, {ends[''][1][0]:.4f}]")


for name, scores in (("x", X), ("y", Y)):
    show(f"{name} mean", metrics.aggregate_mean, scores)
    show(f"{name} median", metrics.aggregate_median, scores)
    show(f"{name} interquartile mean", metrics.aggregate_iqm, scores)
    show(f"{name} optimality gap at 1", metrics.aggregate_optimality_gap, scores)
show("x optimality gap at 0.5", lambda s: metrics.aggregate_optimality_gap(s, 0.5), X)
show("P(x > y)", metrics.probability_of_improvement, X, Y)
show("P(y > x)", metrics.probability_of_improvement, Y, X)

# The exact rank test, without ties by scipy's own and with ties over all ways to deal the pooled values.
for task in range(X.shape[1]):
    x, y = X[:, task], Y[:, task]
    dealt = scipy.stats.permutation_test(
        (x, y), lambda a, b: scipy.stats.mannwhitneyu(a, b).statistic, n_resamples=np.inf, alternative="greater")
    ties = len(set(x) | set(y)) < len(x) + len(y)
    exact = "" if ties else f", mannwhitneyu {float(scipy.stats.mannwhitneyu(x, y, alternative='greater', method='exact').pvalue)!r}"
    print(f"task {task}: p above {float(dealt.pvalue)!r}{exact}")
