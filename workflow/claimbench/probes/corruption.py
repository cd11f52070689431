"""Accuracy and calibration on corrupted test inputs."""

import torch

from claimbench import corruptions, metrics
from claimbench.probes import Subject

SEVERITIES = (1, 2, 3, 4, 5)


@torch.no_grad()
def corruption(subject: Subject) -> dict[str, float]:
    """`corrupted_accuracy` and `corrupted_ece`, means over the corruptions that suit the data and five severities.

    `corrupted_accuracy/<severity>` is the mean over corruptions at one severity. The draws are the same for all arms.
    """
    found: dict[int, list[tuple[float, float]]] = {severity: [] for severity in SEVERITIES}
    for name in corruptions.names(subject.kind):
        for severity in SEVERITIES:
            changed = corruptions.get(name)(subject.test_x, severity, subject.generator(f"corruption/{name}"))
            logits = subject.classify(changed)
            accuracy, ece = (metrics.get(metric)(logits, subject.test_y).item() for metric in ("accuracy", "ece"))
            found[severity].append((accuracy, ece))
    everything = [pair for pairs in found.values() for pair in pairs]
    values = {
        "corrupted_accuracy": sum(accuracy for accuracy, _ in everything) / len(everything),
        "corrupted_ece": sum(ece for _, ece in everything) / len(everything),
    }
    for severity, pairs in found.items():
        values[f"corrupted_accuracy/{severity}"] = sum(accuracy for accuracy, _ in pairs) / len(pairs)
    return values
