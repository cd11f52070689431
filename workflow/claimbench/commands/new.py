"""Write the stub of a new claim, loss or optimizer."""

import argparse
import keyword
import re
from pathlib import Path

from claimbench import registry, spec
from claimbench.errors import ClaimbenchError
from claimbench.files import write_text
from claimbench.spec import choices, load_ledger, unknown

CLAIM = """\
id = {id}                                   # never changed
key = "{key}"
title = "Title of the paper"
seeds = []
family = "other"
statement = "What the paper says, as one sentence that an experiment could refute."
reported = []                               # headline figures of the abstract, as text
fidelity = "mechanism"                      # exact | scaled | mechanism | none (then: not_testable = "why")
axes = ["accuracy"]
effort = "S"                                # S | M | L
source = "known"                            # abstract | known | checked
caveat = "What a careful reviewer would insist on: it decides which control arms are needed."
full = "The experiment nearer to the paper."

# Without the part below the claim is shown as not yet tested. docs/architecture.md describes every field.

# [experiment]
# study = "classify"
# tasks = ["digits-mlp", "mnist1d-mlp"]
#
# [arms.focal]
# loss = "focal"
# set.loss.gamma = 2.0
#
# [arms.cross_entropy]
# loss = "cross_entropy"
#
# [[expect]]
# name = "more accurate than cross-entropy"
# metric = "accuracy"
# relation = "greater"
# arm = "focal"
# than = "cross_entropy"
"""

LOSS = '''\
"""{title}: say in one line what it is for."""

from torch import Tensor

from claimbench.losses._hyper import Hyper


def {name}(logits: Tensor, targets: Tensor, *, scale: Hyper = 1.0) -> Tensor:
    """Say in one sentence what it does.

    l = the formula

    Args:
        logits: `[N, C]`, floating point, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.
        scale: an example of a hyper-parameter (keyword-only, with a literal default); say its range.

    Returns:
        `[N]`, one value per example; say their range.

    Raises:
        ValueError: a hyper-parameter is a Python number outside its range.

    Source:
        Authors year, "Title", equation.
    """
    raise NotImplementedError("losses/{name}.py: replace this line by the formula")
'''

OPTIMIZER = '''\
"""{title}: say in one line what it is for."""

from collections.abc import Iterable

import torch
from torch import Tensor

SPACE = {{"lr": {{"low": 1e-3, "high": 1.0, "log": True}}}}  # searched where an arm does not say otherwise


def {name}(params: Iterable[Tensor], *, lr: float = 0.1) -> torch.optim.Optimizer:
    """theta <- the update rule.

    Args:
        params: parameters, `[...]`.
        lr: learning rate, > 0.

    Returns:
        An optimizer of torch or of pytorch_optimizer, or one of ours.

    Source:
        Authors, title (year), algorithm; library, version and flags where the code is a library's.
    """
    raise NotImplementedError("optimizers/{name}.py: replace this line by the optimizer")
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to make, and its name."""
    parser.add_argument("kind", choices=("claim", "loss", "optimizer"), help="what to make")
    parser.add_argument("name", metavar="NAME", help="my-paper for a claim, my_loss for a loss or an optimizer")
    parser.add_argument("--study", default="classify", help="the folder of a new claim (default: classify)")


def run(args: argparse.Namespace) -> int:
    """Write the stub and say what comes next."""
    path = new_claim(args.name, args.study) if args.kind == "claim" else new_method(args.kind, args.name)
    print(f"wrote {path}")
    if args.kind == "claim":
        print(f"Fill it in; `python -m claimbench show {args.name}` checks it, and so does tests/test_ledger.py.")
    else:
        folder = path.parent.name
        print(f"Fill it in, and add its line, with an independent oracle, to the test table in tests/{folder}/.")
    return 0


def new_claim(key: str, study: str = "classify") -> Path:
    """Write the stub of a claim with the next free id.

    Raises:
        ClaimbenchError: `key` is not a key or is taken, or there is no such study.
    """
    _check_form(key, r"[a-z0-9]+(-[a-z0-9]+)*", "-", "lower-case words and digits joined by hyphens")
    folder = study.replace("-", "_")
    if folder not in choices("study"):
        raise unknown("study", study, choices("study"))
    ledger = load_ledger(spec.CLAIMS)
    if key in ledger:
        raise ClaimbenchError(f'{ledger[key].path} exists already: choose another key than "{key}"')
    number = max((claim.id for claim in ledger.values()), default=-1) + 1
    path = spec.CLAIMS / folder / f"{key}.toml"
    write_text(path, CLAIM.format(id=number, key=key))
    return path


def new_method(kind: str, name: str) -> Path:
    """Write the stub of a loss or an optimizer.

    Args:
        kind: "loss" or "optimizer".
        name: its name, a Python identifier.

    Raises:
        ClaimbenchError: `name` is not an identifier or is taken.
    """
    folder, template = {"loss": ("losses", LOSS), "optimizer": ("optimizers", OPTIMIZER)}[kind]
    _check_form(name, r"[a-z][a-z0-9_]*", "_", "lower-case letters, digits and underscores, a letter first")
    path = registry.ROOT / folder / f"{name}.py"
    if path.exists():
        raise ClaimbenchError(f'{path} exists already: choose another name than "{name}"')
    write_text(path, template.format(name=name, title=name.replace("_", " ").capitalize()))
    return path


def _check_form(name: str, pattern: str, joint: str, allowed: str) -> None:
    """Refuse a name of the wrong form, and suggest the right one."""
    if len(name) <= 60 and re.fullmatch(pattern, name) and not keyword.iskeyword(name):
        return
    right = re.sub(r"[^a-z0-9]+", joint, name.lower())[:60].strip(joint)
    hint = (
        f'; did you mean "{right}"?' if right and re.fullmatch(pattern, right) and not keyword.iskeyword(right) else ""
    )
    raise ClaimbenchError(
        f'"{name}" cannot be a name; allowed: {allowed}, at most 60 characters, no word of Python{hint}'
    )
