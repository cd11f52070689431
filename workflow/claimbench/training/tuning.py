"""The hyper-parameter settings that a replicate tries: random draws with equal budget for every arm, or a grid."""

import itertools
import math
from typing import Any

import torch

from claimbench.training.seeds import generator

Setting = dict[str, float]  # knob ("optimizer.lr") -> value


def draw(space: dict[str, Any], trials: int, *name: str | int) -> list[Setting]:
    """`trials` settings from `space`, stratified in each knob (Latin hypercube).

    A knob's quantiles depend on `name` (task, data set, replicate) and the knob's own name alone, so that two arms
    with the same knob try the same quantiles of it, whatever other knobs they have.

    Args:
        space: knob -> `{"low", "high", "log"}` or a list of choices.
        trials: number of settings, at least 1.
        name: what the draw is for.

    Returns:
        One setting for each trial.
    """
    settings: list[Setting] = [{} for _ in range(trials)]
    for knob in sorted(space):
        source = generator("tuning", *name, knob)
        strata = torch.randperm(trials, generator=source).double()
        quantiles = (strata + torch.rand(trials, generator=source, dtype=torch.float64)) / trials
        for setting, quantile in zip(settings, quantiles.tolist(), strict=True):
            setting[knob] = at_quantile(space[knob], quantile)
    return settings


def at_quantile(knob: dict[str, Any] | list[float], quantile: float) -> float:
    """The value at `quantile` in [0, 1) of a range (uniform, or log-uniform with `log`) or of a list of equally
    likely choices.
    """
    if isinstance(knob, list):
        return float(knob[int(quantile * len(knob))])
    low, high = float(knob["low"]), float(knob["high"])
    if knob.get("log"):
        return math.exp(math.log(low) + quantile * (math.log(high) - math.log(low)))
    return low + quantile * (high - low)


def product(grid: dict[str, list[float]]) -> list[Setting]:
    """Every combination of the grid's values, the first knob slowest."""
    return [dict(zip(grid, map(float, values), strict=True)) for values in itertools.product(*grid.values())]
