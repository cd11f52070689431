"""Importing torchvision where its compiled operators cannot be loaded.

The torchvision on PyPI is built for CUDA. Beside a CPU-only torch its library `_C` does not load, the operators `nms`
and `qnms` are never declared, and `import torchvision` stops at the line that describes their output shapes ("operator
torchvision::nms does not exist"). Declaring the two, without an implementation, is enough: transforms, data sets and
models then work. Only the detection operators themselves (non-maximum suppression, RoI pooling) stay unavailable and
raise when called.
"""

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

OPERATORS = ("nms", "qnms")


def import_torchvision() -> ModuleType:
    """Import torchvision, declaring the operators that it needs if its compiled library does not load; idempotent.

    Raises:
        ModuleNotFoundError: torchvision or torch is not installed.
    """
    _declare_missing_operators()
    return importlib.import_module("torchvision")


@cache
def _declare_missing_operators() -> list[object]:
    """Declare what is still undeclared after trying the compiled library.

    Returns the declaring library, which must outlive the process's use of torchvision: its declarations end with it.
    """
    import torch

    spec = importlib.util.find_spec("torchvision")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        _load_compiled(Path(folder))
    missing = [name for name in OPERATORS if not hasattr(torch.ops.torchvision, name)]
    if not missing:
        return []
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in missing:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return [library]


def _load_compiled(package: Path) -> None:
    """Load torchvision's compiled operators, as it does on import; a library that does not fit is passed over."""
    import torch

    for path in [*package.glob("_C*.so"), *package.glob("_C*.pyd")]:
        try:
            torch.ops.load_library(path)
        except OSError:
            return
