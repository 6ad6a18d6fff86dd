"""Every error this package raises on purpose.

Catch :class:`MigrationError` to catch them all. Each message says what was needed,
what came, and what to do.
"""

from migration.plain import printable


class MigrationError(Exception):
    """Base class of every error raised on purpose.

    Its message may hold what a file or a source said, and is safe to print.
    """

    def __init__(self, *args: object) -> None:
        told = (printable(one) if isinstance(one, str) else one for one in args)
        super().__init__(*told)


class StudyError(MigrationError, ValueError):
    """A study file says something that a study cannot mean."""


class ClockError(MigrationError, ValueError):
    """An event's instant cannot be placed on a day of a series."""


class WorkspaceError(MigrationError):
    """A folder, a shipped file or a notebook is not where it must be."""


class StoreError(MigrationError):
    """The raw store cannot keep or return what was asked of it."""


class DamagedFile(StoreError):
    """A stored file is not what its manifest line says it was.

    ``source`` is whose it is, where a line that does not read still tells.
    """

    def __init__(self, message: str, source: str = "") -> None:
        super().__init__(message)
        self.source = source


class PanelError(MigrationError, ValueError):
    """A panel has repeats, gaps or values that it cannot mean."""


class DesignError(MigrationError, ValueError):
    """The data cannot identify the effect asked for."""


class DisplayError(MigrationError, ValueError):
    """What was given cannot be drawn or set as a table."""


class SourceError(MigrationError):
    """A public source gave no data, or data of an unexpected shape."""


class CannotAsk(SourceError, ValueError):
    """A source cannot be asked this: it has no address, or we have no contact."""


class NotFound(SourceError):
    """The source says for certain that there is no such thing."""


class NoData(SourceError):
    """A valid answer that holds nothing: empty, or suppressed throughout."""


class RateLimited(SourceError):
    """The source asks for patience; ``retry_after`` is in seconds where it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Blocked(SourceError):
    """The source refuses by policy; asking again will not help."""


class Excluded(Blocked):
    """The source may not show this one address; of its others that says nothing."""


class Transient(SourceError):
    """A passing fault: a server error, a time-out, a truncated body."""


class UnexpectedContent(SourceError):
    """Another kind of content than the source promises, such as HTML for JSON."""


class SchemaDrift(SourceError):
    """The right kind of content in a shape that the parser does not know."""


class ParameterError(MigrationError, ValueError):
    """A report's parameter is unknown, of the wrong type or out of range."""


class ReportError(MigrationError):
    """A report could not be rendered; the last good one is still in place."""


class ReportTimeout(ReportError):
    """A report took longer than it may."""


class Locked(MigrationError):
    """Another run holds the lock of this workspace."""
