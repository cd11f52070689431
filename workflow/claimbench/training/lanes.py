"""Lanes: many independent training runs of one architecture, trained as one stacked program.

A lane has its own initial weights, data, order and hyper-parameters. Parameters are stacked along a leading axis, the
forward pass is mapped over it (`torch.func.vmap`), and the gradient of the sum of the lanes' losses is each lane's
own gradient. Elementwise optimizers move the whole stack at once; every other optimizer gets one object per lane on
views of the stack. A lane that diverges stays alone with its NaN.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from claimbench import optimizers

Loss = Callable[..., Tensor]


def forward(model: nn.Module, weights: dict[str, Tensor], inputs: Tensor) -> Tensor:
    """The module's output with `weights` in the place of its own."""
    return functional_call(model, weights, (inputs,))


def _lists(hyper: Mapping[str, Sequence[Any] | Tensor]) -> dict[str, list[Any]]:
    return {name: values.tolist() if isinstance(values, Tensor) else list(values) for name, values in hyper.items()}


class Lanes:
    """A stack of models with their optimizer.

    Args:
        models: one module per lane, of one architecture.
        loss: `loss(logits [N, C], targets [N], **hyper) -> [N]`.
        loss_hyper: the loss's hyper-parameters: name -> L numbers (list or tensor), or L equal values of another type.
        optimizer: name of the optimizer.
        optimizer_hyper: the optimizer's hyper-parameters, likewise.
        device: where the lanes live.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        loss: Loss,
        loss_hyper: Mapping[str, Sequence[Any] | Tensor],
        optimizer: str,
        optimizer_hyper: Mapping[str, Sequence[Any] | Tensor],
        device: torch.device,
    ) -> None:
        self.count = len(models)
        self.device = device
        loss_hyper, optimizer_hyper = _lists(loss_hyper), _lists(optimizer_hyper)
        self.loss_hyper, constants = self._numbers(loss_hyper)
        self.loss = partial(loss, **constants)
        stacked, buffers = stack_module_state(list(models))  # type: ignore[arg-type]
        if buffers:
            raise NotImplementedError("models with buffers (batch norm) are not supported in lanes yet; use group norm")
        self.params = {name: value.detach().to(device).requires_grad_() for name, value in stacked.items()}
        self._skeleton = copy.deepcopy(models[0]).to("meta")  # only its structure is used from here on
        self._lr = torch.tensor(optimizer_hyper["lr"], dtype=torch.float32, device=device)
        # Views of the stack, lane by lane, for optimizers that want one object a lane. A lane alone is trained on its
        # views as a plain loop would train it: without mapping, with numbers as hyper-parameters.
        self._views = [[nn.Parameter(v.detach()[lane]) for v in self.params.values()] for lane in range(self.count)]
        self._together = self.count > 1 and optimizers.is_lanewise(optimizer)
        self._optimizers = self._build(optimizer, optimizer_hyper)

    def _numbers(self, hyper: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Numeric hyper-parameters as `[L]`, and those of another type (tuples, flags), which all lanes share."""
        numeric = {name for name, values in hyper.items() if all(type(value) in (int, float) for value in values)}
        tensors = {name: torch.tensor(hyper[name], dtype=torch.float32, device=self.device) for name in numeric}
        return tensors, {name: values[0] for name, values in hyper.items() if name not in numeric}

    def _build(self, name: str, hyper: Mapping[str, Sequence[Any]]) -> list[torch.optim.Optimizer]:
        build = optimizers.get(name)
        if self._together:
            per_lane, constants = self._numbers(hyper)
            return [build(list(self.params.values()), **per_lane, **constants)]
        own = [{key: values[lane] for key, values in hyper.items()} for lane in range(self.count)]
        return [build(views, **settings) for views, settings in zip(self._views, own, strict=True)]

    def logits(self, inputs: Tensor) -> Tensor:
        """`[L, N, *input_shape] -> [L, N, C]`, every lane on its own inputs."""
        if self.count == 1:
            weights: dict[str, Tensor] = dict(zip(self.params, self._views[0], strict=True))
            return forward(self._skeleton, weights, inputs[0]).unsqueeze(0)
        return vmap(lambda params, x: forward(self._skeleton, params, x))(self.params, inputs)

    def losses(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean loss of each lane's batch, `[L]`; inputs `[L, N, *input_shape]`, targets `[L, N]`."""
        logits = self.logits(inputs)
        if self.count == 1:
            own = {name: value[0] for name, value in self.loss_hyper.items()}
            return self.loss(logits[0], targets[0], **own).mean().unsqueeze(0)
        return vmap(lambda z, y, hyper: self.loss(z, y, **hyper).mean())(logits, targets, self.loss_hyper)

    def step(self, inputs: Tensor, targets: Tensor, schedule_factor: float) -> Tensor:
        """One optimizer step of every lane; returns the lanes' losses before it, `[L]`, detached."""
        losses = self.losses(inputs, targets)
        leaves = self._views[0] if self.count == 1 else list(self.params.values())
        gradients = torch.autograd.grad(losses.sum(), leaves)
        if self._together:
            self._apply(self._optimizers[0], gradients, self._lr * schedule_factor, schedule_factor)
            return losses.detach()
        rates = (self._lr * schedule_factor).tolist()
        for lane, optimizer in enumerate(self._optimizers):
            own = gradients if self.count == 1 else [gradient[lane] for gradient in gradients]
            self._apply(optimizer, own, rates[lane], schedule_factor)
        return losses.detach()

    @staticmethod
    def _apply(optimizer: torch.optim.Optimizer, gradients: Sequence[Tensor], lr: Any, schedule_factor: float) -> None:
        (group,) = optimizer.param_groups
        group["lr"], group["schedule_factor"] = lr, schedule_factor
        for param, gradient in zip(group["params"], gradients, strict=True):
            param.grad = gradient
        optimizer.step()

    def snapshot(self) -> dict[str, Tensor]:
        """A copy of all lanes' parameters, name -> `[L, ...]`."""
        return {name: value.detach().clone() for name, value in self.params.items()}

    @torch.no_grad()
    def keep_best(self, best: dict[str, Tensor], improved: Tensor) -> None:
        """Copy the parameters of the lanes marked in `improved` `[L]` into `best`."""
        for name, value in self.params.items():
            best[name][improved] = value[improved]

    @torch.no_grad()
    def restore(self, snapshot: dict[str, Tensor]) -> None:
        """Set all lanes' parameters to `snapshot`."""
        for name, value in self.params.items():
            value.copy_(snapshot[name])
