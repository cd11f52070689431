"""For plain SGD an L2 penalty and decoupled weight decay are the same."""

import torch
from torch import Tensor

from claimbench.identities._random import uniform

STEPS = 20


def sgd_l2_equals_decay(inputs: int, generator: torch.Generator) -> Tensor:
    """SGD without momentum on loss + decay / (2 lr) * ||w||^2 makes the steps of SGD with decoupled weight decay.

    w <- w - lr (g(w) + decay / lr * w)        as        w <- (1 - decay) w - lr g(w)

    Args:
        inputs: how many problems are drawn: a quadratic 1/2 (w - m)^T Q (w - m) in 1 to 10 dimensions, at scales from
            0.01 to 100, lr from 0.001 to 1 over the largest eigenvalue of Q, decay from 1e-4 to 0.5; 20 steps.
        generator: draws them.

    Returns:
        `[inputs]`, float64: the largest difference of the iterates, relative to their largest element.

    Source:
        Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", proposition 1.
    """
    return torch.stack([_largest_error(generator) for _ in range(inputs)])


def _largest_error(generator: torch.Generator) -> Tensor:
    size = int(torch.randint(1, 11, (), generator=generator))
    scale = 10 ** uniform(-2, 2, generator)
    factor = torch.randn(size, size, dtype=torch.float64, generator=generator)
    quadratic = scale * factor.T @ factor
    minimum, start = scale * torch.randn(2, size, dtype=torch.float64, generator=generator)
    lr = float(10 ** uniform(-3, 0, generator) / torch.linalg.eigvalsh(quadratic)[-1])
    decay = float(10 ** uniform(-4, -0.30103, generator))

    decoupled = _decoupled(quadratic, minimum, start, lr, decay)
    return (_l2(quadratic, minimum, start, lr, decay) - decoupled).abs().max() / decoupled.abs().max()


def _l2(quadratic: Tensor, minimum: Tensor, start: Tensor, lr: float, decay: float) -> Tensor:
    """The iterates `[STEPS, size]` of torch's SGD with its L2 coefficient."""
    weights = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([weights], lr=lr, weight_decay=decay / lr)
    iterates = []
    for _ in range(STEPS):
        weights.grad = quadratic @ (weights.detach() - minimum)
        optimizer.step()
        iterates.append(weights.detach().clone())
    return torch.stack(iterates)


def _decoupled(quadratic: Tensor, minimum: Tensor, start: Tensor, lr: float, decay: float) -> Tensor:
    """The iterates `[STEPS, size]` of the written-out rule with decoupled decay."""
    iterates = []
    weights = start
    for _ in range(STEPS):
        weights = (1 - decay) * weights - lr * quadratic @ (weights - minimum)
        iterates.append(weights)
    return torch.stack(iterates)
