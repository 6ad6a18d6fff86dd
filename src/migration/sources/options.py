"""Options of a source in a study, read into a dataclass that refuses the unknown."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ConfigDict, ValidationError

from migration.errors import CannotAsk

if TYPE_CHECKING:
    from migration.study import Study

FORBID = ConfigDict(extra="forbid")
_Options = TypeVar("_Options")


def read_options(study: "Study", source: str, kind: type[_Options]) -> _Options:
    """Read the options of a source in a study.

    Raises
    ------
    CannotAsk
        One that is unknown, or of another kind than it must be.
    """
    given: dict[str, Any] = dict(study.source(source).options)
    try:
        return kind(**given)
    except (ValidationError, TypeError) as error:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        raise CannotAsk(
            f"the options of {source!r} are {names}: {error!s:.300}"
        ) from error
