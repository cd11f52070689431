"""Fashion-MNIST: 70,000 photographs of ten kinds of clothing, from a folder with its four files or by download."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from claimbench.data._dataset import DataSet, Made
from claimbench.data._raw import read_raw, record
from claimbench.errors import CorruptData, DataUnavailable

if TYPE_CHECKING:
    import numpy as np

VARIABLE = "CLAIMBENCH_FASHION_MNIST"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
TIMEOUT = 30.0  # seconds without an answer before the download is given up

# The four files uncompressed. With the header of the official archives put back (name and time), Debian's archives have
# the MD5 sums that torchvision lists; tests/data/test_data_fashion_mnist.py repeats this.
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def make(dataset: DataSet, root: Path) -> Made:
    """The 60,000 official training examples, then the 10,000 test examples, which start at `official_test_start`."""
    import numpy as np

    files, mirror = _files(dataset, root)
    arrays = {name: read_idx(content, name) for name, content in files.items()}
    parts = ("train", "t10k")
    x = np.concatenate([arrays[f"{part}-images-idx3-ubyte"] for part in parts])[:, None]
    y = np.concatenate([arrays[f"{part}-labels-idx1-ubyte"] for part in parts]).astype(np.int64)
    start = np.array(len(arrays["train-labels-idx1-ubyte"]))
    raw = {name: record(content) for name, content in files.items()}
    return Made({"x": x, "y": y, "official_test_start": start}, mirror, raw)


def read_idx(content: bytes, name: str) -> np.ndarray:
    """The array in an IDX file of unsigned bytes: two zeros, type 8, number of axes, big-endian lengths, the bytes.

    Raises:
        CorruptData: the header is not of that form, or the bytes are fewer or more than its lengths say.
    Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "File format".
    """
    import numpy as np

    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise CorruptData(f"{name}: expected an IDX file of unsigned bytes (00 00 08), found {content[:3].hex(' ')}")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise CorruptData(f"{name}: expected a header of {start} bytes, found {len(content)} bytes")
    shape = tuple(int(length) for length in np.frombuffer(content[4:start], ">u4"))
    body = np.frombuffer(content, np.uint8, offset=start)
    if body.size != np.prod(shape):
        raise CorruptData(f"{name}: expected {np.prod(shape)} bytes for shape {shape}, found {body.size}")
    return body.reshape(shape)


def _files(dataset: DataSet, root: Path) -> tuple[dict[str, bytes], str]:
    """The content of the four files, from the first source that has them all unchanged, and that source's name.

    A folder that was named, or that holds a changed file, is not passed over in silence.
    """
    own = root / "raw" / dataset.name
    named = os.environ.get(VARIABLE)
    problems = []
    for folder in [*([Path(named)] if named else []), own, DEBIAN]:
        try:
            return _read_folder(folder, dataset), str(folder)
        except (DataUnavailable, CorruptData) as error:
            problems.append(str(error))
            if isinstance(error, CorruptData) or str(folder) == named:
                print(f"{error}; trying the next source", file=sys.stderr)
    try:
        _download(own)
        return _read_folder(own, dataset), "torchvision.datasets.FashionMNIST"
    except (DataUnavailable, CorruptData, ImportError, OSError, RuntimeError) as error:
        problems.append(f"torchvision's download: {' '.join(str(error).split())}")
    raise DataUnavailable(
        f"put {', '.join(f'{name}.gz' for name in dataset.sha256)} into {own}, or name a folder that has them in the "
        f"environment variable {VARIABLE}, or install Debian's package dataset-fashion-mnist; "
        f"tried: {'; '.join(problems)}"
    )


def _read_folder(folder: Path, dataset: DataSet) -> dict[str, bytes]:
    """The four files in `folder`, each with or without `.gz`, unchanged."""
    found = {}
    for name, expected in dataset.sha256.items():
        paths = [path for path in (folder / f"{name}.gz", folder / name) if path.is_file()]
        if not paths:
            raise DataUnavailable(f"{folder} has no {name}.gz")
        found[name] = read_raw(paths[0], expected)
    return found


def _download(folder: Path) -> None:
    """Let torchvision download the four archives, which it checks against its own list, and move them to `folder`."""
    from claimbench.torchvision_cpu import import_torchvision

    import_torchvision()
    from torchvision.datasets import FashionMNIST

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as parts, _timeout(TIMEOUT):
        FashionMNIST(parts, download=True)
        for path in Path(parts, "FashionMNIST", "raw").glob("*.gz"):
            path.replace(folder / path.name)


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Limit how long a connection may stay silent: torchvision sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


DATASETS = (
    DataSet(
        name="fashion-mnist",
        title="Fashion-MNIST",
        source="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
        citation="H. Xiao, K. Rasul and R. Vollgraf (2017). Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms. arXiv:1708.07747.",
        classes=10,
        input_shape=(1, 28, 28),
        examples=70000,
        imbalance=1.0,
        kind="images",
        make=make,
        needs="its four files: from Debian's package dataset-fashion-mnist, or by torchvision's download",
        packages=(),
        mirrors=(f"folder in {VARIABLE}", "data/raw/fashion-mnist", str(DEBIAN), "torchvision.datasets.FashionMNIST"),
        sha256=SHA256,
    ),
)
