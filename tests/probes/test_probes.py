"""Probes against values worked out without them: a linear classifier whose behaviour is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, roc_auc_score
from torch import Tensor

from claimbench import attacks, corruptions, probes, registry
from claimbench.posthoc.temperature import fit_temperature
from claimbench.probes import Subject
from claimbench.probes.out_of_distribution import shifts
from claimbench.quantities import QUANTITIES
from claimbench.training.seeds import generator

CLASSES, FEATURES = 4, 12


@pytest.fixture
def subject() -> Subject:
    """Four noisy clusters and the classifier by distance to their centres; overconfident by a factor of 3."""
    source = generator("probe test")
    centres = torch.randn(CLASSES, FEATURES, generator=source)

    def sample(count: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(count) % CLASSES
        return centres[y] + 1.5 * torch.randn(count, FEATURES, generator=source), y

    def classify(x: Tensor) -> Tensor:
        return 3 * (x @ centres.T - centres.square().sum(-1) / 2)

    (val_x, val_y), (test_x, test_y) = sample(300), sample(400)
    unseen = test_x[:50] + 5
    return Subject(classify, val_x, val_y, test_x, test_y, unseen, "table", lambda purpose: generator(purpose, 0))


@pytest.mark.parametrize("name", registry.names("probes"))
def test_every_probe_gives_known_finite_metrics_and_the_same_twice(name: str, subject: Subject) -> None:
    values = probes.get(name)(subject)
    assert values
    assert set(values) <= set(QUANTITIES)
    assert all(np.isfinite(value) for value in values.values())
    assert probes.get(name)(subject) == values


def test_calibration_after_scaling_is_that_of_the_scaled_logits(subject: Subject) -> None:
    values = probes.get("calibration")(subject)
    logits = subject.classify(subject.test_x)
    scaled = logits / fit_temperature(subject.classify(subject.val_x), subject.val_y)
    nll = torch.nn.functional.cross_entropy(scaled.double(), subject.test_y)
    assert values["nll_ts"] == pytest.approx(nll.item(), rel=1e-6)
    assert values["ece_ts"] < 0.5 * _ece(logits, subject.test_y)  # the classifier is three times too sure


def test_ranking_is_that_of_scikit_learn(subject: Subject) -> None:
    values = probes.get("ranking")(subject)
    logits = subject.classify(subject.test_x).double()
    truth = subject.test_y.numpy()
    assert values["macro_f1"] == pytest.approx(f1_score(truth, logits.argmax(-1).numpy(), average="macro"))
    area = roc_auc_score(truth, logits.softmax(-1).numpy(), multi_class="ovr")
    assert values["auroc"] == pytest.approx(area, abs=1e-6)


def test_out_of_distribution_areas_are_those_of_scikit_learn(subject: Subject) -> None:
    values = probes.get("out_of_distribution")(subject)
    inside = subject.classify(subject.test_x).logsumexp(-1)
    for shift, inputs in shifts(subject).items():
        outside = subject.classify(inputs).logsumexp(-1)
        truth = [1] * len(inside) + [0] * len(outside)
        area = roc_auc_score(truth, torch.cat([inside, outside]).numpy())
        assert values[f"ood_{shift}/energy/auroc"] == pytest.approx(area, abs=1e-6)
    without = probes.get("out_of_distribution")(replace(subject, unseen_x=None))
    assert not any(name.startswith("ood_unseen") for name in without)


def test_scrambled_inputs_are_permuted_test_inputs(subject: Subject) -> None:
    scrambled = shifts(subject)["scrambled"]
    assert torch.equal(scrambled.sort(-1).values, subject.test_x.sort(-1).values)
    assert not torch.equal(scrambled, subject.test_x)


def test_corrupted_accuracy_is_the_mean_over_corruptions_and_severities(subject: Subject) -> None:
    values = probes.get("corruption")(subject)
    by_hand = [
        _accuracy(subject, corruptions.get(name)(subject.test_x, severity, subject.generator(f"corruption/{name}")))
        for severity in range(1, 6)
        for name in corruptions.names("table")
    ]
    assert values["corrupted_accuracy"] == pytest.approx(np.mean(by_hand))
    assert values["corrupted_accuracy/5"] < values["corrupted_accuracy/1"]


def test_attacks_lower_accuracy_and_pgd_is_the_attack_of_its_module(subject: Subject) -> None:
    values = probes.get("adversarial")(subject)
    clean = _accuracy(subject, subject.test_x)
    changed = attacks.pgd(subject.classify, subject.test_x, subject.test_y, 0.1, 10, 0.025, subject.generator("attack"))
    assert values["pgd_accuracy"] == pytest.approx(_accuracy(subject, changed))
    assert values["pgd_accuracy"] <= values["fgsm_accuracy"] < clean


def _accuracy(subject: Subject, inputs: Tensor) -> float:
    return (subject.classify(inputs).argmax(-1) == subject.test_y).double().mean().item()


def _ece(logits: Tensor, targets: Tensor, bins: int = 15) -> float:
    confidence, predicted = logits.double().softmax(-1).max(-1)
    place = (confidence * bins).ceil().clamp(1, bins)
    total = 0.0
    for index in place.unique():
        inside = place == index
        gap = confidence[inside].mean() - (predicted == targets)[inside].double().mean()
        total += inside.double().mean().item() * abs(gap.item())
    return total


def test_an_unknown_probe_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(registry.UnknownName, match='did you mean "corruption"'):
        probes.get("corupton")
