"""Every optimizer against torch.optim or its paper's rule in numpy, and stacks of lanes against one object a lane.

A new optimizer is one line of CASES and its oracle.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from claimbench import optimizers, registry

STEPS = 20
FACTORS = [0.5 * (1 + np.cos(np.pi * step / STEPS)) for step in range(STEPS)]  # eta_t
Array = np.ndarray
Hyper = dict[str, float]


# The problem: a linear map, a bias and one number, trained on a smooth loss that is not quadratic.


def start() -> list[Array]:
    source = np.random.default_rng(7)
    return [source.normal(size=(3, 4)), source.normal(size=3), source.normal(size=())]


INPUTS = np.random.default_rng(8).normal(size=(6, 4))
WANTED = np.random.default_rng(9).normal(size=(6, 3))


def loss(weight: Tensor, bias: Tensor, scale: Tensor) -> Tensor:
    outputs = torch.tanh(torch.from_numpy(INPUTS).to(weight) @ weight.T + bias) * scale
    return (outputs - torch.from_numpy(WANTED).to(weight)).square().mean()


def gradients(thetas: list[Array]) -> list[Array]:
    params = [torch.tensor(theta, dtype=torch.float64, requires_grad=True) for theta in thetas]
    return [gradient.numpy() for gradient in torch.autograd.grad(loss(*params), params)]


# The oracles: hyper-parameters -> parameters after STEPS steps, in float64.


def by_torch(build: Callable[[list[nn.Parameter], Hyper], torch.optim.Optimizer]) -> Callable[[Hyper], list[Array]]:
    """The parameters after torch.optim has moved them."""

    def run(hyper: Hyper) -> list[Array]:
        params = [nn.Parameter(torch.tensor(theta, dtype=torch.float64)) for theta in start()]
        optimizer = build(params, hyper)
        for factor in FACTORS:
            optimizer.param_groups[0]["lr"] = hyper["lr"] * factor
            optimizer.zero_grad()
            loss(*params).backward()
            optimizer.step()
        return [param.detach().numpy() for param in params]

    return run


def torch_sgd(params: list[nn.Parameter], h: Hyper) -> torch.optim.Optimizer:
    return torch.optim.SGD(params, lr=h["lr"], momentum=h["momentum"], weight_decay=h["weight_decay"])


def torch_adam(params: list[nn.Parameter], h: Hyper) -> torch.optim.Optimizer:
    return torch.optim.Adam(params, h["lr"], (h["beta1"], h["beta2"]), h["eps"], h["weight_decay"])


def torch_adamw(params: list[nn.Parameter], h: Hyper) -> torch.optim.Optimizer:
    return torch.optim.AdamW(params, h["lr"], (h["beta1"], h["beta2"]), h["eps"], h["weight_decay"])


def paper_sgdw(h: Hyper) -> list[Array]:
    """Loshchilov and Hutter 2019, algorithm 1, lines 5 to 9 with SGDW's choice in line 9."""
    thetas, alpha, lam = start(), h["lr"], h["weight_decay"]
    moments = [np.zeros_like(theta) for theta in thetas]
    for eta in FACTORS:
        found = gradients(thetas)
        moments = [h["momentum"] * m + eta * alpha * g for m, g in zip(moments, found, strict=True)]
        thetas = [theta - m - eta * lam * theta for theta, m in zip(thetas, moments, strict=True)]
    return thetas


def paper_adamw(h: Hyper) -> list[Array]:
    """Loshchilov and Hutter 2019, algorithm 2, lines 5 to 12 with AdamW's choice in line 12."""
    thetas, alpha, lam = start(), h["lr"], h["weight_decay"]
    firsts, seconds = ([np.zeros_like(theta) for theta in thetas] for _ in range(2))
    for t, eta in enumerate(FACTORS, start=1):
        for i, g in enumerate(gradients(thetas)):
            firsts[i] = h["beta1"] * firsts[i] + (1 - h["beta1"]) * g
            seconds[i] = h["beta2"] * seconds[i] + (1 - h["beta2"]) * g**2
            m_hat, v_hat = firsts[i] / (1 - h["beta1"] ** t), seconds[i] / (1 - h["beta2"] ** t)
            thetas[i] = thetas[i] - eta * (alpha * m_hat / (np.sqrt(v_hat) + h["eps"]) + lam * thetas[i])
    return thetas


