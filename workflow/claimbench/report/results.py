"""Reading what the other stages left under results/<scale>: cells with their manifests, verdict files, tables."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from claimbench.errors import ClaimbenchError

COLUMNS = ["dataset", "replicate", "metric", "value"]


@dataclass(frozen=True)
class CellResult:
    """What is known of one cell.

    Args:
        status: measured | unavailable | failed | not run.
        reason: why it is not measured, else the empty string.
        rows: its measurements at the end of training, columns `COLUMNS`.
        manifest: what is not repeatable to the byte (times, hardware, versions, commit).
    """

    status: str
    reason: str = ""
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    manifest: Mapping[str, Any] = field(default_factory=dict)


def read_cell(path: Path, manifest: Path) -> CellResult:
    """Read one cell; an absent file is a cell that was not run.

    Args:
        path: the cell's Parquet file.
        manifest: the JSON file beside it, which may be absent.

    Raises:
        ClaimbenchError: the file is not a cell (no status in its schema metadata, or a column is missing).
    """
    if not path.exists():
        return CellResult("not run")
    table = pq.read_table(path)
    metadata = (table.schema.metadata or {}).get(b"claimbench")
    if metadata is None or not {*COLUMNS, "step"} <= set(table.column_names):
        raise ClaimbenchError(
            f"{path}: not a cell: expected the columns dataset, replicate, step, metric, value and 'claimbench' metadata"
        )
    state = json.loads(metadata)
    final = table.filter(pc.equal(table["step"], -1)).select(COLUMNS)
    return CellResult(
        status=str(state.get("status", "measured")),
        reason=str(state.get("reason") or ""),
        rows=final.to_pandas(),
        manifest=read_json(manifest) if manifest.exists() else {},
    )


def read_json(path: Path) -> Any:
    """The content of a JSON file; an error names the file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClaimbenchError(f"{path}: cannot be read as JSON: {error}") from error


def read_verdicts(folder: Path, keys: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The verdict files of `folder`, sorted by key; with `keys`, only those of claims that the ledger still has."""
    known = None if keys is None else set(keys)
    files = sorted(folder.glob("*.json")) if folder.exists() else []
    return [read_json(file) for file in files if known is None or file.stem in known]
