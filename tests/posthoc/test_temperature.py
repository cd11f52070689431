"""Temperature scaling against scipy's minimiser and cases with a known answer."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from torch import Tensor

from claimbench.metrics import get
from claimbench.posthoc.temperature import fit_temperature


def sampled(seed: int, temperature: float, examples: int = 300, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Logits that are too large by the factor `temperature` for the probabilities that the targets were drawn with."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(examples, classes, generator=generator, dtype=torch.float64)
    targets = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)
    return temperature * logits, targets


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), log_temperature=st.floats(-3, 3))
def test_minimises_what_scipy_minimises(seed: int, log_temperature: float) -> None:
    logits, targets = sampled(seed, math.exp(log_temperature))

    def objective(log_t: float) -> float:
        return get("nll")(logits / math.exp(log_t), targets).item()

    reference = minimize_scalar(
        objective, bounds=(math.log(1e-2), math.log(1e2)), method="bounded", options={"xatol": 1e-9}
    )
    found = fit_temperature(logits, targets)
    assert found.shape == ()
    assert found.dtype == torch.float64
    assert objective(math.log(found)) <= reference.fun + 1e-12
    assert math.log(found) == pytest.approx(reference.x, abs=1e-4)  # the objective is flat at its minimum


def test_recovers_the_factor_that_was_put_in() -> None:
    logits, targets = sampled(0, 1.0, examples=20_000)
    alone, scaled = fit_temperature(logits, targets), fit_temperature(7 * logits, targets)
    assert alone.item() == pytest.approx(1, abs=0.05)
    assert (scaled / alone).item() == pytest.approx(7, rel=1e-9)


def test_closed_form_for_one_margin() -> None:
    # Two classes, margin 2 in all rows, 3 of 4 right: the best probability is 3/4, so 2 / T = log 3.
    logits = torch.tensor([[2.0, 0.0]] * 4)
    assert fit_temperature(logits, torch.tensor([0, 0, 0, 1])).item() == pytest.approx(2 / math.log(3), rel=1e-12)


def test_the_bounds_are_kept() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    assert fit_temperature(logits, torch.tensor([0, 1])).item() == pytest.approx(
        1e-2
    )  # never wrong: the sharper the better
    assert fit_temperature(logits, torch.tensor([1, 0])).item() == pytest.approx(
        1e2
    )  # always wrong: the flatter the better


@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_extreme_and_equal_logits_give_a_temperature_within_the_bounds(scale: float) -> None:
    logits, targets = sampled(1, scale)
    for z in (logits, torch.full_like(logits, scale)):
        assert 1e-2 * (1 - 1e-9) <= fit_temperature(z, targets).item() <= 1e2 * (1 + 1e-9)


def test_lanes_can_be_fitted_at_once() -> None:
    lanes = [sampled(seed, 2.0) for seed in range(3)]
    logits, targets = (torch.stack(parts) for parts in zip(*lanes, strict=True))
    together = torch.func.vmap(fit_temperature)(logits, targets)
    torch.testing.assert_close(together, torch.stack([fit_temperature(*lane) for lane in lanes]), rtol=1e-12, atol=0)
