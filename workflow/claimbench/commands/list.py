"""List the claims of the ledger with their status or verdict."""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from claimbench import spec
from claimbench.errors import ClaimbenchError
from claimbench.spec import Claim, choices, load_ledger, unknown

COLUMNS = ("key", "study", "family", "fidelity", "status", "title")
STATUSES = (
    *("supported", "supported, small", "contradicted", "mixed", "no difference", "undecided"),
    *("not run", "failed", "data not available", "not yet tested", "not testable"),
)
MIN_TITLE = 20  # characters of the title that are shown however narrow the terminal is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Filters, and where the verdicts are."""
    for name in ("family", "study", "status", "fidelity"):
        parser.add_argument(f"--{name}", help=f"only the claims of this {name}")
    parser.add_argument("--scale", default="quick", help="the scale whose verdicts are shown (default: quick)")
    parser.add_argument("--directory", type=Path, default=Path(), help="the folder that holds results/ (default: here)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Print one line for each claim that passes the filters."""
    wanted = {
        name: getattr(args, name)
        for name in ("family", "study", "status", "fidelity")
        if getattr(args, name) is not None
    }
    if "study" in wanted:
        wanted["study"] = wanted["study"].replace("-", "_")
    for name, value in wanted.items():
        allowed = STATUSES if name == "status" else choices(name)
        if value not in allowed:
            raise unknown(name, value, allowed)
    ledger = load_ledger(spec.CLAIMS)
    verdicts = args.directory / "results" / args.scale / "verdicts"
    rows = [row for claim in ledger.values() if wanted.items() <= (row := _row(claim, verdicts)).items()]
    if args.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    print("\n".join(_table(rows, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)))
    print(f"{len(rows)} of {len(ledger)} claims")
    return 0


def status(claim: Claim, verdicts: Path) -> str:
    """The claim's verdict where its verdict file exists, else why there is none.

    Args:
        claim: the claim.
        verdicts: the folder `results/<scale>/verdicts`.

    Raises:
        ClaimbenchError: the verdict file cannot be read.
    """
    file = verdicts / f"{claim.key}.json"
    if claim.experiment is None or not file.exists():
        return "not run" if claim.status == "testable" else claim.status
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["verdict"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClaimbenchError(
            f'{file}: expected JSON with the field "verdict"; remove the file and judge again'
        ) from error


def _row(claim: Claim, verdicts: Path) -> dict[str, str | int]:
    return {"id": claim.id} | {name: getattr(claim, name) for name in COLUMNS} | {"status": status(claim, verdicts)}


def _table(rows: Sequence[dict[str, str | int]], width: int | None) -> list[str]:
    """A header and a line for each row, the columns aligned; the title is cut where a line is wider than `width`."""
    lines = [COLUMNS, *(tuple(str(row[name]) for name in COLUMNS) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    room = widths[-1] if width is None else max(MIN_TITLE, width - sum(widths[:-1]) - 2 * (len(COLUMNS) - 1))
    return [
        "  ".join([*(cell.ljust(size) for cell, size in zip(line[:-1], widths, strict=False)), _cut(line[-1], room)])
        for line in lines
    ]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
