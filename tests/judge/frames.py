"""Claims and measurements made up for the judge's tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

COLUMNS = ["arm", "task", "condition", "sweep", "dataset", "replicate", "step", "metric", "value"]


def rows(
    arm: str,
    values: Sequence[float],
    metric: str = "brier",
    task: str = "toy",
    condition: str = "standard",
    sweep: float = float("nan"),
    dataset: str | None = None,
    step: int = -1,
) -> pd.DataFrame:
    """One row per replicate 0, 1, ...; the data set is named as the task unless told otherwise."""
    return pd.DataFrame(
        {
            "arm": arm,
            "task": task,
            "condition": condition,
            "sweep": sweep,
            "dataset": dataset or task,
            "replicate": range(len(values)),
            "step": step,
            "metric": metric,
            "value": list(values),
        }
    )


def frame(*parts: pd.DataFrame) -> pd.DataFrame:
    """The parts as one frame."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def pair(differences: Sequence[float], base: float = 0.5, **where: Any) -> pd.DataFrame:
    """Arms "new" and "old" with new - old = `differences`."""
    return frame(
        rows("new", [base + difference for difference in differences], **where),
        rows("old", [base] * len(differences), **where),
    )


def expectation(relation: str = "greater", **fields: Any) -> dict[str, Any]:
    """An expectation on Brier score (a plain quantity: no floor, not relative) with a margin of 0.01."""
    defaults = {
        "name": "it holds",
        "metric": "brier",
        "relation": relation,
        "arm": "new",
        "than": "old",
        "margin": 0.01,
    }
    return {name: value for name, value in (defaults | fields).items() if value is not None}


def claim(*expect: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A claim with these expectations."""
    head = {"key": "toy-claim", "title": "Toy", "family": "loss", "fidelity": "scaled", "conditions": {}, "arms": {}}
    return head | {"expect": list(expect)} | fields
