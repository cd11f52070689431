"""The study of identities: the largest error over inputs of its own for each replicate."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from claimbench.studies import AT_END, Context, Row, identity

CONTEXT = Context(Path("nowhere"), torch.device("cpu"))


def spec(name: str, **changes: int) -> dict[str, Any]:
    task = {"name": "random-inputs", "datasets": [], "inputs": changes.get("inputs", 40)}
    return {"study": "identity", "task": task, "arm": {"identity": name}, "condition": {}, "replicates": 3, "trials": 1}


def test_the_worst_error_and_how_many_inputs_were_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def made_up(inputs: int, generator: torch.Generator) -> Tensor:
        seen.append(torch.rand(inputs, generator=generator, dtype=torch.float64))
        return seen[-1]

    monkeypatch.setattr(identity.identities, "get", lambda name: made_up)
    rows = identity.measure(spec("made_up"), CONTEXT)
    expected = [("worst_error", float(errors.numpy().max())) for errors in seen]
    assert rows == [
        row
        for replicate, (metric, value) in enumerate(expected)
        for row in (Row("random", replicate, AT_END, metric, value), Row("random", replicate, AT_END, "inputs", 40.0))
    ]
    assert len({value for _, value in expected}) == 3  # each replicate has inputs of its own


def test_a_wrong_statement_is_found_out_and_a_nan_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity.identities, "get", lambda name: lambda n, g: torch.tensor([0.0, torch.nan, 1e-9]))
    worst = [row.value for row in identity.measure(spec("wrong"), CONTEXT) if row.metric == "worst_error"]
    assert all(value != value for value in worst)  # NaN


def test_a_real_identity_holds_and_is_repeatable() -> None:
    rows = identity.measure(spec("poly1_zero_is_cross_entropy"), CONTEXT)
    assert rows == identity.measure(spec("poly1_zero_is_cross_entropy"), CONTEXT)
    assert all(0 <= row.value < 1e-9 for row in rows if row.metric == "worst_error")
