"""What a command's exit code says: one number for each kind of ending."""

from migration.errors import (
    CannotAsk,
    ClockError,
    DesignError,
    Locked,
    MigrationError,
    ParameterError,
    ReportTimeout,
    StudyError,
    WorkspaceError,
)

FAILED, BAD_INPUT, STALE, LOCKED, TIMED_OUT, INTERRUPTED = 1, 2, 4, 75, 124, 130
FOOT = (
    "Exit codes: 0 done; 1 a report, a source or a check of the store failed; "
    f"{BAD_INPUT} bad input; {STALE} a report is stale (check); "
    f"{LOCKED} another run holds the lock; {TIMED_OUT} timed out; "
    f"{INTERRUPTED} interrupted."
)
_OF_THE_ASKER = (
    *(CannotAsk, ClockError, DesignError, ParameterError, StudyError),
    WorkspaceError,
)
_CODES: tuple[tuple[tuple[type[MigrationError], ...], int], ...] = (
    (_OF_THE_ASKER, BAD_INPUT),
    ((Locked,), LOCKED),
    ((ReportTimeout,), TIMED_OUT),
)


def exit_code(error: BaseException) -> int:
    """The code that stands for an error: see the foot of ``migration --help``."""
    found = (code for kinds, code in _CODES if isinstance(error, kinds))
    return next(found, FAILED)
