"""The training loop: batches in, curve out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from claimbench.training.lanes import Lanes
from claimbench.training.seeds import generator

CURVE_POINTS = 20


@dataclass(frozen=True)
class Curve:
    """Training loss of every lane along training: `loss[i]` is the mean over the steps up to and including
    `steps[i]`.
    """

    steps: list[int]
    loss: Tensor  # [points, L]


def train(
    lanes: Lanes,
    batches: Iterator[tuple[Tensor, Tensor]],
    steps: int,
    schedule: Callable[[int, int], float],
    validate: Callable[[], Tensor] | None = None,
) -> Curve:
    """Take `steps` optimizer steps with every lane.

    Args:
        lanes: what is trained, in place.
        batches: yields inputs `[L, B, ...]` and targets `[L, B]`.
        steps: number of steps.
        schedule: `schedule(step, steps)` is the factor on the learning rate.
        validate: gives each lane's validation score `[L]`; where it is passed, the weights with the best score of
            `CURVE_POINTS` evenly spaced moments are kept (early stopping), the earliest on ties.

    Returns:
        The curve of training losses.
    """
    marks = sorted({max(1, round(steps * point / CURVE_POINTS)) for point in range(1, CURVE_POINTS + 1)})
    points: list[Tensor] = []
    running, since = torch.zeros(lanes.count, device=lanes.device), 0
    best_score = torch.full((lanes.count,), -torch.inf, device=lanes.device)
    best = lanes.snapshot() if validate else {}
    for step in range(steps):
        inputs, targets = next(batches)
        running += lanes.step(inputs, targets, schedule(step, steps))
        since += 1
        if step + 1 == marks[len(points)]:
            points.append(running / since)
            running, since = torch.zeros_like(running), 0
            if validate:
                score = validate()
                improved = score > best_score
                best_score = torch.where(improved, score, best_score)
                lanes.keep_best(best, improved)
    if validate:
        lanes.restore(best)
    return Curve(marks, torch.stack(points).cpu())


def epochs(examples: int, batch: int, *name: str | int) -> Iterator[Tensor]:
    """Indices of batches `[B]` without end: a fresh permutation each epoch, its remainder that fills no batch
    dropped.
    """
    epoch = 0
    batch = min(batch, examples)
    while True:
        order = torch.randperm(examples, generator=generator("order", epoch, *name))
        yield from order[: examples // batch * batch].split(batch)
        epoch += 1
