"""Weights drawn from an explicit generator."""

import math

import torch
from torch import nn


def he_uniform(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Draw linear and convolutional weights of `model` from U(-b, b), b = sqrt(6 / fan_in); set biases to zero.

    Args:
        model: on the CPU.
        generator: of the CPU.

    Returns:
        The same module, changed in place.

    Source: He et al., Delving Deep into Rectifiers (2015), section 2.2, in its uniform form.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            fan_in = module.weight[0].numel()
            bound = math.sqrt(6.0 / fan_in)
            with torch.no_grad():
                module.weight.uniform_(-bound, bound, generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
    return model
