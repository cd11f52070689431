"""Fashion-MNIST is the official one, and every way to it, and the lack of any, behaves as documented."""

import gzip
import hashlib
import io
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request

import numpy as np
import pytest

from claimbench import data
from claimbench.data import fashion_mnist
from claimbench.errors import CorruptData
from claimbench.torchvision_cpu import import_torchvision

NAMES = tuple(fashion_mnist.SHA256)
DEBIAN = fashion_mnist.DEBIAN
needs_debian = pytest.mark.skipif(
    not all((DEBIAN / f"{name}.gz").is_file() for name in NAMES),
    reason=f"Debian's package dataset-fashion-mnist is not in {DEBIAN}",
)
# Seconds since 1970 at which the official archives were packed, 31 August 2017; found by trying times until the MD5
# sums agreed.
PACKED = dict(zip(NAMES, (1504176606, 1504176606, 1504176627, 1504176627), strict=True))


@needs_debian
@pytest.mark.parametrize("name", NAMES)
def test_debian_has_the_official_files(name: str) -> None:
    """Debian's archives are the official ones without name and time: with both they have torchvision's MD5 sums."""
    import_torchvision()
    from torchvision.datasets import FashionMNIST

    compressed = (DEBIAN / f"{name}.gz").read_bytes()[10:]  # gzip's fixed header has 10 bytes
    header = b"\x1f\x8b\x08\x08" + struct.pack("<I", PACKED[name]) + b"\x00\x03" + name.encode() + b"\x00"
    assert hashlib.md5(header + compressed).hexdigest() == dict(FashionMNIST.resources)[f"{name}.gz"]
    content = gzip.decompress(header + compressed)
    assert hashlib.sha256(content).hexdigest() == fashion_mnist.SHA256[name]


@needs_debian
def test_arrays_are_those_of_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_torchvision()
    from torchvision.datasets import FashionMNIST

    monkeypatch.delenv(fashion_mnist.VARIABLE, raising=False)
    manifest = data.fetch("fashion-mnist", tmp_path)
    arrays = data.load("fashion-mnist", tmp_path)
    raw = tmp_path / "torchvision" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in NAMES:
        (raw / name).write_bytes(gzip.decompress((DEBIAN / f"{name}.gz").read_bytes()))
    start = int(arrays["official_test_start"])
    for part, train in ((slice(None, start), True), (slice(start, None), False)):
        official = FashionMNIST(str(tmp_path / "torchvision"), train=train)
        np.testing.assert_array_equal(arrays["x"][part, 0], official.data.numpy())
        np.testing.assert_array_equal(arrays["y"][part], official.targets.numpy())
    assert (start, arrays["x"].shape, arrays["x"].dtype) == (60000, (70000, 1, 28, 28), np.uint8)
    assert manifest["class_counts"] == [7000] * 10
    assert manifest["mirror"] == str(DEBIAN)


def idx(array: np.ndarray) -> bytes:
    """`array` of unsigned bytes as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


LABELS = np.arange(10, dtype=np.uint8)
SMALL = {
    NAMES[0]: idx(np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8)),
    NAMES[1]: idx(np.concatenate([LABELS, LABELS])),
    NAMES[2]: idx(np.random.default_rng(1).integers(0, 256, (10, 28, 28)).astype(np.uint8)),
    NAMES[3]: idx(LABELS[::-1]),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same data set with 20 + 10 images, no folder anywhere and no network."""
    sha256 = {name: hashlib.sha256(content).hexdigest() for name, content in SMALL.items()}
    dataset = replace(data.get("fashion-mnist"), sha256=sha256, examples=30)
    monkeypatch.setattr("claimbench.data._store.get", lambda name: dataset)
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.delenv(fashion_mnist.VARIABLE, raising=False)
    serve(monkeypatch, offline)


class Response(io.BytesIO):
    """As much of an answer as torchvision looks at."""

    def __init__(self, url: str, content: bytes) -> None:
        super().__init__(content)
        self.url, self.length = url, len(content)


def offline(name: str) -> bytes:
    raise URLError("no network in this test")


def serve(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], bytes]) -> None:
    """Let `answer(file name)` be what the network gives."""

    def urlopen(request: Request) -> Response:
        return Response(request.full_url, answer(request.full_url.rsplit("/", 1)[-1]))

    monkeypatch.setattr("urllib.request.urlopen", urlopen)


