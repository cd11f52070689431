"""Identities: `identities/<name>.py` defines `<name>(inputs, generator) -> Tensor`, the errors of a statement.

An identity is a mathematical statement of a paper. It is tried on `inputs` random inputs, in float64; the result is
`[inputs]`: 0 where the statement holds exactly, else by how much it is missed; for an inequality max(0, left - right).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from claimbench import registry

Identity = Callable[[int, torch.Generator], Tensor]


def names() -> tuple[str, ...]:
    """The names of all identities, sorted."""
    return registry.names("identities")


def get(name: str) -> Identity:
    """The identity of that name; raises UnknownName."""
    found: Identity = registry.load("identities", name)
    return found
