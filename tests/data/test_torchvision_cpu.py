"""torchvision works beside any torch, in a process of its own: importing it changes torch's table of operators."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import claimbench


def run(code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    environment = os.environ | {"PYTHONPATH": str(Path(claimbench.__file__).parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_torchvision_imports_and_works() -> None:
    run("""
        import torch
        from claimbench.torchvision_cpu import import_torchvision
        torchvision = import_torchvision()
        assert import_torchvision() is torchvision

        from torchvision import datasets, models
        from torchvision.transforms import v2
        image = torch.arange(48, dtype=torch.uint8).reshape(3, 4, 4)
        assert torch.equal(v2.RandomHorizontalFlip(p=1.0)(image), image.flip(-1))
        torch.testing.assert_close(v2.ToDtype(torch.float32, scale=True)(image), image / 255)
        assert len(datasets.FakeData(size=3)) == 3
        model = models.resnet18(num_classes=7).eval()
        with torch.no_grad():
            logits = model(torch.zeros(2, 3, 32, 32))
        assert logits.shape == (2, 7) and logits.isfinite().all()

        from claimbench.torchvision_cpu import _declare_missing_operators
        if _declare_missing_operators():  # declared without an implementation: says so when called
            try:
                torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
            except RuntimeError as error:
                assert "Couldn't load custom C++ ops" in str(error)
            else:
                raise AssertionError("nms answered without an implementation")
    """)


def test_operators_that_are_declared_are_left_alone() -> None:
    run("""
        import torch
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.impl("nms", lambda dets, scores, iou_threshold: scores.argsort(descending=True), "CPU")
        from claimbench import torchvision_cpu
        torchvision_cpu._load_compiled = lambda package: None
        assert torchvision_cpu._declare_missing_operators() == []
        kept = torch.ops.torchvision.nms(torch.zeros(2, 4), torch.tensor([0.1, 0.9]), 0.5)
        assert kept.tolist() == [1, 0]
    """)
