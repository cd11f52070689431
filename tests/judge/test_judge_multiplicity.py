"""Holm and Benjamini-Hochberg against statsmodels, and what they do to verdicts."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from tests.judge.frames import claim, expectation, frame, pair

from claimbench.judge import adjust_suite, judge_claim
from claimbench.judge.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(P_VALUES)
def test_adjusted_p_values_agree_with_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))
    assert benjamini_hochberg(p_values) == pytest.approx(list(multipletests(p_values, method="fdr_bh")[1]))


def test_by_hand() -> None:
    """Holm: 3 * 0.01, 2 * 0.02, 0.04 lifted to its predecessor; BH: 3 * 0.01 / 1, 3 * 0.02 / 2 both 0.03, then 0.04."""
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert benjamini_hochberg([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.03])
    assert holm([]) == benjamini_hochberg([]) == []


def named(name: str, metric: str = "brier", **fields: object) -> dict[str, object]:
    return expectation(name=name, metric=metric, **fields)


def spread(mean: float, half: float) -> list[float]:
    return [mean - half, mean - half, mean + half, mean + half]


def test_holm_takes_back_what_does_not_survive() -> None:
    """t = 0.02 / (0.01 / sqrt(3)) = 3.4641, p = 0.0405; with a second test of p = 1 it is 0.0810.

    Its 90 % interval 0.02 +- 0.0136 reaches beyond the margin of 0.01, but not beyond one of 0.04.
    """
    data = frame(pair(spread(0.02, 0.01)), pair([0.0] * 4, metric="ece"))
    alone = judge_claim(claim(named("one")), data, [], "quick")
    assert alone["expectations"][0]["p_value"] == alone["expectations"][0]["p_holm"] == pytest.approx(0.0405, abs=1e-4)
    assert alone["verdict"] == "supported"
    for margin, word in ((0.01, "undecided"), (0.04, "no difference")):
        both = judge_claim(claim(named("one", margin=margin), named("two", "ece", carries=False)), data, [], "quick")
        first = both["expectations"][0]
        assert first["p_holm"] == pytest.approx(0.0810, abs=2e-4)
        assert first["verdict_raw"] in ("supported", "supported, small")
        assert first["verdict"] == both["verdict"] == word
        assert both["verdict_raw"] == first["verdict_raw"]
    assert first["replicates_needed"] is None


def test_a_bound_is_no_test() -> None:
    data = frame(pair(spread(0.02, 0.01)))
    both = judge_claim(claim(named("one"), named("two", relation="bound", below=1.0, than=None)), data, [], "quick")
    assert both["expectations"][0]["p_holm"] == both["expectations"][0]["p_value"]
    assert both["verdict"] == "supported"


def test_the_suite_takes_back_lone_discoveries() -> None:
    """p = 0.0405 among ten claims of p = 1 becomes 11 * 0.0405 = 0.445 > 0.10; among five alike it stays 0.0405."""
    found = judge_claim(claim(named("one"), key="found"), pair(spread(0.02, 0.01)), [], "quick")
    nothing = judge_claim(claim(named("one"), key="nothing"), pair([0.0] * 4), [], "quick")
    empty = judge_claim(claim(key="empty"), frame(), [], "quick")
    before = copy.deepcopy(found)
    first, *rest, last = adjust_suite([found] + [nothing] * 10 + [empty])
    assert found == before
    assert first["expectations"][0]["p_suite"] == pytest.approx(11 * found["expectations"][0]["p_holm"])
    assert (first["verdict"], first["verdict_suite"], first["expectations"][0]["verdict_suite"]) == (
        "supported",
        "undecided",
        "undecided",
    )
    assert {file["verdict_suite"] for file in rest} == {"no difference"}
    assert last["verdict_suite"] == "not yet tested"
    for file in adjust_suite([found] * 5):
        assert file["verdict_suite"] == "supported"
        assert file["expectations"][0]["p_suite"] == pytest.approx(0.0405, abs=1e-4)
