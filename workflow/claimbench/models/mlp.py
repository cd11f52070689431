"""Multi-layer perceptron."""

import math
from itertools import pairwise

import torch
from torch import nn

from claimbench.models._init import he_uniform


def mlp(
    input_shape: tuple[int, ...], classes: int, *, generator: torch.Generator, hidden: int = 64, layers: int = 1
) -> nn.Module:
    """ReLU network with `layers` hidden layers of `hidden` units on the flattened input.

    Args:
        input_shape: shape of one example.
        classes: number of logits.
        generator: source of the initial weights.
        hidden: units in each hidden layer, at least 1.
        layers: hidden layers, at least 1.

    Returns:
        Module from `[N, *input_shape]` to logits `[N, classes]`.
    """
    sizes = [math.prod(input_shape)] + [hidden] * layers
    with torch.random.fork_rng(devices=[]):  # keeps the layers' own draws from the global state
        hidden_layers = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), nn.ReLU())]
        model = nn.Sequential(nn.Flatten(), *hidden_layers, nn.Linear(sizes[-1], classes))
    return he_uniform(model, generator)
