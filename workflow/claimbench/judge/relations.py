"""The relations that an expectation can state: one function each, and the table that names them.

A relation turns the measurements into strata of effects (one number per replicate, positive where the expectation
says so); what happens then, pooling, intervals and verdict, is common to all but `bound`, which has no sampling
error.

    greater, less                    arm - than, or than - arm, of the metric's value
    equivalent                       arm - than
    not_worse                        arm - than where a higher metric is better, than - arm where a lower one is
    ratio_at_least, ratio_at_most    log(arm / than / ratio), or its negative
    increases_with, decreases_with   Spearman's rank correlation of the metric with the swept number, or its negative
    bound                            the metric itself, or arm - than
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from claimbench.errors import ClaimbenchError, nearest
from claimbench.judge import intervals, power, strata, verdicts
from claimbench.judge.bounds import bound
from claimbench.judge.case import Case, Finding, Unjudgeable, direction, nothing, place, unit_of
from claimbench.judge.effects import differences, log_ratios, rank_correlations
from claimbench.judge.intervals import Inference, infer
from claimbench.judge.strata import Stratum
from claimbench.judge.verdicts import Rule


def greater(case: Case) -> Finding:
    """The arm's value is above the other arm's."""
    return concluded(case, differences(case, 1), verdicts.DIRECTIONAL, "arm - than")


def less(case: Case) -> Finding:
    """The arm's value is below the other arm's."""
    return concluded(case, differences(case, -1), verdicts.DIRECTIONAL, "than - arm")


def equivalent(case: Case) -> Finding:
    """The two arms differ by less than the margin."""
    return concluded(case, differences(case, 1), verdicts.EQUIVALENCE, "arm - than")


def not_worse(case: Case) -> Finding:
    """The arm is not worse than the other arm by the margin or more."""
    sign = direction(case)
    return concluded(case, differences(case, sign), verdicts.NONINFERIORITY, "arm - than" if sign > 0 else "than - arm")


def ratio_at_least(case: Case) -> Finding:
    """arm / than exceeds the stated ratio (default 1)."""
    return concluded(case, log_ratios(case, 1), verdicts.DIRECTIONAL, "log(arm / than / ratio)", "log ratio")


def ratio_at_most(case: Case) -> Finding:
    """arm / than falls short of the stated ratio (default 1)."""
    return concluded(case, log_ratios(case, -1), verdicts.DIRECTIONAL, "-log(arm / than / ratio)", "log ratio")


def increases_with(case: Case) -> Finding:
    """The metric, or the difference to another arm, rises with the swept number."""
    return concluded(case, rank_correlations(case, 1), verdicts.DIRECTIONAL, "rank correlation", "rank correlation")


def decreases_with(case: Case) -> Finding:
    """The metric, or the difference to another arm, falls with the swept number."""
    return concluded(case, rank_correlations(case, -1), verdicts.DIRECTIONAL, "-rank correlation", "rank correlation")


@dataclass(frozen=True)
class Relation:
    """How a relation is judged, and the rule behind its words (None where there is no test)."""

    judge: Callable[[Case], Finding]
    rule: Rule | None


RELATIONS: dict[str, Relation] = {
    "greater": Relation(greater, verdicts.DIRECTIONAL),
    "less": Relation(less, verdicts.DIRECTIONAL),
    "equivalent": Relation(equivalent, verdicts.EQUIVALENCE),
    "not_worse": Relation(not_worse, verdicts.NONINFERIORITY),
    "ratio_at_least": Relation(ratio_at_least, verdicts.DIRECTIONAL),
    "ratio_at_most": Relation(ratio_at_most, verdicts.DIRECTIONAL),
    "increases_with": Relation(increases_with, verdicts.DIRECTIONAL),
    "decreases_with": Relation(decreases_with, verdicts.DIRECTIONAL),
    "bound": Relation(bound, None),
}


def judge_expectation(case: Case) -> Finding:
    """Judge one expectation by its relation.

    Raises:
        ClaimbenchError: the relation is unknown, or the expectation lacks what the relation needs.
        Unjudgeable: the measurements lack what the expectation needs.
    """
    name = case.expect["relation"]
    if name not in RELATIONS:
        allowed = ", ".join(RELATIONS)
        raise ClaimbenchError(
            f"claim {case.key}: relation: {name!r} cannot be judged{nearest(name, RELATIONS)}; allowed: {allowed}"
        )
    return RELATIONS[name].judge(case)


def concluded(case: Case, found: list[Stratum], rule: Rule, effect: str, unit: str | None = None) -> Finding:
    """Pool the strata, infer, and put the rule's word to it."""
    if not found:
        raise Unjudgeable(nothing(case))
    if not all(np.isfinite(stratum.effects).all() for stratum in found):
        raise Unjudgeable(f"{case.expect['metric']} has no finite value to score the failed runs by")
    margin, unit = strata.pooled_margin(found), unit_of(case) if unit is None else unit
    notes = [note for stratum in found for note in stratum.notes]
    tasks = [_task(case, stratum, rule) for stratum in found]
    merged = strata.blocks(found)
    n = min(block.n for block in merged)
    if n < 2:
        notes.append("an interval needs two replicates")
        estimate = float(np.dot(strata.weights(found), [stratum.effects.mean() for stratum in found]))
        reason = "; ".join(notes)
        return Finding(verdicts.UNDECIDED, effect, estimate, n=n, margin=margin, unit=unit, tasks=tasks, reason=reason)
    inference = infer(merged, case.seed)
    wide, narrow = inference.interval(0.95), inference.interval(0.90)
    return Finding(
        verdict=rule.verdict(inference.estimate, wide, narrow, margin),
        effect=effect,
        estimate=inference.estimate,
        wide=wide,
        narrow=narrow,
        method=inference.method,
        n=n,
        p_value=rule.p_value(inference, margin),
        margin=margin,
        unit=unit,
        mde=power.minimum_detectable_effect(inference.error, inference.df),
        corrected=intervals.corrected_resampled(merged),
        reason="; ".join(notes),
        tasks=tasks,
        needed=lambda alpha: _needed(inference, rule, margin, alpha),
    )