def put(folder: Path, *, packed: bool = True) -> Path:
    folder.mkdir(parents=True)
    for name, content in SMALL.items():
        (folder / (f"{name}.gz" if packed else name)).write_bytes(
            gzip.compress(content, mtime=0) if packed else content
        )
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_a_named_folder_comes_first(small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    put(tmp_path / "debian")
    folder = put(tmp_path / "mine", packed=packed)
    monkeypatch.setenv(fashion_mnist.VARIABLE, str(folder))
    manifest = data.fetch("fashion-mnist", tmp_path / "data")
    assert manifest["mirror"] == str(folder)
    assert manifest["raw"][NAMES[1]] == {"sha256": hashlib.sha256(SMALL[NAMES[1]]).hexdigest(), "size": 28}
    arrays = data.load("fashion-mnist", tmp_path / "data")
    assert arrays["y"].tolist() == [*range(10), *range(10), *reversed(range(10))]
    assert arrays["official_test_start"] == 20
    assert arrays["x"][0, 0, 0].tobytes() == SMALL[NAMES[0]][16:44]
    assert arrays["x"][29, 0, 27].tobytes() == SMALL[NAMES[2]][-28:]


def test_our_own_folder_comes_before_debian(small: None, tmp_path: Path) -> None:
    put(tmp_path / "debian")
    own = put(tmp_path / "data" / "raw" / "fashion-mnist")
    assert data.fetch("fashion-mnist", tmp_path / "data")["mirror"] == str(own)


@pytest.mark.parametrize("damage", ["changed", "truncated"])
def test_a_changed_file_in_a_named_folder_is_told_and_passed_over(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    path = put(tmp_path / "mine") / f"{NAMES[2]}.gz"
    changed = SMALL[NAMES[2]][:-1] + b"?"
    path.write_bytes(gzip.compress(changed) if damage == "changed" else path.read_bytes()[:-100])
    found = hashlib.sha256(changed if damage == "changed" else path.read_bytes()).hexdigest()
    monkeypatch.setenv(fashion_mnist.VARIABLE, str(path.parent))

    parts = (str(path), hashlib.sha256(SMALL[NAMES[2]]).hexdigest(), found)
    manifest = data.fetch("fashion-mnist", tmp_path / "data")
    assert manifest["status"] == "unavailable"
    assert all(part in manifest["reason"] for part in parts)

    put(tmp_path / "debian")
    capsys.readouterr()
    assert data.fetch("fashion-mnist", tmp_path / "data")["mirror"] == str(tmp_path / "debian")
    message = capsys.readouterr().err
    assert all(part in message for part in parts)


def test_without_folder_and_network_the_reason_says_what_to_do(small: None, tmp_path: Path) -> None:
    manifest = data.fetch("fashion-mnist", tmp_path / "data")
    assert manifest["status"] == "unavailable"
    own = tmp_path / "data" / "raw" / "fashion-mnist"
    words = [
        *(f"{name}.gz" for name in NAMES),
        str(own),
        "CLAIMBENCH_FASHION_MNIST",
        "dataset-fashion-mnist",
        "no network in this test",
    ]
    assert all(word in manifest["reason"] for word in words)
    assert list(own.iterdir()) == [], "no part of a download stays"
    put(tmp_path / "debian")
    assert data.fetch("fashion-mnist", tmp_path / "data")["status"] == "ready"


def test_torchvision_downloads_what_no_folder_has(small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archives = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in SMALL.items()}
    timeouts = set()

    def answer(name: str) -> bytes:
        timeouts.add(socket.getdefaulttimeout())
        return archives[name]

    serve(monkeypatch, answer)
    import_torchvision()
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in archives.items()]
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.resources", sums)
    own = tmp_path / "data" / "raw" / "fashion-mnist"
    own.mkdir(parents=True)
    (own / f"{NAMES[0]}.gz").write_bytes(b"half a download")
    manifest = data.fetch("fashion-mnist", tmp_path / "data")
    assert manifest["mirror"] == "torchvision.datasets.FashionMNIST"
    assert sorted(path.name for path in own.iterdir()) == sorted(archives)
    assert timeouts == {fashion_mnist.TIMEOUT}
    assert socket.getdefaulttimeout() is None
    serve(monkeypatch, offline)
    assert data.fetch("fashion-mnist", tmp_path / "data", force=True)["mirror"] == str(own), "kept for the next time"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "unsigned bytes"),
        (b"\x00\x00\x0d\x01\x00\x00\x00\x01\x00\x00\x00\x00", "found 00 00 0d"),
        (b"\x00\x00\x08\x03\x00\x00\x00\x01", "header of 16 bytes, found 8"),
        (idx(LABELS)[:-1], r"expected 10 bytes for shape \(10,\), found 9"),
        (idx(LABELS) + b"\x00", "found 11"),
    ],
)
def test_a_file_that_is_not_idx_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(CorruptData, match=f"file: .*{problem}"):
        fashion_mnist.read_idx(content, "file")
