"""Finding data sets: every module of this folder without a leading underscore holds `DATASETS`."""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from claimbench.data._dataset import DataSet
from claimbench.errors import ClaimbenchError, nearest


class UnknownDataSet(ClaimbenchError):
    """No data set has this name."""


@cache
def _found() -> dict[str, tuple[DataSet, Path]]:
    """Each data set with the file that describes it, sorted by name."""
    folder = Path(__file__).parent
    found: dict[str, tuple[DataSet, Path]] = {}
    for module in pkgutil.iter_modules([str(folder)]):
        if module.name.startswith("_"):
            continue
        for dataset in import_module(f"claimbench.data.{module.name}").DATASETS:
            path = folder / f"{module.name}.py"
            if dataset.name in found:
                raise ClaimbenchError(f'{path}: DATASETS: "{dataset.name}" is also in {found[dataset.name][1]}')
            found[dataset.name] = (dataset, path)
    return dict(sorted(found.items()))


def _find(name: str) -> tuple[DataSet, Path]:
    if name not in _found():
        raise UnknownDataSet(f'no data set "{name}"{nearest(name, _found())} (known: {", ".join(_found())})')
    return _found()[name]


def names() -> tuple[str, ...]:
    """The names of all data sets, sorted."""
    return tuple(_found())


def get(name: str) -> DataSet:
    """The description of the data set `name`; raises UnknownDataSet."""
    return _find(name)[0]


def source_file(name: str) -> Path:
    """The file that describes and makes the data set `name`; raises UnknownDataSet."""
    return _find(name)[1]
