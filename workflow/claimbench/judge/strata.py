"""One task under one condition, and how such strata are pooled: first those that share draws, then independent ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claimbench.judge.intervals import Array, Block


@dataclass(frozen=True)
class Stratum:
    """The replicates of one task under one condition.

    Args:
        effects: one number per replicate, positive where the expectation says so; every relation defines its own.
        arm_values, than_values: what the arms measured, in the order of `replicates`; `than_values` empty without
            another arm.
        margin: effects below it do not matter here.
        fresh: the task's data sets if every replicate draws them anew, else empty.
        overlap: test size over train size, 0 where fresh, None where unknown.
        notes: what a reader should know, such as failed runs that were scored.
        points: of a sweep, the swept numbers, each with the mean over replicates.
    """

    task: str
    condition: str
    replicates: tuple[int, ...]
    effects: Array
    arm_values: Array
    than_values: Array
    margin: float
    fresh: frozenset[str] = frozenset()
    overlap: float | None = None
    notes: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()

    @property
    def scale(self) -> float:
        """The largest magnitude of the measured values: what rounding errors are compared with."""
        everything = np.concatenate([np.abs(self.arm_values), np.abs(self.than_values), np.abs(self.effects)])
        return float(np.max(everything, initial=0.0))


def weights(strata: Sequence[Stratum]) -> list[float]:
    """Every task counts the same, and so does every condition within its task."""
    tasks = [stratum.task for stratum in strata]
    return [1 / (len(set(tasks)) * tasks.count(task)) for task in tasks]


def pooled_margin(strata: Sequence[Stratum]) -> float:
    """The margin of the pooled effect: the strata's margins, weighted as their effects are."""
    return float(np.dot(weights(strata), [stratum.margin for stratum in strata]))


def blocks(strata: Sequence[Stratum]) -> list[Block]:
    """Merge the strata that share draws, so that the blocks are independent.

    A task's conditions share splits, initial weights and order within a replicate; tasks on the same generated data
    set share its draws. Their effects are averaged within each replicate that all of them have, by the strata's
    weights. Tasks that re-split the same finite data set do so independently and stay apart.
    """
    share = weights(strata)
    merged = []
    for members in _connected(strata):
        common = sorted(set.intersection(*(set(strata[index].replicates) for index in members)))
        weight = sum(share[index] for index in members)
        values = np.zeros(len(common))
        for index in members:
            place = {replicate: position for position, replicate in enumerate(strata[index].replicates)}
            values += share[index] / weight * strata[index].effects[[place[replicate] for replicate in common]]
        overlaps = [strata[index].overlap for index in members]
        known = [overlap for overlap in overlaps if overlap is not None]
        overlap = float(np.mean(known)) if len(known) == len(overlaps) else None
        merged.append(Block(weight, values, max(strata[index].scale for index in members), overlap))
    return merged


def _connected(strata: Sequence[Stratum]) -> list[list[int]]:
    """Indices of the strata, grouped by shared task or shared fresh data set, each group and the groups in order."""
    groups: list[tuple[set[str], list[int]]] = []
    for index, stratum in enumerate(strata):
        # A task and a data set of the same name are different things.
        labels, members = {f"task {stratum.task}", *(f"data {name}" for name in stratum.fresh)}, [index]
        for group in [group for group in groups if group[0] & labels]:
            groups.remove(group)
            labels, members = labels | group[0], group[1] + members
        groups.append((labels, members))
    return sorted(sorted(members) for _, members in groups)
