"""Post-hoc calibration: `posthoc/<name>.py` defines `<name>(val_logits, val_targets, logits)`, the new logits `[N, C]`.

It is fitted on validation data after training and changes the logits that are scored.
"""

from collections.abc import Callable

from torch import Tensor

from claimbench import registry

Posthoc = Callable[[Tensor, Tensor, Tensor], Tensor]


def get(name: str) -> Posthoc:
    """The method of that name; raises UnknownName."""
    found: Posthoc = registry.load("posthoc", name)
    return found
