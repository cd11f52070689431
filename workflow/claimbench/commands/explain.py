"""Explain a verdict in plain words: the numbers, the rule that fired, what would change it."""

import argparse
import json
from pathlib import Path

from claimbench.errors import ClaimbenchError
from claimbench.plan import SCALES
from claimbench.spec import load_ledger, unknown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explain`."""
    parser.add_argument("key", metavar="KEY", help="the claim's key, such as squentropy")
    parser.add_argument("--scale", default="quick", choices=SCALES)
    parser.add_argument("--directory", type=Path, default=Path(), help="the folder that holds results/ (default: here)")


def run(args: argparse.Namespace) -> int:
    """Print the explanation of the claim's verdict file."""
    from claimbench.judge.explain import explain

    ledger = load_ledger()
    if args.key not in ledger:
        raise unknown("claim", args.key, ledger)
    path = args.directory / "results" / args.scale / "verdicts" / f"{args.key}.json"
    if not path.exists():
        claim, scale = ledger[args.key], "" if args.scale == "quick" else f" --config scale={args.scale}"
        if claim.experiment is None:
            raise ClaimbenchError(f"{args.key} is {claim.status}: {claim.not_testable or 'it has no experiment yet'}")
        raise ClaimbenchError(f"{path} is missing: make it with snakemake --cores 2 {args.key}{scale}")
    try:
        verdict = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ClaimbenchError(f"{path} is not JSON ({error}); delete it and judge again") from None
    print("\n".join(explain(verdict)))
    return 0