def _needed(inference: Inference, rule: Rule, margin: float, alpha: float) -> int | None:
    """Replicates, in all and per task, that would decide at level alpha with power 0.8 were the estimate the truth."""
    if inference.error == 0:
        # n equal effects reach a two-sided p of 2^(1 - n).
        return max(inference.n + 1, math.ceil(1 - math.log2(alpha)))

    def power_at(error: float, df: float) -> float:
        return rule.power(inference.estimate, margin, error, df, alpha)

    return power.replicates_needed(power_at, inference.error, inference.df, inference.n)


def _task(case: Case, stratum: Stratum, rule: Rule) -> dict[str, Any]:
    """One stratum's entry in the verdict file, with a verdict of its own, corrected for nothing."""
    n = len(stratum.replicates)
    entry = place(case, stratum.task, stratum.condition) | {
        "estimate": float(stratum.effects.mean()),
        "interval95": None,
        "n": n,
        "verdict": verdicts.UNDECIDED,
        "margin": stratum.margin,
        "replicates": list(stratum.replicates),
        "differences": stratum.effects.tolist(),
        "arm_values": stratum.arm_values.tolist(),
        "than_values": stratum.than_values.tolist(),
    }
    if stratum.points:
        entry["points"] = [list(point) for point in stratum.points]
    if n >= 2:
        one = [intervals.Block(1.0, stratum.effects, stratum.scale)]
        inference = infer(one, case.seed)
        wide, narrow = inference.interval(0.95), inference.interval(0.90)
        entry |= {"interval95": wide, "verdict": rule.verdict(inference.estimate, wide, narrow, stratum.margin)}
    return entry
