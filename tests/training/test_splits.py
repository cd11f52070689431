"""Splits: disjoint, stratified, standardised by the training part alone; noise and long tails by their definitions."""

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor

from claimbench.errors import ClaimbenchError
from claimbench.plan import load_tasks
from claimbench.training import splits
from claimbench.training.seeds import generator
from claimbench.training.splits import Split, hold_out, long_tail, make_split, standardise, stratified_order

TASK = {"name": "task", "train": 120, "validation": 60, "test": 100}
COUNTS = [70, 70, 70, 70, 70]  # examples of each class, balanced


def labels(counts: list[int]) -> Tensor:
    """Labels with these counts, in the order of the classes."""
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the inputs as they are, so that an input can be the example's number."""
    monkeypatch.setattr(splits, "standardise", lambda x, train, per_feature: x)


def split(y: Tensor, condition: dict[str, Any] | None = None, replicate: int = 0, **task: float) -> Split:
    x = torch.arange(len(y)).unsqueeze(1)
    return make_split(x, y, TASK | task, condition or {}, False, "task", "set", replicate)


def numbers(part: Tensor) -> list[int]:
    return part.squeeze(1).int().tolist()


@pytest.mark.usefixtures("numbered")
@pytest.mark.parametrize("condition", [{}, {"label_noise": "symmetric", "noise_rate": 0.4}, {"imbalance": 10}], ids=str)
def test_parts_are_disjoint_and_carry_their_own_labels(condition: dict[str, Any]) -> None:
    y = labels(COUNTS)
    found = split(y, condition)
    parts = [numbers(part) for part in (found.train_x, found.val_x, found.test_x)]
    together = [number for part in parts for number in part]
    assert len(together) == len(set(together))
    assert [len(parts[1]), len(parts[2])] == [60, 100]
    assert torch.equal(found.train_true, y[parts[0]])
    assert torch.equal(found.test_y, y[parts[2]])  # whatever the noise


@pytest.mark.usefixtures("numbered")
def test_the_split_does_not_depend_on_the_condition_and_the_noise_not_on_the_arm() -> None:
    y = labels(COUNTS)
    noise = {"label_noise": "symmetric", "noise_rate": 0.3}
    plain, noisy, again, tailed = split(y), split(y, noise), split(y, noise), split(y, {"imbalance": 10})
    for other in (noisy, tailed):
        assert torch.equal(plain.val_x, other.val_x)
        assert torch.equal(plain.test_x, other.test_x)
    assert torch.equal(plain.train_x, noisy.train_x)
    assert set(numbers(tailed.train_x)) < set(numbers(plain.train_x))
    assert torch.equal(noisy.train_y, again.train_y)
    assert not torch.equal(noisy.train_y, noisy.train_true)
    assert not torch.equal(noisy.val_y, plain.val_y)  # validation labels are as noisy as training labels
    assert not torch.equal(plain.test_x, split(y, replicate=1).test_x)


@pytest.mark.parametrize(
    "counts", [COUNTS, [500, 60, 7], [3, 3], [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]], ids=str
)
def test_every_prefix_is_stratified(counts: list[int]) -> None:
    """Of a class's n examples those placed below t are n t within 1, for one t that all classes share.

    A prefix of m examples: its counts differ from n t by less than 1 each, so m differs from N t by less than C.
    With balanced classes a count is within 2 of its share.
    """
    y = labels(counts)
    for seed in range(5):
        order = stratified_order(y, generator("split", seed))
        assert sorted(order.tolist()) == list(range(len(y)))
        running = torch.nn.functional.one_hot(y[order], len(counts)).cumsum(0)
        sizes = torch.tensor(counts)
        # the interval of t that class c allows: (count - 1) / n < t < (count + 1) / n
        assert (((running - 1) / sizes).max(1).values < ((running + 1) / sizes).min(1).values).all()
        share = torch.arange(1, len(y) + 1)[:, None] * sizes / len(y)
        assert ((running - share).abs() < 1 + sizes * len(counts) / len(y)).all()


def test_examples_are_split_evenly_whatever_their_place_in_the_class() -> None:
    """In 400 orders each of 6 examples should be the first of its class 400 / 6 = 67 times, deviation 7.5."""
    y = labels([6, 6])
    firsts = Counter(next(i for i in stratified_order(y, generator(seed)).tolist() if i < 6) for seed in range(400))
    assert all(abs(firsts[number] - 400 / 6) < 4 * 7.5 for number in range(6))


