"""What a study may ask of Google Play beside its apps."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from migration.errors import CannotAsk
from migration.sources.archive import Archive
from migration.sources.options import FORBID, read_options

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "google_play"


@dataclass(frozen=True, kw_only=True, config=FORBID)
class Options:
    """The options of the source in a study.

    Attributes
    ----------
    live : bool
        Ask today's charts. It cannot be done: the question needs a list of fields
        that only a browser on its page gets. True is refused with that reason.
    history : bool
        Ask the archive for the charts and app pages of the study's days.
    clusters : bool
        Follow the link of a captured chart to its longer list.
    per_day : int
        Captures of one chart or app that are read of one day, spread over it.
    address : str
        Of the archive; by default the Internet Archive's own.
    verified : tuple of str
        Identifiers that somebody has looked up; nothing is made of it.
    """

    live: bool = False
    history: bool = True
    clusters: bool = True
    per_day: Annotated[int, Field(ge=1, le=100)] = 2
    address: str = ""
    verified: tuple[str, ...] = ()

    @property
    def archive(self) -> Archive:
        """Where captures are asked for."""
        return Archive(address=self.address) if self.address else Archive()


def options_of(study: "Study") -> Options:
    """Read the options of a study.

    Raises
    ------
    CannotAsk
        One that is unknown or cannot be meant, or ``live``.
    """
    options = read_options(study, SOURCE, Options)
    if options.live:
        raise CannotAsk(
            f"{SOURCE!r} cannot be asked for today's charts: the question needs a "
            "list of fields that only a browser on its page gets, and its terms forbid "
            "automatic questions; leave out `live`, or bring a vendor's export"
        )
    return options
