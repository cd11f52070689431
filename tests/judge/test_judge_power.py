"""Power against simulation and statsmodels, and McNemar's test against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from claimbench.judge.divergence import mcnemar_exact
from claimbench.judge.power import (
    detection_power,
    equivalence_power,
    minimum_detectable_effect,
    replicates_needed,
)


@pytest.mark.parametrize("n", [3, 6, 10, 40])
def test_the_minimum_detectable_effect_is_found_with_power_four_fifths(n: int) -> None:
    """statsmodels solves the two-sided power for the effect in standard deviations; its far tail is below 1e-4 here."""
    effect = minimum_detectable_effect(error=2 / n**0.5, df=n - 1)
    assert effect / 2 == pytest.approx(TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8), rel=1e-3)
    assert detection_power(effect, 2 / n**0.5, n - 1) == pytest.approx(0.8)


def test_equivalence_power_is_close_to_the_simulated() -> None:
    """n = 12, effect 0.2, margin 1, standard deviation 1: 20,000 draws, standard error 0.3 points."""
    x = np.random.default_rng(0).normal(0.2, 1, (20_000, 12))
    reach = stats.t.ppf(0.95, 11) * x.std(axis=1, ddof=1) / 12**0.5
    simulated = ((x.mean(axis=1) - reach > -1) & (x.mean(axis=1) + reach < 1)).mean()
    assert equivalence_power(0.2, 1, 12**-0.5, 11) == pytest.approx(simulated, abs=0.04)
    assert equivalence_power(0.2, 0.1, 0, 11) == 0
    assert equivalence_power(0.05, 0.1, 0, 11) == 1


def test_replicates_needed_is_the_first_number_with_enough_power() -> None:
    """Standard error 0.4 at n = 10, effect 0.3: sd 1.265; statsmodels gives the n for effect size 0.3 / 1.265."""
    n = replicates_needed(lambda error, df: detection_power(0.3, error, df), 0.4, 9, 10)
    oracle = TTestPower().solve_power(effect_size=0.3 / (0.4 * 10**0.5), alpha=0.05, power=0.8)
    assert n == int(np.ceil(oracle))


def test_replicates_beyond_reason_are_not_named() -> None:
    assert replicates_needed(lambda error, df: 0.0, 0.4, 9, 10) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_mcnemar_is_the_sign_test_on_discordant_pairs(pairs: list[tuple[bool, bool]]) -> None:
    only_arm = sum(a and not b for a, b in pairs)
    only_than = sum(b and not a for a, b in pairs)
    total = only_arm + only_than
    expected = stats.binomtest(only_arm, total, 0.5).pvalue if total else 1.0
    assert mcnemar_exact([a for a, _ in pairs], [b for _, b in pairs]) == pytest.approx(expected)


def test_mcnemar_by_hand() -> None:
    """Five runs diverged with the new arm alone, none with the old alone: p = 2 / 2^5 = 0.0625."""
    assert mcnemar_exact([True] * 5 + [False, True], [False] * 6 + [True]) == pytest.approx(0.0625)
