"""The gradient of the loss with respect to the inputs."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Model = Callable[[Tensor], Tensor]


def input_gradient(f: Model, x: Tensor, y: Tensor) -> Tensor:
    """The gradient of the cross-entropy, summed over examples, so that each example's part is its own gradient.

    Works where gradients are switched off, and leaves those of f's parameters alone.

    Args:
        f: inputs `[N, ...]` to logits `[N, C]`.
        x: `[N, ...]`, floating.
        y: `[N]`, int64.

    Returns:
        Of x's shape.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        # float64: where p_y rounds to 1 in float32, the target's logit would have no part in the gradient.
        loss = functional.cross_entropy(f(x).double(), y, reduction="sum")
        return torch.autograd.grad(loss, x)[0]
