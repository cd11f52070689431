"""Files appear whole or not at all, and are hashed and spelled in one way."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbench.files import atomic_path, canonical_json, sha256, write_json, write_text

NAMES = st.text(st.characters(codec="utf-8"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def test_a_file_is_there_when_the_block_has_ended_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.bin"
    with atomic_path(path) as part:
        part.write_bytes(b"whole")
        assert part.parent == path.parent  # the same file system, so that the move is atomic
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_and_no_part(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail() -> None:
        with atomic_path(path) as part:
            part.write_text("half of the n")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_that_was_never_written_to_is_an_empty_file_and_a_removed_one_an_error(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").read_bytes() == b""

    def remove() -> None:
        with atomic_path(tmp_path / "gone") as part:
            part.unlink()

    with pytest.raises(FileNotFoundError):
        remove()
    assert not (tmp_path / "gone").exists()


def test_two_writers_of_one_file_do_not_share_a_part(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with atomic_path(path) as first, atomic_path(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # the outer block ends last
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "δ ≥ 0\n")
    assert (tmp_path / "text").read_bytes() == "δ ≥ 0\n".encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1, {"a": -float("inf")}]])
def test_json_without_nan(tmp_path: Path, value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", value)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_json_is_sorted_and_ends_with_a_newline(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"b": 1, "a": "δ"})
    assert (tmp_path / "file.json").read_text(encoding="utf-8") == '{\n "a": "δ",\n "b": 1\n}\n'


@settings(max_examples=50)
@given(VALUES)
def test_canonical_json_reads_back_and_does_not_depend_on_the_order_of_keys(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(reverse(value)) == text
    assert text.isascii()


def reverse(value: object) -> object:
    """The same value, its dictionaries built in the opposite order."""
    if isinstance(value, dict):
        return {key: reverse(item) for key, item in reversed(value.items())}
    return [reverse(item) for item in value] if isinstance(value, list) else value


def test_canonical_json_by_hand() -> None:
    assert canonical_json({"b": [1, 0.4], "a": None, "é": True}) == '{"a":null,"b":[1,0.4],"\\u00e9":true}'


def test_the_hash_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # the example of FIPS 180-4
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "long").write_bytes(bytes(300_000))
    assert sha256(tmp_path / "long") == hashlib.sha256(bytes(300_000)).hexdigest()
