"""One thread: for tensors this small a second one costs more than it brings, most of all on a busy machine."""

import torch

torch.set_num_threads(1)
