"""Tuning draws: stratified, shared between arms, and distributed as their space says."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from claimbench.training.tuning import at_quantile, draw, product

LR = {"low": 1e-3, "high": 1e-1, "log": True}
TAU = {"low": -2.0, "high": 6.0}
CHOICES = [-1, -0.5, 0, 1, 2, 5]


def column(space: dict, knob: str, trials: int, *name: str | int) -> np.ndarray:
    return np.array([setting[knob] for setting in draw(space, trials, *name)])


@pytest.mark.parametrize("trials", [1, 2, 6, 17])
def test_one_draw_lies_in_each_stratum(trials: int) -> None:
    uniform = (column({"t": TAU}, "t", trials, "task", 0) - TAU["low"]) / 8
    log = np.log(column({"lr": LR}, "lr", trials, "task", 0) / 1e-3) / np.log(100)
    for quantiles in (uniform, log):
        assert sorted(np.floor(quantiles * trials).astype(int)) == list(range(trials))


def test_two_spaces_with_a_knob_in_common_try_the_same_values_of_it() -> None:
    alone = column({"optimizer.lr": LR}, "optimizer.lr", 6, "task", "set", 3)
    space = {"loss.epsilon": CHOICES, "optimizer.lr": LR, "optimizer.weight_decay": LR}
    assert np.array_equal(alone, column(space, "optimizer.lr", 6, "task", "set", 3))
    wider = column({"optimizer.lr": {"low": 1e-4, "high": 1.0, "log": True}}, "optimizer.lr", 6, "task", "set", 3)
    # twice as wide on the log scale, with the same quantiles
    np.testing.assert_allclose(np.log(wider / 1e-4), 2 * np.log(alone / 1e-3), rtol=1e-9)


def test_knobs_replicates_and_tasks_are_drawn_independently() -> None:
    base = column({"a": TAU, "b": TAU}, "a", 6, "task", 0)
    assert not np.array_equal(base, column({"a": TAU, "b": TAU}, "b", 6, "task", 0))
    assert not np.array_equal(base, column({"a": TAU}, "a", 6, "task", 1))
    assert not np.array_equal(base, column({"a": TAU}, "a", 6, "other", 0))
    ranks = [stats.spearmanr(*([s[k] for s in draw({"a": TAU, "b": TAU}, 10, r)] for k in "ab"))[0] for r in range(200)]
    assert abs(np.mean(ranks)) < 4 / np.sqrt(
        200 * 9
    )  # four standard errors: a rank correlation has variance 1 / (n - 1)


def test_as_many_trials_as_choices_cover_every_choice_once() -> None:
    for replicate in range(20):
        assert sorted(column({"loss.epsilon": CHOICES}, "loss.epsilon", 6, replicate)) == CHOICES
        counts = np.unique(column({"loss.epsilon": CHOICES}, "loss.epsilon", 13, replicate), return_counts=True)[1]
        assert len(counts) == 6
        assert counts.max() - counts.min() <= 2


@pytest.mark.parametrize(
    ("knob", "law"), [(LR, stats.loguniform(1e-3, 1e-1)), (TAU, stats.uniform(-2, 8))], ids=["log", "linear"]
)
def test_draws_follow_their_law(knob: dict, law: Any) -> None:
    """One trial a replicate, so that the draws are independent; the seeds are fixed."""
    drawn = [setting["k"] for replicate in range(500) for setting in draw({"k": knob}, 1, replicate)]
    assert stats.kstest(drawn, law.cdf).pvalue > 0.01


def test_quantiles_in_closed_form() -> None:
    assert at_quantile(LR, 0.0) == pytest.approx(1e-3)
    assert at_quantile(LR, 0.5) == pytest.approx(1e-2)  # the geometric mean of the ends
    assert at_quantile(TAU, 0.25) == 0.0
    assert [at_quantile([3, 7], q) for q in (0.0, 0.49, 0.5, 0.99)] == [3.0, 3.0, 7.0, 7.0]


def test_a_grid_has_every_combination_the_first_knob_slowest() -> None:
    settings = product({"lr": [1, 2], "decay": [0.1, 0.2, 0.3]})
    assert [tuple(setting.values()) for setting in settings] == [
        (1, 0.1),
        (1, 0.2),
        (1, 0.3),
        (2, 0.1),
        (2, 0.2),
        (2, 0.3),
    ]
    assert all(list(setting) == ["lr", "decay"] for setting in settings)


def test_an_empty_space_gives_the_same_setting_for_every_trial() -> None:
    assert draw({}, 3, "task") == [{}, {}, {}]
