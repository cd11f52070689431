"""Every identity holds on random inputs, and a wrong loss or rule put in its place is found out by a large error."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import Tensor

from claimbench import losses, registry
from claimbench.identities import get
from claimbench.identities._random import random_logits

TOLERANCE = {
    "logit_clip_bound": 1e-12,
    "normalized_losses_sum_to_one": 1e-12,
    "poly1_zero_is_cross_entropy": 1e-12,
    "poly_series": 1e-9,  # what the partial sum leaves out
    "sgd_l2_equals_decay": 1e-11,
}
each_identity = pytest.mark.parametrize("name", registry.names("identities"))


def errors(name: str, inputs: int = 200, seed: int = 0) -> Tensor:
    return get(name)(inputs, torch.Generator().manual_seed(seed))


def test_every_identity_has_a_tolerance() -> None:
    assert list(TOLERANCE) == list(registry.names("identities"))


@each_identity
@pytest.mark.parametrize("seed", [0, 1])
def test_holds(name: str, seed: int) -> None:
    found = errors(name, 150, seed)
    assert found.shape == (150,)
    assert found.dtype == torch.float64
    assert (found >= 0).all()
    assert found.max() < TOLERANCE[name]


@each_identity
def test_the_generator_alone_decides(name: str) -> None:
    generator = torch.Generator().manual_seed(3)
    state = torch.get_rng_state()
    first = get(name)(5, generator)
    assert torch.equal(first, errors(name, 5, seed=3))
    assert torch.equal(torch.get_rng_state(), state)


@each_identity
def test_docstring_names_inputs_and_source(name: str) -> None:
    text = inspect.getdoc(get(name)) or ""
    assert all(section in text for section in ("Args:", "inputs: how many", "Returns:", "Source:"))


def test_inputs_cover_shapes_and_scales() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [random_logits(generator) for _ in range(500)]
    assert {len(logits) for logits in drawn} == set(range(2, 21))
    scales = torch.stack([logits.square().mean().sqrt() for logits in drawn])
    assert scales.min() < 0.03
    assert scales.max() > 30


def wrong(loss: Callable[..., Tensor], factor: float = 1.01, offset: float = 0.0) -> Callable[..., Tensor]:
    return lambda logits, targets, **hyper: factor * loss(logits, targets, **hyper) + offset


@pytest.mark.parametrize(
    ("name", "loss", "replacement"),
    [
        ("normalized_losses_sum_to_one", "nce", wrong(losses.get("nce"))),
        ("normalized_losses_sum_to_one", "nce", wrong(losses.get("cross_entropy"))),
        ("normalized_losses_sum_to_one", "mae", wrong(losses.get("mae"), 2)),
        ("normalized_losses_sum_to_one", "rce", wrong(losses.get("rce"))),
        ("poly_series", "cross_entropy", wrong(losses.get("cross_entropy"), 1, 1e-6)),
        ("poly_series", "cross_entropy", wrong(losses.get("poly1"), 1)),
        ("poly1_zero_is_cross_entropy", "poly1", wrong(losses.get("poly1"))),
        ("poly1_zero_is_cross_entropy", "poly1_focal", wrong(losses.get("poly1_focal"), 1, 1e-6)),
        ("logit_clip_bound", "clipped_cross_entropy", lambda z, y, tau: losses.get("cross_entropy")(z, y)),
        (
            "logit_clip_bound",
            "clipped_cross_entropy",
            lambda z, y, tau: losses.get("clipped_cross_entropy")(z, y, tau=1.01 * tau),
        ),
    ],
)
def test_a_wrong_loss_is_found_out(
    name: str, loss: str, replacement: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module(f"claimbench.identities.{name}"), loss, replacement)
    assert errors(name).max() > 500 * TOLERANCE[name]


@pytest.mark.parametrize("change", [{"momentum": 0.9}, {"weight_decay": 0.01}])
def test_a_wrong_rule_is_found_out(change: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    sgd = torch.optim.SGD

    def changed(params: Any, **options: Any) -> torch.optim.Optimizer:
        return sgd(params, **(options | change))

    monkeypatch.setattr(torch.optim, "SGD", changed)
    assert errors("sgd_l2_equals_decay", 50).median() > 1e-4


def test_a_nan_is_not_taken_for_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("claimbench.identities.logit_clip_bound")
    monkeypatch.setattr(module, "clipped_cross_entropy", lambda z, y, tau: torch.full((len(z),), torch.nan))
    assert errors("logit_clip_bound", 5).isnan().all()


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(registry.UnknownName, match='did you mean "poly_series"'):
        get("poly_serie")
