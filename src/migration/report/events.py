"""What a run is told, what it tells of, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migration.errors import MigrationError
from migration.report.plan import Job

TIMEOUT = 600.0


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run; always all fields, for a log of JSON lines.

    ``event`` is one of start, cell, done, failed and fresh; a log of the command line
    also has planned (a dry run) and, as its last, refused or interrupted.
    """

    run_id: str
    event: str
    report: str
    number: int
    total: int
    key: str
    reason: str
    cell: int | None = None
    cells: int | None = None
    seconds: float | None = None
    status: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one job; ``manifest`` is that of the report now in place."""

    job: Job
    status: str
    manifest: Mapping[str, Any] | None
    error: MigrationError | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of all jobs, and where the index is."""

    run_id: str
    outcomes: tuple[Outcome, ...]
    index: Path

    @property
    def errors(self) -> tuple[MigrationError, ...]:
        """Why reports failed, in order."""
        return tuple(one.error for one in self.outcomes if one.error is not None)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run goes.

    Attributes
    ----------
    timeout : float
        Seconds that a notebook may take.
    fail_fast : bool
        Stop at the first failure; what then runs is left as it was.
    jobs : int or None
        Reports at once; by default as many as there are cores, at most 8.
    isolation : {"auto", "cold", "fork"}
        How kernels start: each by itself, or forked from a process that has imported
        the libraries (Linux); by default forked where two or more are needed.
    cluster : str or None
        Address of a Dask scheduler whose workers make the reports.
    wait : float
        Seconds to wait for another run to end.
    on_event : callable
        Told of each :class:`Event`, one at a time, from any thread.
    """

    timeout: float = TIMEOUT
    fail_fast: bool = False
    jobs: int | None = None
    isolation: str = "auto"
    cluster: str | None = None
    wait: float = 0.0
    on_event: Callable[[Event], None] = lambda _: None
