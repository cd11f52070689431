"""FGSM and PGD: closed forms of linear models, finite differences, and what convexity promises."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from claimbench.attacks import fgsm, pgd


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear(seed: int, features: int, classes: int, dtype: torch.dtype = torch.float64) -> nn.Linear:
    """A linear model with weights of our own draw."""
    model = nn.Linear(features, classes, dtype=dtype)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=source(seed), dtype=dtype)
    return model


def losses(f: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    with torch.no_grad():
        return functional.cross_entropy(f(x).double(), y, reduction="none")


def batch(seed: int, examples: int, features: int, classes: int) -> tuple[Tensor, Tensor]:
    x = torch.randn(examples, features, generator=source(seed), dtype=torch.float64)
    return x, torch.randint(classes, (examples,), generator=source(seed + 1))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), epsilon=st.floats(0.01, 2))
def test_fgsm_is_exact_on_a_linear_model_of_two_classes(seed: int, epsilon: float) -> None:
    """The worst point of the ball is x + epsilon sign(w_other - w_y); no corner of the cube is worse."""
    model, (x, y) = linear(seed, 4, 2), batch(seed, 6, 4, 2)
    found = fgsm(model, x, y, epsilon)
    torch.testing.assert_close(found, x + epsilon * (model.weight[1 - y] - model.weight[y]).sign().detach())
    corners = torch.tensor(list(itertools.product((-epsilon, epsilon), repeat=4)), dtype=torch.float64)
    worst = torch.stack([losses(model, x + corner, y) for corner in corners]).amax(0)
    torch.testing.assert_close(losses(model, found, y), worst)
    by_steps = pgd(model, x, y, epsilon, 12, epsilon / 4, source(seed))  # 12 steps of 1/4 cross the ball of width 2
    torch.testing.assert_close(losses(model, by_steps, y), worst)


def test_fgsm_is_exact_in_float32_where_the_model_is_certain() -> None:
    # Margins about 20 to 30: p_y rounds to 1 in float32, and the target's weights would be left out of the gradient.
    model = linear(3, 10, 2, torch.float32)
    y = torch.zeros(5, dtype=torch.int64)
    across = model.weight[0] - model.weight[1]
    margins = torch.tensor([20.0, 22, 25, 28, 30]).unsqueeze(-1)
    x = ((margins - model.bias[0] + model.bias[1]) * across / across.square().sum()).detach()
    assert (model(x).softmax(-1)[:, 0] == 1).all()
    assert torch.equal(fgsm(model, x, y, 0.5), x - 0.5 * across.sign().detach())
    assert (across.sign() != -model.weight[1].sign()).any()  # the other class's weights alone say something else


def test_fgsm_equals_finite_differences_one_value_at_a_time() -> None:
    model = nn.Sequential(linear(0, 6, 8), nn.Tanh(), linear(1, 8, 3))
    x, y = batch(2, 4, 6, 3)
    expected = x.clone()
    for i, j in itertools.product(range(4), range(6)):
        step = torch.zeros(6, dtype=torch.float64)
        step[j] = 1e-6
        up, down = (losses(model, (x[i] + s)[None], y[i : i + 1]).item() for s in (step, -step))
        expected[i, j] += 0.1 * math.copysign(1, up - down)
    torch.testing.assert_close(fgsm(model, x, y, 0.1), expected)


def test_pgd_equals_a_loop_over_examples_and_values() -> None:
    model = nn.Sequential(linear(0, 5, 8), nn.Tanh(), linear(1, 8, 3))
    x, y = batch(4, 3, 5, 3)
    found = pgd(model, x, y, 0.3, 4, 0.1, source(7))
    start = torch.rand(3, 5, generator=source(7)).double()
    for i in range(3):
        moved = [x[i, j].item() + 0.3 * (2 * start[i, j].item() - 1) for j in range(5)]
        for _ in range(4):
            point = torch.tensor(moved, dtype=torch.float64)
            signs = []
            for j in range(5):
                step = torch.zeros(5, dtype=torch.float64)
                step[j] = 1e-6
                up, down = (losses(model, (point + s)[None], y[i : i + 1]).item() for s in (step, -step))
                signs.append(math.copysign(1, up - down))
            centre = x[i].tolist()
            moved = [min(max(m + 0.1 * s, c - 0.3), c + 0.3) for m, s, c in zip(moved, signs, centre, strict=True)]
        torch.testing.assert_close(found[i], torch.tensor(moved, dtype=torch.float64))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), epsilon=st.floats(0.01, 1))
def test_pgd_is_never_worse_than_fgsm_where_the_loss_is_convex(seed: int, epsilon: float) -> None:
    """A linear model's cross-entropy is convex in x: a step to the far corner cannot lower it, so losses only grow."""
    model, (x, y) = linear(seed, 6, 5), batch(seed, 8, 6, 5)
    before = losses(model, fgsm(model, x, y, epsilon), y)
    torch.testing.assert_close(losses(model, pgd(model, x, y, epsilon, 1, epsilon), y), before)
    for steps in (1, 2, 4):
        after = losses(model, pgd(model, x, y, epsilon, steps, 2 * epsilon), y)
        assert (after >= before - 1e-9).all()
        before = after


@pytest.mark.parametrize("generator", [None, 1])
def test_pgd_stays_in_the_ball(generator: int | None) -> None:
    model = nn.Sequential(linear(0, 6, 8, torch.float32), nn.Tanh(), linear(1, 8, 3, torch.float32))
    x, y = (part[:50] for part in batch(0, 50, 6, 3))
    x = x.float()
    for steps, step_size in ((0, 1.0), (1, 5.0), (7, 0.2)):
        moved = pgd(model, x, y, 0.25, steps, step_size, source(generator) if generator else None)
        assert moved.dtype == torch.float32
        assert (moved - x).abs().max() <= 0.25 + 1e-6
        assert torch.equal(moved, x) == (generator is None and steps == 0)


def test_the_random_start_is_uniform_in_the_ball_and_the_generators() -> None:
    x, y = torch.zeros(200, 50), torch.zeros(200, dtype=torch.int64)
    model = linear(0, 50, 2, torch.float32)
    first, again, other = (pgd(model, x, y, 0.5, 0, 0.1, source(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    # Uniform on (-0.5, 0.5): variance 1/12, of 10,000 draws.
    assert first.abs().max() <= 0.5
    assert first.mean().abs() < 4 * (1 / 12 / 10_000) ** 0.5
    assert first.var().item() == pytest.approx(1 / 12, rel=0.05)


def test_attacks_leave_no_trace() -> None:
    """No gradients on parameters or inputs, nothing changed, and no need for gradients to be switched on."""
    model, (x, y) = linear(0, 4, 3), batch(0, 5, 4, 3)
    before = x.clone()
    with torch.no_grad():
        moved = [fgsm(model, x, y, 0.1), pgd(model, x, y, 0.1, 3, 0.05, source())]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(x, before)
    assert not x.requires_grad
    assert not any(z.requires_grad or torch.equal(z, x) for z in moved)


def test_each_example_is_attacked_by_itself() -> None:
    model = nn.Sequential(linear(0, 6, 8), nn.Tanh(), linear(1, 8, 3))
    x, y = batch(2, 10, 6, 3)
    for attack in (lambda x, y: fgsm(model, x, y, 0.2), lambda x, y: pgd(model, x, y, 0.2, 3, 0.1)):
        alone = torch.cat([attack(x[i : i + 1], y[i : i + 1]) for i in range(10)])
        torch.testing.assert_close(attack(x, y), alone)
