"""`python -m claimbench judge`: from cells on disk to a verdict file."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimbench.commands import judge
from claimbench.errors import ClaimbenchError
from claimbench.plan import Cell, Plan, Use

SCHEMA = [
    ("dataset", pa.string()),
    ("replicate", pa.int32()),
    ("step", pa.int32()),
    ("metric", pa.string()),
    ("value", pa.float64()),
]


def cell(name: str) -> Cell:
    return Cell(name, "quick", "classify", {"task": {"datasets": ["toy"]}})


def write(folder: Path, name: str, values: list[float], reverse: bool = False, **state: str) -> None:
    """A cell's file with one Brier score per replicate."""
    rows = [("toy", replicate, -1, "brier", value) for replicate, value in enumerate(values)][:: -1 if reverse else 1]
    metadata = {"claimbench": json.dumps({"status": "measured", "reason": "", "spec": {}} | state)}
    columns = zip(*rows, strict=True) if rows else [[]] * len(SCHEMA)
    arrays = [pa.array(list(column), kind) for column, (_, kind) in zip(columns, SCHEMA, strict=True)]
    path = folder / cell(name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(SCHEMA, metadata=metadata)), path)


CLAIM = SimpleNamespace(
    key="toy-claim",
    title="Toy",
    family="loss",
    fidelity="scaled",
    conditions={"standard": {}},
    arms={"new": {}, "old": {}},
    expect=({"name": "better", "metric": "brier", "relation": "less", "arm": "new", "than": "old"},),
)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of one claim with two arms on two tasks."""
    uses = [Use(arm, task, "standard", None, f"{arm}-{task}") for task in ("a", "b") for arm in ("new", "old")]
    plan = Plan("quick", {use.cell: cell(use.cell) for use in uses}, {"toy-claim": uses}, {"toy-claim": ["c"]})
    monkeypatch.setattr(judge, "load_ledger", lambda: {"toy-claim": CLAIM})
    monkeypatch.setattr(judge, "make_plan", lambda ledger, config: plan)


def run(folder: Path, key: str = "toy-claim") -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    judge.add_arguments(parser)
    assert (
        judge.run(parser.parse_args([key, "--output", str(folder / "verdict.json"), "--directory", str(folder)])) == 0
    )
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return found


@pytest.mark.usefixtures("planned")
def test_cells_become_a_verdict(tmp_path: Path) -> None:
    """Task a: 0.03 less in each of four replicates but for 0.01; task b is missing in three ways, task c left out."""
    write(tmp_path, "new-a", [0.46, 0.46, 0.48, 0.48])
    write(tmp_path, "old-a", [0.5] * 4)
    write(tmp_path, "new-b", [], status="unavailable", reason="put the file there")
    log = tmp_path / cell("old-b").log
    log.parent.mkdir(parents=True)
    log.write_text("boom")
    found = run(tmp_path)
    assert (found["status"], found["verdict"]) == ("judged", "supported")
    assert found["expectations"][0]["estimate"] == pytest.approx(0.03)
    reasons = {(gap["arm"], gap["task"]): (gap["status"], gap["reason"]) for gap in found["missing"]}
    assert reasons["new", "b"] == ("data not available", "put the file there")
    assert reasons["old", "b"] == ("failed", f"the measurement did not end; its log is {cell('old-b').log}")
    assert reasons["new", "c"] == reasons["old", "c"] == ("not run", "left out by the configuration")


@pytest.mark.usefixtures("planned")
def test_the_same_measurements_give_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for reverse in (False, True):
        for task in ("a", "b"):
            write(tmp_path, f"new-{task}", [0.4 + 0.01 * (number % 4) for number in range(10)], reverse)
            write(tmp_path, f"old-{task}", [0.5 - 0.003 * number for number in range(10)], reverse)
        run(tmp_path)
        texts.append((tmp_path / "verdict.json").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.usefixtures("planned")
def test_nothing_measured_is_not_run(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert found["status"] == found["verdict"] == "not run"
    assert len(found["missing"]) == 6


@pytest.mark.usefixtures("planned")
def test_a_broken_cell_is_failed(tmp_path: Path) -> None:
    write(tmp_path, "old-a", [0.5] * 4)
    path = tmp_path / cell("new-a").path
    path.write_bytes(b"PAR1 and then nothing")
    found = run(tmp_path)
    assert found["status"] == "failed"
    assert "cannot be read" in found["expectations"][0]["reason"]


@pytest.mark.usefixtures("planned")
def test_an_unknown_key_is_named_with_its_neighbour(tmp_path: Path) -> None:
    with pytest.raises(ClaimbenchError, match='did you mean "toy-claim"'):
        run(tmp_path, "toy-clam")
