"""Telling inputs that are not of the training distribution: noise, scrambled inputs, unseen classes."""

import torch
from torch import Tensor

from claimbench.ood import detection, scores
from claimbench.probes import Subject


@torch.no_grad()
def out_of_distribution(subject: Subject) -> dict[str, float]:
    """`ood_<shift>/<score>/<detection>` for every shift, score and detection metric.

    Shifts: `noise`, standard normal inputs; `scrambled`, test inputs with their positions permuted, one permutation for
    all; `unseen`, test inputs of held-out classes, where the condition holds some out (near; the others are far).
    Scores: maximum softmax probability, maximum logit, energy.
    """
    inside = subject.classify(subject.test_x)
    values = {}
    for shift, inputs in shifts(subject).items():
        outside = subject.classify(inputs)
        for score in scores.names():
            own, other = scores.get(score)(inside), scores.get(score)(outside)
            for metric in detection.names():
                values[f"ood_{shift}/{score}/{metric}"] = detection.get(metric)(own, other).item()
    return values


def shifts(subject: Subject) -> dict[str, Tensor]:
    """The inputs that are out of distribution, by the name of the shift."""
    x, source = subject.test_x, subject.generator("out of distribution")
    found = {"noise": torch.randn(x.shape, generator=source)}
    order = torch.randperm(x[0].numel(), generator=source)
    found["scrambled"] = x.flatten(1)[:, order].view_as(x)
    if subject.unseen_x is not None:
        found["unseen"] = subject.unseen_x
    return found
