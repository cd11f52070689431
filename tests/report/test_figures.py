"""The figures' geometry against what must hold of any axis, and against a case worked by hand."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbench.report.figures import LEFT, RIGHT, Line, differences, stacked_bar, ticks
from claimbench.report.pages import mini
from claimbench.report.words import WORDS

FINITE = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(low=FINITE, span=st.floats(1e-3, 1e6))
@settings(max_examples=100, deadline=None)
def test_ticks_are_round_evenly_spaced_and_within(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    assert 2 <= len(marks) <= 6
    slack = 1e-6 * span
    assert all(low - slack <= mark <= low + span + slack for mark in marks)
    steps = [second - first for first, second in itertools.pairwise(marks)]
    assert max(steps) - min(steps) <= 1e-6 * max(map(abs, marks))
    mantissa = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-6)
    assert min(abs(mantissa - nice) for nice in (1, 2, 5, 10)) < 1e-3


def test_ticks_by_hand() -> None:
    assert ticks(-0.3, 2.4) == [0.0, 1.0, 2.0]
    assert ticks(0, 10) == [0, 2, 4, 6, 8, 10]


@given(st.dictionaries(st.sampled_from(list(WORDS)), st.integers(0, 50)))
@settings(max_examples=50, deadline=None)
def test_stacked_bar_covers_everything_once(counts: dict[str, int]) -> None:
    segments = stacked_bar(counts)
    assert {segment.name: segment.count for segment in segments} == {
        name: count for name, count in counts.items() if count
    }
    if segments:
        assert sum(segment.width for segment in segments) == pytest.approx(100, abs=0.01)
        for before, after in itertools.pairwise(segments):
            assert after.start == pytest.approx(before.start + before.width, abs=0.01)


@given(st.lists(FINITE, min_size=1, max_size=12), st.floats(1e-3, 10))
@settings(max_examples=100, deadline=None)
def test_dots_keep_their_order_and_stay_in_the_frame(points: list[float], margin: float) -> None:
    figure = differences([Line("task", points[0], (min(points), max(points)), points)], margin)
    assert figure is not None
    assert figure.band is not None
    across = [x for x, _ in figure.rows[0].dots]
    assert all(LEFT <= x <= RIGHT for x in across)
    ranked = [x for _, x in sorted(zip(points, across, strict=True))]
    assert ranked == sorted(ranked)
    assert figure.band[0] - 0.02 <= figure.zero <= figure.band[0] + figure.band[1] + 0.02  # positions are rounded


def test_positions_by_hand() -> None:
    # Points -1 and 1, margin 0.5, interval [-1, 1]: the axis is -1.08 .. 1.08 (4 % of 2 on each side), its middle zero.
    figure = differences([Line("task", 0.0, (-1.0, 1.0), [-1.0, 1.0])], 0.5)
    assert figure is not None
    middle, unit = (LEFT + RIGHT) / 2, (RIGHT - LEFT) / 2.16
    assert figure.zero == pytest.approx(middle, abs=0.01)
    assert figure.band == pytest.approx((middle - 0.5 * unit, unit), abs=0.02)
    assert [x for x, _ in figure.rows[0].dots] == pytest.approx([middle - unit, middle + unit], abs=0.01)
    assert figure.clipped == 0


def test_one_wild_interval_is_cut_and_marked() -> None:
    figure = differences(
        [Line("wild", 0.5, (-1000.0, 1.5), [0.0, 1.0]), Line("calm", 0.5, (0.0, 1.0), [0.0, 1.0])], 0.1
    )
    assert figure is not None
    wild, calm = figure.rows
    assert (wild.low_open, wild.high_open, calm.low_open, calm.high_open) == (True, False, False, False)
    assert figure.clipped == 1
    assert calm.high is not None
    assert calm.low is not None
    assert calm.high - calm.low > 100


def test_nothing_measured_nothing_drawn() -> None:
    assert differences([Line("task", None, (None, None), [])], 0.1) is None
    assert differences([Line("task", math.nan, (None, None), [math.inf])], None) is None


def test_mini_interval_is_cut_at_its_edges() -> None:
    inside, outside = mini(0.0, -1.0, 1.0), mini(8.0, 5.0, 11.0)
    assert inside is not None
    assert outside is not None
    assert (inside.estimate, inside.low, inside.high) == (50, inside.band, inside.band + inside.band_width)
    assert (outside.low_open, outside.high_open) == (False, True)
    assert outside.estimate == outside.high <= 100
    assert mini(None, None, None) is None
