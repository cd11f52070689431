"""torchmetrics, the oracle, imports torchvision, which beside a CPU-only torch needs its operators declared first.

One thread: for tensors this small a second one costs more than it brings, most of all on a busy machine.
"""

import torch

from claimbench.torchvision_cpu import import_torchvision

import_torchvision()
torch.set_num_threads(1)
