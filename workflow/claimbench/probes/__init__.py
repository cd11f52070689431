"""Probes: what is measured of a trained classifier beyond the core metrics, only where a claim asks for it.

`probes/<name>.py` defines `<name>(subject) -> dict[str, float]`, metric name -> value on the test data.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from claimbench import registry


@dataclass(frozen=True)
class Subject:
    """A trained classifier with its data.

    Args:
        classify: inputs `[N, ...]` -> logits `[N, C]`, with gradients.
        val_x, val_y: validation inputs and labels, standardised; the labels carry the condition's noise.
        test_x, test_y: test inputs and labels.
        unseen_x: test inputs of classes that training never saw, or None.
        kind: "images", "signals" or "table".
        generator: for a purpose, the same for all arms of a replicate: `generator("corruption")`.
    """

    classify: Callable[[Tensor], Tensor]
    val_x: Tensor
    val_y: Tensor
    test_x: Tensor
    test_y: Tensor
    unseen_x: Tensor | None
    kind: str
    generator: Callable[[str], torch.Generator]


Probe = Callable[[Subject], dict[str, float]]


def get(name: str) -> Probe:
    """The probe, by its file's name."""
    found: Probe = registry.load("probes", name)
    return found
