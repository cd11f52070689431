"""Handwritten digits of 8x8 pixels, from scikit-learn."""

from importlib.resources import as_file, files
from pathlib import Path

from claimbench.data._dataset import DataSet, Made
from claimbench.data._raw import read_raw, record


def make(dataset: DataSet, root: Path) -> Made:
    """Pixels, counted 0..16 in the source, as shares of 16."""
    import numpy as np
    from sklearn.datasets import load_digits

    with as_file(files("sklearn.datasets.data") / "digits.csv.gz") as path:
        raw = record(read_raw(path, dataset.sha256["digits.csv"]))
    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[:, None]
    return Made({"x": x, "y": digits.target.astype(np.int64)}, dataset.mirrors[0], {"digits.csv": raw})


DATASETS = (
    DataSet(
        name="digits",
        title="Handwritten digits (8x8)",
        source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        licence="BSD-3-Clause (as part of scikit-learn)",
        citation="E. Alpaydin and C. Kaynak (1998). Cascading classifiers. Kybernetika 34(4), 369-374.",
        classes=10,
        input_shape=(1, 8, 8),
        examples=1797,
        imbalance=1.05,
        kind="images",
        make=make,
        needs="the Python package scikit-learn (pip install scikit-learn)",
        packages=("scikit-learn",),
        mirrors=("Python package scikit-learn",),
        sha256={"digits.csv": "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"},
    ),
)
