"""Get data sets: make or download them into a folder, each with a manifest of source, licence and checksum."""

import argparse
import math
from pathlib import Path

from claimbench import data
from claimbench.errors import ClaimbenchError, CorruptData, DataUnavailable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m claimbench fetch`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets to get")
    parser.add_argument("--all", action="store_true", help="get every data set")
    parser.add_argument(
        "--to", type=Path, default=Path("data"), metavar="FOLDER", help="where to keep them (default: data)"
    )
    parser.add_argument("--force", action="store_true", help="make them anew even if they are there")
    parser.add_argument(
        "--list", action="store_true", help="list the data sets and whether they are there, and get none"
    )
    parser.add_argument("--table", action="store_true", help="print the table of docs/data.md, and get none")


def run(args: argparse.Namespace) -> int:
    """Get the data sets; one that cannot be had is recorded as unavailable in its manifest and is no failure."""
    names = data.names() if args.all or not args.names else [data.get(name).name for name in args.names]
    if args.table:
        print(table(names))
    elif args.list:
        for name in names:
            print(f"{name:<24} {_state(name, args.to):<12} {data.get(name).title}")
    elif args.names or args.all:
        for name in names:
            _fetch(name, args)
    else:
        raise ClaimbenchError(f"fetch: name a data set or give --all; known: {', '.join(names)}")
    return 0


def _fetch(name: str, args: argparse.Namespace) -> None:
    manifest = data.fetch(name, args.to, force=args.force)
    if manifest["status"] == "ready":
        print(f"{name}: ready, {manifest['size']:,} bytes, SHA-256 {manifest['sha256']}, from {manifest['mirror']}")
    else:
        print(f"{name}: unavailable: {manifest['reason']}")


def _state(name: str, root: Path) -> str:
    """In one word, whether the data set is there."""
    try:
        data.verify(name, root)
    except CorruptData:
        return "corrupt"
    except DataUnavailable:
        return "absent"
    return "ready"


def table(names: list[str] | tuple[str, ...]) -> str:
    """The data sets as a Markdown table, from their declarations, which are checked whenever the data are made."""
    head = ["name", "title", "kind", "examples", "features", "classes", "imbalance", "licence", "source"]
    rows = [head, ["---"] * 3 + ["---:"] * 4 + ["---"] * 2]
    for dataset in map(data.get, names):
        examples = f"{dataset.examples:,}" + (" a draw" if dataset.fresh else "")
        figures = [examples, f"{math.prod(dataset.input_shape)}", f"{dataset.classes}", f"{dataset.imbalance:.2f}"]
        rows.append(
            [f"`{dataset.name}`", dataset.title, dataset.kind, *figures, dataset.licence, f"<{dataset.source}>"]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
