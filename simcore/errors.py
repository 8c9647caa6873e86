"""Every error that simcore raises on purpose; each message says where, what and what to do."""

from __future__ import annotations


class SimcoreError(Exception):
    """Base of all errors meant for the user; ``exit_code`` is what the command line returns."""

    exit_code = 4


class TableError(SimcoreError):
    """A table's shape, labels or units do not fit; nothing is reindexed or repaired in silence."""

    exit_code = 2


class UnproductiveEconomyError(TableError):
    """The economy cannot meet some final demand (Hawkins-Simon fails)."""


class BalanceError(TableError):
    """Row and column totals that no table with the prior's zeros can meet."""


class UnknownNameError(SimcoreError):
    """A scenario, model, measure, calibration or code that does not exist."""

    exit_code = 2


class ScenarioError(SimcoreError):
    """A scenario file with problems; ``diagnostics`` holds them all, sorted by place."""

    exit_code = 2

    def __init__(self, diagnostics):
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class ChannelError(SimcoreError):
    """A scenario uses a channel that its model does not understand."""

    exit_code = 2


class RunExistsError(SimcoreError):
    """The run folder already holds a run and ``--force`` was not given."""

    exit_code = 2


class StudyError(SimcoreError):
    """The store of a study is in use, holds another study, is none at all or cannot be written."""

    exit_code = 2
