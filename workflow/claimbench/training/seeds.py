"""Random generators named by what they are for.

The name of a generator says what it decides ("split", "weights", "order", ...) for which task and replicate, and
never the arm: so all arms of a replicate share split, initial weights, batch order, noise mask and the draws of
shared knobs.
"""

import hashlib

import torch

Part = str | int


def seed(*name: Part) -> int:
    """A 63-bit seed from the parts of a name: the head of the SHA-256 of the parts joined by "/"."""
    digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*name: Part) -> torch.Generator:
    """A CPU generator seeded by name; draws are made on the CPU and moved, so that every device sees the same."""
    return torch.Generator().manual_seed(seed(*name))
