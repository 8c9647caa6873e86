"""A study as its user sees it: a data set that is read as it is used, and a table of what failed."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

import numpy as np

from ..errors import StudyError, UnknownNameError
from ..language.shape import did_you_mean
from ..levels import TOTAL
from ..result import DIMENSIONS, SCENARIO
from ..variables import QUANTILES
from . import netcdf
from .blocks import Failure
from .journal import read_journal
from .members import STATUS
from .plan import DRAWS
from .store import array_name, read_record

if TYPE_CHECKING:
    import pandas
    import xarray


class Study:
    """Results of a study, complete or as far as it has come.

    Parameters
    ----------
    path : path
        Its folder or NetCDF file.
    temporary : path, optional
        Folder that is removed when the study is no longer used.
    """

    def __init__(self, path: str | Path, temporary: Path | None = None):
        self.path = Path(path)
        if temporary is not None:
            finalize(self, shutil.rmtree, temporary, ignore_errors=True)
        self._is_file = netcdf.is_netcdf(self.path) and self.path.is_file()
        if netcdf.is_netcdf(self.path) and not self._is_file and netcdf.working_folder(self.path).is_dir():
            self.path = netcdf.working_folder(self.path)  # not finished yet
        self._record = netcdf.read_file_record(self.path) if self._is_file else read_record(self.path)

    @cached_property
    def dataset(self) -> xarray.Dataset:
        """Everything with labels; numbers are read from the store when they are used.

        A variable at central values has the dimensions (scenario, axes of the sweep, variant, slice, period), the same
        by draw, ``NAME_draws``, also ``draw``. ``sector``, ``region`` and ``ownership`` are coordinates on ``slice``;
        the nation is its first entry. ``status`` says how each member ended; a member without numbers is NaN.
        """
        import xarray

        if self._is_file:
            return xarray.open_dataset(self.path, engine="h5netcdf").drop_vars(netcdf.RECORD)
        return xarray.open_zarr(self.path, chunks=None, consolidated=True)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What was run: version, hashes of scenarios and calibrations, sweep, variants, draws, seed, outputs."""
        return dict(self._record["fingerprint"])

    @property
    def total(self) -> int:
        """Number of members: cases, each at central values and at every draw."""
        return netcdf.members_of(self._record)

    @property
    def done(self) -> int:
        """Members that have run."""
        return int(self._record["done"]) if self._is_file else sum(d.members for d in read_journal(self.path))

    @property
    def complete(self) -> bool:
        return self.done == self.total

    @property
    def failures(self) -> pandas.DataFrame:
        """What failed, a row a variant of a member: its labels, ``status`` and ``reason``; draw -1: central values."""
        import pandas

        kinds = {name: tuple(dims) for name, dims, _, _ in self._record["kinds"]}
        dims = kinds.get(DRAWS, next(iter(kinds.values())))
        labels = {d: self.dataset[d].values for d in dims}
        rows = []
        for failure in self._failures():
            row = {d: -1 if i is None else labels[d][i] for d, i in _places(dims, failure)}
            rows.append(row | {"variant": failure.variant, "status": failure.status, "reason": failure.reason})
        return pandas.DataFrame(rows, columns=[*dims, "variant", "status", "reason"])

    def _failures(self) -> list[Failure]:
        if self._is_file:
            return [Failure(tuple(member), *rest) for member, *rest in self._record["failures"]]
        return [failure for done in read_journal(self.path) for failure in done.failures]

    @property
    def all_failed(self) -> bool:
        """Whether no member has any numbers."""
        return self.done > 0 and len({f.member for f in self._failures() if f.variant == SCENARIO}) == self.done

    def by(self, dimension: str) -> xarray.Dataset:
        """The data set of one dimension's codes, everything else summed.

        Raises
        ------
        UnknownNameError
            If the study does not hold it.
        """
        data = self.dataset
        others = [d for d in DIMENSIONS if d != dimension]
        held = [d for d in DIMENSIONS if (data[d].values != TOTAL).any()]
        if dimension not in held:
            raise UnknownNameError(f"this study has nothing by {dimension}{did_you_mean(dimension, held, 3)}")
        kept = np.flatnonzero(data[dimension].values != TOTAL)
        return data.isel(slice=kept).drop_vars(others).swap_dims(slice=dimension)

    def quantiles(
        self,
        variable: str = "iva_yoy",
        q: Sequence[float] = QUANTILES,
        variant: str | None = SCENARIO,
        by: str | None = None,
    ) -> xarray.DataArray:
        """Quantiles over draws, by case and period; members that failed are left out.

        Parameters
        ----------
        variable : str
        q : list of numbers in [0, 1]
        variant : str, optional
            One variant, or None for all.
        by : str, optional
            ``sector``, ``region`` or ``ownership`` in place of the nation.

        Returns
        -------
        DataArray
            Dimensions (quantile, cases, variant or not, code or not, period); the coordinate ``draws`` counts the
            draws that each rests on.

        Raises
        ------
        UnknownNameError
            If the study does not hold the variable by draw, the variant or the dimension.
        """
        data = self.dataset if by is None else self.by(by)
        name = array_name(variable, DRAWS)
        if name not in data:
            held = [v for v in self._record["fingerprint"]["outputs"] if array_name(v, DRAWS) in data]
            raise UnknownNameError(f"this study has no draws of '{variable}'{did_you_mean(variable, held, 12)}")
        chosen = data[name] if by is not None else data[name].isel(slice=0)
        if variant is not None:
            if variant not in chosen.variant.values:
                raise UnknownNameError(f"no variant '{variant}'; this study has {', '.join(chosen.variant.values)}")
            chosen = chosen.sel(variant=variant)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a case whose draws all failed is NaN, and counted
            found = chosen.quantile(list(q), "draw", skipna=True, keep_attrs=True)
        status = data["status_draws"] if variant is None else data["status_draws"].sel(variant=variant)
        return found.assign_coords(draws=(status == STATUS.index("completed")).sum("draw"))

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the study, as far as it has come, as one NetCDF file.

        Raises
        ------
        StudyError
            If the file exists.
        """
        path = Path(path)
        if path.exists():
            raise StudyError(f"{path} exists; choose another name")
        if self._is_file:
            shutil.copyfile(self.path, path)
        else:
            netcdf.require_writable(path)
            netcdf.write(self.path, path)
        return path

    def __repr__(self) -> str:
        what = self._record["fingerprint"]
        dims, shape = self._record["kinds"][-1][1:3]
        cases = ", ".join(f"{d} {n}" for d, n in zip(dims, shape, strict=True)) or "one case"
        failed = len({f.member for f in self._failures()})
        lines = [
            f"Study of {', '.join(what['scenario'])}: {cases}, {len(self._record['variants'])} variants each",
            f"  {self.done} of {self.total} members done, {failed} failed; central values "
            + (f"and {what['draws']} draws" if what["draws"] else "only"),
            f"  outputs {', '.join(what['outputs'])}, "
            + (f"by {', '.join(what['by'])}" if what["by"] else "of the nation only"),
            f"  in {self.path}",
        ]
        return "\n".join(lines)


def open_study(path: str | Path) -> Study:
    """A study from its folder or NetCDF file, also while it runs or after it was interrupted.

    Raises
    ------
    StudyError
        If there is none.
    """
    return Study(path)


def _places(dims: Sequence[str], failure: Failure) -> list[tuple[str, int | None]]:
    """Dimensions with a failed member's place; a member at central values has no draw."""
    return [(d, failure.member[i] if i < len(failure.member) else None) for i, d in enumerate(dims)]


__all__ = ["Study", "open_study"]