def rmsprop_rule(h: Hyper) -> list[Array]:
    """Tieleman and Hinton 2012, slide 29, with torch's momentum, a running sum of the quotients, and its L2 term."""
    thetas = start()
    squares, sums = ([np.zeros_like(theta) for theta in thetas] for _ in range(2))
    for eta in FACTORS:
        for i, g in enumerate(gradients(thetas)):
            g = g + h["weight_decay"] * thetas[i]
            squares[i] = h["alpha"] * squares[i] + (1 - h["alpha"]) * g**2
            sums[i] = h["momentum"] * sums[i] + g / (np.sqrt(squares[i]) + h["eps"])
            thetas[i] = thetas[i] - eta * h["lr"] * sums[i]
    return thetas


MOMENTUM = ({"lr": 0.1}, {"lr": 0.03, "momentum": 0.5, "weight_decay": 0.1}, {"lr": 0.3, "momentum": 0.0})
MOMENTS = ({"lr": 0.01}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.2}, {"beta1": 0.0})


SQUARES: tuple[Hyper, ...] = ({}, {"lr": 0.03, "alpha": 0.9, "eps": 1e-3, "momentum": 0.5, "weight_decay": 0.2})


@dataclass(frozen=True)
class Case:
    """An optimizer, its oracle, and the hyper-parameters to try; what a setting leaves out has its default."""

    name: str
    oracle: Callable[[Hyper], list[Array]]
    settings: tuple[Hyper, ...] = field(default=MOMENTS)


CASES = (
    Case("sgd", by_torch(torch_sgd), MOMENTUM),
    Case("sgdw", paper_sgdw, MOMENTUM),
    Case("adam", by_torch(torch_adam)),
    Case("adamw", by_torch(torch_adamw)),
    Case("adamw_decoupled", paper_adamw),
    Case("rmsprop", rmsprop_rule, SQUARES),
)
LANEWISE = [case for case in CASES if optimizers.is_lanewise(case.name)]  # any other gets one object a lane
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_lanewise_case = pytest.mark.parametrize("case", LANEWISE, ids=lambda case: case.name)
every_setting = pytest.mark.parametrize(
    ("case", "setting"),
    [pytest.param(case, setting, id=f"{case.name}-{n}") for case in CASES for n, setting in enumerate(case.settings)],
)


def full(name: str, setting: Hyper) -> Hyper:
    return registry.parameters("optimizers", name) | setting


def moved(name: str, hyper: dict[str, float | Tensor], thetas: list[Tensor], lanes: int | None) -> list[Tensor]:
    """The parameters after STEPS steps of ours; a stack of lanes where `lanes` is a number."""
    params = [nn.Parameter(theta.clone()) for theta in thetas]
    optimizer = optimizers.get(name)(params, **hyper)
    for factor in FACTORS:
        for group in optimizer.param_groups:
            group["lr"], group["schedule_factor"] = hyper["lr"] * factor, factor
        optimizer.zero_grad()
        if lanes is None:
            total = loss(*params)
        else:
            total = torch.stack([loss(*(param[lane] for param in params)) for lane in range(lanes)]).sum()
        total.backward()
        optimizer.step()
    return [param.detach() for param in params]


def test_every_optimizer_has_its_line_in_this_table() -> None:
    assert {case.name for case in CASES} == set(registry.names("optimizers"))


