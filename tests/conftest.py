"""Settings for all tests: one thread for each process (pytest-xdist fills the cores) and no network for data sets."""

import torch

torch.set_num_threads(1)
