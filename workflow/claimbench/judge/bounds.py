"""`bound`: the one relation without a sampling error. What was measured crosses the bound somewhere, or nowhere."""

from __future__ import annotations

import math
from typing import Any

from claimbench.judge import verdicts
from claimbench.judge.case import Case, Finding, Unjudgeable, direction, nothing, place, unit_of
from claimbench.judge.measurements import Unit, by_replicate


def bound(case: Case) -> Finding:
    """The metric stays on one side of a number or of another arm's in every replicate: one exception contradicts.

    `above` and `below` are numbers that the arm's value, or with `than` the difference arm - than, may touch but not
    cross. With `than` and neither number, the arm is at least as good as the other arm.
    """
    low, high = case.expect.get("above", -math.inf), case.expect.get("below", math.inf)
    if low == -math.inf and high == math.inf:
        low, high = (0.0, math.inf) if direction(case) > 0 else (-math.inf, 0.0)
    tasks, worst, tried, broken = [], [], 0, 0
    for task, condition in case.places():
        kept = _bounded(case, task, condition)
        if not kept:
            continue
        slack = {
            unit: min(value - low, high - value) if math.isfinite(value) else -math.inf for unit, value in kept.items()
        }
        unit = min(slack, key=lambda unit: slack[unit])
        broken += sum(room < 0 for room in slack.values())
        tried += len(kept)
        worst.append((slack[unit], kept[unit]))
        tasks.append(_bound_task(case, task, condition, kept, kept[unit], slack[unit] >= 0))
    if not tasks:
        raise Unjudgeable(nothing(case))
    estimate = min(worst, key=lambda found: found[0])[1]
    inputs = _inputs(case)
    over = f"{tried} measured values" + (f", {inputs} inputs" if inputs else "")
    return Finding(
        verdict=verdicts.CONTRADICTED if broken else verdicts.SUPPORTED,
        effect="arm - than" if "than" in case.expect else "arm",
        estimate=estimate,
        method="every replicate",
        n=min(task["n"] for task in tasks),
        unit=unit_of(case),
        reason=f"crossed in {broken} of {over}" if broken else f"holds in all of {over}",
        tasks=tasks,
        inputs=inputs,
    )


def _bounded(case: Case, task: str, condition: str) -> dict[Unit, float]:
    """The values that a bound speaks of, as measured: a failed run crosses every bound."""
    found = [case.table.raw(arm, task, condition, case.expect["metric"]) for arm in case.arms]
    if len(found) == 1:
        return found[0]
    return {unit: value - found[1][unit] for unit, value in found[0].items() if unit in found[1]}


def _bound_task(
    case: Case, task: str, condition: str, kept: dict[Unit, float], worst: float, holds: bool
) -> dict[str, Any]:
    values = by_replicate(kept)
    arms = [
        by_replicate({unit: case.table.raw(arm, task, condition, case.expect["metric"])[unit] for unit in kept})
        for arm in case.arms
    ]
    return place(case, task, condition) | {
        "estimate": worst,
        "interval95": None,
        "n": len(values),
        "verdict": verdicts.SUPPORTED if holds else verdicts.CONTRADICTED,
        "margin": None,
        "replicates": list(values),
        "differences": list(values.values()),
        "arm_values": list(arms[0].values()),
        "than_values": list(arms[1].values()) if len(arms) == 2 else [],
    }


def _inputs(case: Case) -> int | None:
    """How many inputs an identity was tried on, summed over replicates, where the study says so."""
    counts = [
        value
        for task, condition in case.places()
        for value in case.table.raw(case.expect["arm"], task, condition, "inputs").values()
    ]
    return round(math.fsum(counts)) if counts else None
