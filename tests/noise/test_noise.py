"""Label noise: realised rates, loops over the draws, the distribution of rates, dependence on the inputs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from claimbench.noise import get, names
from claimbench.noise.instance_dependent import _flip_rates
from claimbench.registry import UnknownName


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def inputs(count: int, features: int = 12) -> Tensor:
    return torch.randn(count, features, generator=source(99))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("rate", [0.3, 0.6])
def test_the_realised_rate_is_the_wanted_one(name: str, classes: int, rate: float) -> None:
    y = torch.arange(20_000) % classes
    noisy = get(name)(inputs(len(y)), y, classes, rate, source(classes))
    assert noisy.dtype == torch.int64
    assert noisy.min() >= 0
    assert noisy.max() < classes
    deviation = (rate * (1 - rate) / len(y)) ** 0.5
    assert abs((noisy != y).double().mean() - rate) < 4 * deviation + 0.001  # of instance-dependent noise: see its file


@pytest.mark.parametrize("name", ["symmetric", "asymmetric"])
def test_at_rate_one_no_label_stays_and_at_zero_all_do(name: str) -> None:
    y = torch.arange(1000) % 4
    assert (get(name)(inputs(1000), y, 4, 1.0, source()) != y).all()
    assert torch.equal(get(name)(inputs(1000), y, 4, 0.0, source()), y)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 6), rate=st.floats(0, 1))
def test_symmetric_and_asymmetric_equal_a_loop_over_their_draws(seed: int, classes: int, rate: float) -> None:
    """One uniform number for each label, then one offset for each: cells measured before keep their noise."""
    y = torch.randint(classes, (50,), generator=source(seed + 1))
    drawn = source(seed)
    uniform = torch.rand(50, generator=drawn).tolist()
    offsets = torch.randint(1, classes, (50,), generator=drawn).tolist()
    rate = torch.tensor(rate).item()  # float32, as the draws are compared
    for name, moves in (("symmetric", offsets), ("asymmetric", [1] * 50)):
        expected = [
            (label + move) % classes if u < rate else label
            for label, move, u in zip(y.tolist(), moves, uniform, strict=True)
        ]
        assert get(name)(inputs(50), y, classes, rate, source(seed)).tolist() == expected


def test_symmetric_noise_reaches_each_other_class_alike() -> None:
    y = torch.arange(30_000) % 6
    noisy = get("symmetric")(inputs(len(y)), y, 6, 0.5, source())
    counts = ((noisy - y) % 6).bincount(minlength=6)[1:]
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


@pytest.mark.parametrize("name", names())
def test_a_higher_rate_changes_what_a_lower_one_changes_and_alike(name: str) -> None:
    y = torch.arange(2000) % 5
    low, high = (get(name)(inputs(2000), y, 5, rate, source()) for rate in (0.2, 0.6))
    changed = low != y
    assert 0 < changed.sum() < (high != y).sum()
    assert torch.equal(low[changed], high[changed])


@pytest.mark.parametrize("name", names())
def test_the_generator_decides_and_the_labels_given_are_left_alone(name: str) -> None:
    y = torch.arange(500) % 5
    before = y.clone()
    first, again, other = (get(name)(inputs(500), y, 5, 0.4, source(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(y, before)


@pytest.mark.parametrize("name", ["symmetric", "asymmetric"])
def test_noise_that_does_not_depend_on_inputs_ignores_them(name: str) -> None:
    y = torch.arange(500) % 5
    first, second = (get(name)(x, y, 5, 0.4, source()) for x in (inputs(500), torch.zeros(500, 1, 4, 4)))
    assert torch.equal(first, second)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4, 0.95])
def test_flip_rates_are_truncated_normal(rate: float) -> None:
    drawn = _flip_rates(20_000, rate, source()).numpy()
    reference = stats.truncnorm((0 - rate) / 0.1, (1 - rate) / 0.1, loc=rate, scale=0.1)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert stats.kstest(drawn, reference.cdf).pvalue > 1e-3


def replay(x: Tensor, y: Tensor, classes: int, rate: float, seed: int) -> np.ndarray:
    """The matrix of P(noisy label = j) by a loop over examples, from the rates and projections that the seed draws."""
    drawn = source(seed)
    torch.rand(len(y), generator=drawn, dtype=torch.float64)  # which labels are changed
    q = _flip_rates(len(y), rate, drawn)
    size = x[0].numel()
    w = [torch.randn(size, classes, generator=drawn, dtype=torch.float64).numpy() for _ in range(classes)]
    table = np.zeros((len(y), classes))
    for i, label in enumerate(y.tolist()):
        activations = x[i].double().numpy().reshape(-1) @ w[label]
        weights = {j: math.exp(activations[j]) for j in range(classes) if j != label}
        for j, weight in weights.items():
            table[i, j] = q[i] * weight / sum(weights.values())
        table[i, label] = 1 - q[i]
    return table


def test_instance_dependent_labels_follow_the_probabilities_of_a_loop() -> None:
    x = 0.3 * torch.randn(4000, 1, 2, 3, generator=source(5))  # small inputs: no probability is nearly 0 or 1
    y = torch.arange(4000) % 4
    noisy = get("instance_dependent")(x, y, 4, 0.4, source(6)).numpy()
    table = replay(x, y, 4, 0.4, 6)
    np.testing.assert_allclose(table.sum(1), 1)
    hits = np.eye(4)[noisy]
    # Each true class apart: how often each label came against its expectation and variance, then how well the labels
    # follow the probabilities of their own example: sum of P(own label) against its expectation sum_j P_j^2.
    for label in range(4):
        p, found = table[y == label], hits[y == label]
        deviations = (found.sum(0) - p.sum(0)) / np.sqrt((p * (1 - p)).sum(0))
        assert (abs(deviations) < 4).all()
    own, expected = (hits * table).sum(1), (table**2).sum(1)
    variance = (table**3).sum(1) - expected**2
    assert abs(own.sum() - expected.sum()) < 4 * math.sqrt(variance.sum())


def wrong_by_group(x: Tensor, group: Tensor, seed: int) -> float:
    """p-value that the wrong label does not depend on the group, all labels being of class 0."""
    y = torch.zeros(len(x), dtype=torch.int64)
    noisy = get("instance_dependent")(x, y, 5, 0.5, source(seed))
    counts = torch.stack([noisy[group == g].bincount(minlength=5)[1:] for g in (0, 1)]).numpy()
    return float(stats.chi2_contingency(counts).pvalue)


def test_which_wrong_label_depends_on_the_input() -> None:
    x = inputs(4000, 8)
    x[2000:] += 1.0
    group = torch.arange(4000) // 2000
    shuffled = x[torch.randperm(4000, generator=source(3))]
    assert max(wrong_by_group(x, group, seed) for seed in range(5)) < 1e-6
    assert min(wrong_by_group(shuffled, group, seed) for seed in range(5)) > 1e-3


def test_equal_inputs_of_standardised_images_get_the_same_wrong_label_nearly_always() -> None:
    x = torch.randn(1, 1, 28, 28, generator=source(1)).expand(500, 1, 28, 28)
    noisy = get("instance_dependent")(x, torch.full((500,), 3), 10, 0.5, source(2))
    wrong = noisy[noisy != 3]
    assert (wrong == wrong.mode().values).double().mean() > 0.95


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match='"symetric" in noise; did you mean "symmetric"'):
        get("symetric")
