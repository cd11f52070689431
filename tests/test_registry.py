"""The registry reads hyper-parameters from the syntax tree; the oracle is `inspect` on the imported module."""

import importlib.util
import inspect
from pathlib import Path

import pytest

from claimbench import registry
from claimbench.errors import ClaimbenchError

METHODS = {
    "losses/focal.py": "def focal(logits, targets, *, gamma: float = 2.0, weights=(1.0, -0.5), reduce=None): ...",
    "losses/plain.py": """
def helper(x, *, unrelated=1): ...
def plain(logits, targets): ...
""",
    "losses/_hyper.py": "def _hyper(): ...",
    "optimizers/sgd.py": """
SPACE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
class sgd:
    def step(self, *, wrong=1): ...
    def __init__(self, params, *, lr=0.1, nesterov=False): ...
""",
    "models/mlp.py": """
SPACE: dict = {"hidden": [16, 32]}
def mlp(input_shape, classes, *, generator, hidden=64): ...
""",
}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in METHODS.items():
        write(tmp_path / name, text)
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_names_are_the_public_files() -> None:
    assert registry.names("losses") == ("focal", "plain")
    assert registry.names("identities") == ()


@pytest.mark.parametrize(
    ("kind", "name"), [("losses", "focal"), ("losses", "plain"), ("optimizers", "sgd"), ("models", "mlp")]
)
def test_parameters_equal_inspect(kind: str, name: str) -> None:
    module_spec = importlib.util.spec_from_file_location(name, registry.path(kind, name))
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    parameters = inspect.signature(getattr(module, name)).parameters.values()
    expected = [(p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty]
    assert list(registry.parameters(kind, name).items()) == expected


def test_the_file_is_read_and_not_run(root: Path) -> None:
    write(root / "losses/boom.py", "raise RuntimeError\n\ndef boom(logits, targets, *, q=0.5):\n    return 0\n")
    assert registry.parameters("losses", "boom") == {"q": 0.5}


def test_space() -> None:
    assert registry.space("optimizers", "sgd") == {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    assert registry.space("models", "mlp") == {"hidden": [16, 32]}
    assert registry.space("losses", "focal") == {}


def test_unknown_names_have_kind_and_nearest() -> None:
    with pytest.raises(registry.UnknownName, match='"focl" in losses; did you mean "focal"'):
        registry.path("losses", "focl")
    with pytest.raises(registry.UnknownName, match='"zzz" in losses; known: focal, plain'):
        registry.parameters("losses", "zzz")
    with pytest.raises(registry.UnknownName, match='did you mean "losses"'):
        registry.names("loses")
    with pytest.raises(registry.UnknownName):
        registry.path("losses", "_hyper")
    with pytest.raises(registry.UnknownName):
        registry.path("losses", "../optimizers/sgd")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:\n", "cannot be read as Python"),
        ("def other(logits, targets):\n    return 0\n", "has the file's name, broken"),
        ("def broken(logits, targets, *, q=1 / 3):\n    return 0\n", r"line 1: q: found 1 / 3; expected a literal"),
    ],
)
def test_a_wrong_file_is_named(root: Path, text: str, message: str) -> None:
    write(root / "losses/broken.py", text)
    with pytest.raises(ClaimbenchError, match=message) as error:
        registry.parameters("losses", "broken")
    assert str(root / "losses/broken.py") in str(error.value)


def test_a_search_space_must_be_a_literal(root: Path) -> None:
    write(root / "optimizers/odd.py", "SPACE = make()\n\ndef odd(params, *, lr=0.1):\n    return 0\n")
    with pytest.raises(ClaimbenchError, match=r"SPACE: found make\(\); expected a literal"):
        registry.space("optimizers", "odd")
