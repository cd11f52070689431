"""A data set on disk: made once, with the same bytes every time, and never handed out if it has changed since."""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimbench.data._dataset import DataSet, Made
from claimbench.data._registry import get
from claimbench.errors import ClaimbenchError, CorruptData, DataUnavailable
from claimbench.files import atomic_path, sha256, write_json

if TYPE_CHECKING:
    import numpy as np


def fetch(name: str, root: Path | str, *, force: bool = False) -> dict[str, Any]:
    """Make the data set `name` under `root` unless it is there and whole, and return its manifest.

    What is there with the right hash is left alone, times included. A changed or truncated file is reported and made
    again. Where the data cannot be had the manifest says so and why; the next call tries again.

    Args:
        name: a data set's name.
        root: the folder of all data sets.
        force: make it anew even if it is there.
    Returns:
        the manifest; its `status` is "ready" or "unavailable".
    Raises:
        UnknownDataSet: no such data set.
    """
    dataset, root = get(name), Path(root)
    present = _present(name, root)
    if present and not force:
        return present
    try:
        made = _make(dataset, root)
    except DataUnavailable as error:
        if present:
            print(f"{name}: {error}; the copy in {root / name} is whole and stays", file=sys.stderr)
            return present
        return _write_unavailable(dataset, root, str(error))
    _write_npz(_npz(name, root), made.arrays)
    return _write_ready(dataset, root, made)


def load(name: str, root: Path | str) -> dict[str, np.ndarray]:
    """The arrays of the data set `name` under `root`, after `verify`."""
    import numpy as np

    verify(name, root)
    with np.load(_npz(name, Path(root)), allow_pickle=False) as arrays:
        return dict(arrays)


def verify(name: str, root: Path | str) -> dict[str, Any]:
    """Check the data set `name` under `root` against its manifest, which is returned.

    Raises:
        DataUnavailable: it has not been fetched, or could not be had.
        CorruptData: `data.npz` is not the file that the manifest describes.
    """
    get(name)
    root = Path(root)
    path, command = _npz(name, root), f"python -m claimbench fetch {name} --to {root}"
    try:
        manifest = json.loads(_manifest(name, root).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataUnavailable(f"{name}: not fetched yet; run: {command}") from None
    if manifest["status"] != "ready":
        raise DataUnavailable(f"{name}: {manifest['reason']}")
    if not path.exists():
        raise DataUnavailable(f"{name}: {path} is missing; run: {command}")
    found = sha256(path)
    if found != manifest["sha256"]:
        raise CorruptData(
            f"{path}: expected {manifest['size']} bytes with SHA-256 {manifest['sha256']}, "
            f"found {path.stat().st_size} bytes with SHA-256 {found}; mend it with: {command}"
        )
    return manifest


def _npz(name: str, root: Path) -> Path:
    return root / name / "data.npz"


def _manifest(name: str, root: Path) -> Path:
    return root / name / "manifest.json"


def _present(name: str, root: Path) -> dict[str, Any] | None:
    """The manifest where the data set is there and whole; says so on stderr where its file has changed."""
    try:
        return verify(name, root)
    except DataUnavailable:
        return None
    except CorruptData as error:
        print(f"{error}\nfetching {name} again", file=sys.stderr)
        return None


def _make(dataset: DataSet, root: Path) -> Made:
    """The arrays, checked against the declaration; a missing package or a changed raw file is DataUnavailable."""
    try:
        made = dataset.make(dataset, root)
    except CorruptData as error:
        raise DataUnavailable(f"{error}; needs {dataset.needs}") from error
    except ModuleNotFoundError as error:
        raise DataUnavailable(f'the Python module "{error.name}" is missing; needs {dataset.needs}') from error
    _check(dataset, made.arrays)
    return made


def _check(dataset: DataSet, arrays: dict[str, np.ndarray]) -> None:
    """Raise ClaimbenchError where the arrays are not what the data set declares."""
    import numpy as np

    x, y = arrays["x"], arrays["y"]
    counts = np.bincount(y.ravel(), minlength=dataset.classes)
    facts = {
        "examples": (dataset.examples, y.shape[-1]),
        "axes of y": (2 if dataset.fresh else 1, y.ndim),
        "shape of x": ((*y.shape, *dataset.input_shape), x.shape),
        "type of x": (True, x.dtype in (np.float32, np.uint8)),
        "type of y": (np.dtype(np.int64), y.dtype),
        "finite x": (True, bool(np.isfinite(x).all())),
        "classes": (dataset.classes, int((counts > 0).sum())),
        "imbalance": (dataset.imbalance, round(float(counts.max() / max(counts.min(), 1)), 2)),
    }
    for fact, (expected, found) in facts.items():
        if expected != found:
            raise ClaimbenchError(f"{dataset.name}: {fact}: declared {expected}, made {found}")


def _write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an `.npz` whose bytes depend on the arrays only: fixed time stamps, no compression, sorted names."""
    import numpy as np

    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(arrays[name], order="C"), allow_pickle=False)


def _description(dataset: DataSet) -> dict[str, Any]:
    """The part of a manifest that is known before the data are."""
    words = (
        "name",
        "title",
        "source",
        "licence",
        "citation",
        "classes",
        "examples",
        "imbalance",
        "kind",
        "fresh",
        "needs",
    )
    lists = {"input_shape": list(dataset.input_shape), "mirrors": list(dataset.mirrors)}
    return {word: getattr(dataset, word) for word in words} | lists


def _write_ready(dataset: DataSet, root: Path, made: Made) -> dict[str, Any]:
    import numpy as np

    path = _npz(dataset.name, root)
    manifest = _description(dataset) | {
        "status": "ready",
        "reason": "",
        "mirror": made.mirror,
        "sha256": sha256(path),
        "size": path.stat().st_size,
        "arrays": {name: {"shape": list(a.shape), "dtype": str(a.dtype)} for name, a in made.arrays.items()},
        "class_counts": np.bincount(made.arrays["y"].ravel()).tolist(),
        "raw": made.raw,
        "versions": {package: version(package) for package in sorted({"numpy", *dataset.packages})},
    }
    write_json(_manifest(dataset.name, root), manifest)
    return manifest


def _write_unavailable(dataset: DataSet, root: Path, reason: str) -> dict[str, Any]:
    """Record that the data cannot be had; what is left of an earlier, now corrupt copy goes."""
    manifest = _description(dataset) | {"status": "unavailable", "reason": reason}
    write_json(_manifest(dataset.name, root), manifest)
    _npz(dataset.name, root).unlink(missing_ok=True)
    return manifest
