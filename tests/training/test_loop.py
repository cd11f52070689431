"""The loop: its curve, its early stopping, and the order of the examples."""

from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from claimbench.losses import get
from claimbench.training.lanes import Lanes
from claimbench.training.loop import CURVE_POINTS, epochs, train


class Counter:
    """Two lanes in the loop's eyes: their weight is the number of steps taken, their losses are given."""

    count, device = 2, torch.device("cpu")

    def __init__(self, losses: Tensor) -> None:
        self.losses_at, self.weight = losses, torch.zeros(2)
        self.factors: list[float] = []

    def step(self, inputs: Tensor, targets: Tensor, factor: float) -> Tensor:
        loss = self.losses_at[len(self.factors)]
        self.factors.append(factor)
        self.weight = self.weight + 1
        return loss

    def snapshot(self) -> dict[str, Tensor]:
        return {"weight": self.weight.clone()}

    def keep_best(self, best: dict[str, Tensor], improved: Tensor) -> None:
        best["weight"][improved] = self.weight[improved]

    def restore(self, snapshot: dict[str, Tensor]) -> None:
        self.weight = snapshot["weight"].clone()


def nothing() -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield torch.zeros(2, 1), torch.zeros(2, 1)


@pytest.mark.parametrize("steps", [1, 2, 7, 20, 21, 50, 360])
def test_a_curve_point_is_the_mean_of_the_losses_since_the_last(steps: int) -> None:
    losses = torch.rand(steps, 2, generator=torch.Generator().manual_seed(steps))
    curve = train(Counter(losses), nothing(), steps, lambda step, steps: 1.0)  # type: ignore[arg-type]
    assert curve.steps[-1] == steps
    assert len(curve.steps) == min(steps, CURVE_POINTS)
    assert curve.steps == sorted(set(curve.steps))
    for start, end, value in zip([0, *curve.steps], curve.steps, curve.loss, strict=False):
        torch.testing.assert_close(value, losses[start:end].mean(0))


def test_the_schedule_is_asked_for_every_step() -> None:
    lanes = Counter(torch.zeros(5, 2))
    train(lanes, nothing(), 5, lambda step, steps: 100 * steps + step)  # type: ignore[arg-type]
    assert lanes.factors == [500, 501, 502, 503, 504]


def test_early_stopping_keeps_the_best_moment_of_each_lane_the_earliest_on_ties() -> None:
    """20 steps, each validated: lane 0 is best after steps 4 and 9, lane 1 after step 20; NaN is never best."""
    first = [0.1, 0.2, 0.2, 0.7, 0.3, torch.nan, 0.1, 0.1, 0.7] + [0.6] * 11
    second = [0.9 * step / 20 for step in range(1, 21)]
    scores = iter(torch.tensor([first, second]).T)
    lanes = Counter(torch.zeros(20, 2))
    train(lanes, nothing(), 20, lambda step, steps: 1.0, lambda: next(scores))  # type: ignore[arg-type]
    assert lanes.weight.tolist() == [4.0, 20.0]


def test_a_lane_that_never_scores_keeps_its_first_weights() -> None:
    lanes = Counter(torch.zeros(4, 2))
    train(lanes, nothing(), 4, lambda step, steps: 1.0, lambda: torch.tensor([torch.nan, 0.5]))  # type: ignore[arg-type]
    assert lanes.weight.tolist() == [0.0, 1.0]


def test_early_stopping_restores_the_weights_of_real_lanes() -> None:
    """A linear model whose validation score is made up: the weights are those after step 3 of a second, shorter run."""

    def run(steps: int, scores: list[float] | None) -> Tensor:
        models = [nn.Linear(3, 2) for _ in range(2)]
        for model in models:
            nn.init.constant_(model.weight, 0.1)
            nn.init.zeros_(model.bias)
        hyper = {"lr": torch.tensor([0.1, 0.2]), "momentum": torch.zeros(2), "weight_decay": torch.zeros(2)}
        lanes = Lanes(models, get("cross_entropy"), {}, "sgd", hyper, torch.device("cpu"))
        source = torch.Generator().manual_seed(0)

        def batches() -> Iterator[tuple[Tensor, Tensor]]:
            while True:
                yield torch.randn(2, 4, 3, generator=source), torch.randint(2, (2, 4), generator=source)

        script = iter(scores or [])
        train(lanes, batches(), steps, lambda s, n: 1.0, (lambda: torch.full((2,), next(script))) if scores else None)
        return lanes.params["weight"].detach()

    assert torch.equal(run(6, [0.1, 0.2, 0.9, 0.3, 0.4, 0.5]), run(3, None))


def test_every_example_comes_once_an_epoch_in_a_fresh_order() -> None:
    batches = list(islice(epochs(12, 4, "task", 0), 9))
    seen = [torch.cat(batches[start : start + 3]).tolist() for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(12)) for epoch in seen)
    assert seen[0] != seen[1] != seen[2] != seen[0]


def test_the_remainder_is_dropped_and_another_one_each_epoch() -> None:
    left = []
    stream = epochs(11, 4, "task", 0)
    for _ in range(30):
        epoch = torch.cat([next(stream), next(stream)]).tolist()
        assert len(set(epoch)) == 8
        left.append(set(range(11)) - set(epoch))
    assert set().union(*left) == set(range(11))


def test_a_batch_larger_than_the_data_is_all_of_them() -> None:
    assert sorted(next(epochs(5, 64, "task")).tolist()) == list(range(5))


def test_the_order_depends_on_the_name_alone() -> None:
    first, again, other = (torch.cat(list(islice(epochs(30, 10, *name), 6))) for name in (("t", 1), ("t", 1), ("t", 2)))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