def test_standardised_by_training_statistics_only() -> None:
    y = labels(COUNTS)
    x = torch.randn(len(y), 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 10.0, 0.1]) + 5
    first = make_split(x, y, TASK, {}, True, "task", "set", 0)
    torch.testing.assert_close(first.train_x.mean(0), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(first.train_x.std(0), torch.ones(3), rtol=0, atol=1e-5)
    order = stratified_order(y, generator("split", "task", "set", 0))
    changed = x.clone()
    changed[order[120:]] += 100.0  # all that is not training data
    second = make_split(changed, y, TASK, {}, True, "task", "set", 0)
    assert torch.equal(first.train_x, second.train_x)
    # a shift by 100 is one by 100 / (the training part's deviation) after standardising
    torch.testing.assert_close(
        second.test_x - first.test_x, (100 / x[order[:120]].std(0)).expand(100, 3), rtol=1e-3, atol=0
    )


def test_images_are_standardised_all_pixels_together_and_constant_features_become_zero() -> None:
    x = torch.rand(10, 1, 2, 2, generator=torch.Generator().manual_seed(0)) * 4
    train = torch.arange(6)
    found = standardise(x, train, False)
    torch.testing.assert_close(found, (x - x[:6].mean()) / x[:6].std())
    constant = torch.cat([torch.full((10, 1), 3.0), x[:, 0, :1, 0]], 1)
    assert not standardise(constant, train, True)[:, 0].any()


def test_shares_of_the_data_set() -> None:
    found = split(labels([101, 49]), train=0.6, validation=0.2, test=0.2)
    assert [len(part) for part in (found.train_y, found.val_y, found.test_y)] == [90, 30, 30]


def test_too_few_examples_is_said_with_both_numbers() -> None:
    with pytest.raises(ClaimbenchError, match=r"task.* 280 .*set.* 100"):
        split(labels([50, 50]))


def test_the_noise_of_a_replicate_is_nested_in_its_rate() -> None:
    y = labels(COUNTS)
    low, high = (split(y, {"label_noise": "symmetric", "noise_rate": rate}) for rate in (0.2, 0.5))
    changed = low.train_y != low.train_true
    assert 0 < changed.sum() < (high.train_y != high.train_true).sum()
    assert torch.equal(low.train_y[changed], high.train_y[changed])


@pytest.mark.parametrize("imbalance", [2, 10, 50])
def test_a_long_tail_has_the_counts_of_its_formula(imbalance: float) -> None:
    """5 classes of 100 examples: the largest keeps 100 less one, rank c keeps 99 imbalance^(-c / 4)."""
    y = labels([100] * 5)
    kept = long_tail(torch.arange(500), y, 5, imbalance, generator("imbalance", 0))
    expected = [round(99 / imbalance ** (rank / 4)) for rank in range(5)]
    assert sorted(y[kept].bincount(minlength=5).tolist(), reverse=True) == expected
    assert len(set(kept.tolist())) == len(kept)
    assert expected[0] / expected[-1] == pytest.approx(imbalance, rel=0.02)  # but for rounding


def test_which_class_is_rare_differs_between_replicates_but_not_the_total() -> None:
    y = labels(COUNTS)
    found = [split(y, {"imbalance": 10}, replicate).train_true.bincount(minlength=5) for replicate in range(20)]
    assert len({counts.sum().item() for counts in found}) == 1
    assert {int(counts.argmax()) for counts in found} == set(range(5))


def test_every_class_keeps_an_example_in_the_longest_tail() -> None:
    """4 classes of 20 examples: 19, 19 / 1000^(1/3) = 1.9, 0.19 and 0.019 of them."""
    y = labels([20] * 4)
    kept = long_tail(torch.arange(80), y, 4, 1000, generator("imbalance"))
    assert sorted(y[kept].bincount(minlength=4).tolist()) == [1, 1, 2, 19]


def test_an_unbalanced_set_is_thinned_from_what_its_smallest_class_has() -> None:
    """Classes of 100 and 21 examples: 20 of the first rank, 20 / 4 of the second, whichever class has it."""
    y = labels([100, 21])
    found = {tuple(y[long_tail(torch.arange(121), y, 2, 4, generator(r))].bincount().tolist()) for r in range(20)}
    assert found == {(20, 5), (5, 20)}


DIGITS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # examples of each class


def test_the_digits_can_be_given_a_long_tail_in_each_replicate() -> None:
    """Nearly balanced classes: one replicate that failed would lose the whole cell, as would another total."""
    task = load_tasks()["tasks"]["digits-mlp"] | {"name": "digits-mlp"}
    y = labels(DIGITS)
    expected = [round((174 * task["train"] // 1797 - 1) / 50 ** (rank / 9)) for rank in range(10)]
    for replicate in range(100):
        found = make_split(torch.zeros(len(y), 1), y, task, {"imbalance": 50}, False, "digits-mlp", "digits", replicate)
        assert sorted(found.train_true.bincount(minlength=10).tolist(), reverse=True) == expected


def test_held_out_classes_are_renumbered_in_order_and_masked() -> None:
    """4 classes, 2 held out: the two that remain become 0 and 1 in their old order."""
    y = torch.arange(40) % 4
    renumbered, hidden = hold_out(y, 4, 2, generator("held out", 3))
    out = sorted(y[hidden].unique().tolist())
    seen = sorted(set(range(4)) - set(out))
    assert len(out) == 2
    assert renumbered[~hidden].tolist() == [seen.index(label) for label in y[~hidden].tolist()]


def test_a_split_with_held_out_classes_keeps_them_from_training_and_validation() -> None:
    y = labels(COUNTS)
    sizes = set()
    drawn = set()
    for replicate in range(8):
        found = split(y, {"held_out_classes": 2}, replicate)
        assert found.unseen_x is not None
        assert len(found.unseen_x) > 0
        for part in (found.train_true, found.val_y, found.test_y):
            assert sorted(part.unique().tolist()) == [0, 1, 2]
        sizes.add((len(found.train_y), len(found.val_y), len(found.test_y)))
        drawn.add(tuple(found.train_true.bincount().tolist()))
    assert len(sizes) == 1  # lanes of different replicates are stacked
    assert len(drawn) > 1


def test_held_out_classes_and_a_long_tail_are_refused_together() -> None:
    with pytest.raises(ClaimbenchError, match="cannot be combined"):
        split(labels(COUNTS), {"held_out_classes": 1, "imbalance": 10})
