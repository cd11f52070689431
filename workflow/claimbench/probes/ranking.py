"""How well classes are told apart one by one: macro F1 and area under the ROC curve."""

import torch

from claimbench import metrics
from claimbench.probes import Subject


@torch.no_grad()
def ranking(subject: Subject) -> dict[str, float]:
    """`macro_f1` and `auroc` (one class against the rest, mean over classes)."""
    logits = subject.classify(subject.test_x)
    return {name: metrics.get(name)(logits, subject.test_y).item() for name in ("macro_f1", "auroc")}