@every_setting
def test_twenty_steps_are_those_of_the_oracle(case: Case, setting: Hyper) -> None:
    hyper = full(case.name, setting)
    found = moved(case.name, dict(hyper), [torch.tensor(theta) for theta in start()], None)
    for ours, expected, first in zip(found, case.oracle(hyper), start(), strict=True):
        np.testing.assert_allclose(ours.numpy(), expected, rtol=0, atol=1e-6)
        assert np.abs(expected - first).min() > 1e-5  # the problem moves every weight


def stack(case: Case) -> tuple[list[Hyper], list[Tensor]]:
    """The hyper-parameters of the lanes, and their weights `[L, ...]`, another start for each."""
    lanes = [full(case.name, setting) for setting in case.settings]
    return lanes, [torch.stack([torch.tensor(theta) * (1 + lane) for lane in range(len(lanes))]) for theta in start()]


@every_lanewise_case
def test_a_stack_with_settings_of_its_own_for_each_lane_is_as_many_optimizers(case: Case) -> None:
    lanes, thetas = stack(case)
    per_lane = {name: torch.tensor([hyper[name] for hyper in lanes], dtype=torch.float64) for name in lanes[0]}
    together = moved(case.name, dict(per_lane), thetas, len(lanes))
    for lane, hyper in enumerate(lanes):
        alone = moved(case.name, dict(hyper), [theta[lane] for theta in thetas], None)
        for stacked, single in zip(together, alone, strict=True):
            torch.testing.assert_close(stacked[lane], single, rtol=0, atol=1e-12)


@every_lanewise_case
def test_a_nan_in_one_lane_leaves_the_others_bit_for_bit(case: Case) -> None:
    lanes, thetas = stack(case)
    per_lane = {name: torch.tensor([hyper[name] for hyper in lanes], dtype=torch.float64) for name in lanes[0]}
    whole = moved(case.name, dict(per_lane), thetas, len(lanes))
    for theta in thetas:
        theta[1] = torch.nan
    broken = moved(case.name, dict(per_lane), thetas, len(lanes))
    for before, after in zip(whole, broken, strict=True):
        assert after[1].isnan().all()
        assert torch.equal(before[[0, 2]], after[[0, 2]])


@every_case
def test_the_search_space_is_made_of_valid_ranges_of_its_hyper_parameters(case: Case) -> None:
    space, parameters = registry.space("optimizers", case.name), registry.parameters("optimizers", case.name)
    assert "lr" in space
    assert set(space) <= set(parameters)
    for knob in space.values():
        if isinstance(knob, list):
            assert len(knob) == len(set(knob)) > 1
        else:
            assert set(knob) <= {"low", "high", "log"}
            assert 0 < knob["low"] < knob["high"] or (not knob.get("log") and 0 <= knob["low"] < knob["high"])


@every_case
def test_the_registry_reads_the_defaults_that_python_would_use(case: Case) -> None:
    signature = inspect.signature(optimizers.get(case.name)).parameters.values()
    defaults = {p.name: p.default for p in signature if p.kind is inspect.Parameter.KEYWORD_ONLY}
    assert registry.parameters("optimizers", case.name) == defaults


@every_case
def test_a_parameter_without_a_gradient_stays(case: Case) -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    used.grad = torch.ones(2)
    optimizers.get(case.name)([used, unused]).step()
    assert torch.equal(unused.detach(), torch.ones(2))
    assert not torch.equal(used.detach(), torch.ones(2))


def test_a_closure_is_evaluated_with_gradients_and_its_value_returned() -> None:
    param = nn.Parameter(torch.tensor([3.0]))
    optimizer: Any = optimizers.get("sgd")([param], lr=0.5, momentum=0.0)

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = param.square().sum()
        value.backward()
        return value

    assert optimizer.step(closure).item() == 9.0
    assert param.item() == 0.0  # 3 - 0.5 * 6


def test_a_library_optimizer_is_not_taken_for_a_lanewise_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert optimizers.is_lanewise("adam")
    monkeypatch.setattr(optimizers, "get", lambda name: torch.optim.Adagrad)
    assert not optimizers.is_lanewise("adagrad")
