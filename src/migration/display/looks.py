"""One app, one look: its colour, line and marker are the same in every figure.

The place of an app in its study decides. Line and marker vary with the colour, so that
a figure printed in grey still tells the apps apart; after seven apps the colours begin
again with other markers. A figure of things that are no apps is drawn in grey.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from matplotlib.colors import to_hex, to_rgb

from migration.display import style

PALE = 0.62  # share of white in a pale colour

_places: dict[str, int] = {}


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one app is drawn."""

    colour: str
    line: Any
    marker: str

    @property
    def pale(self) -> str:
        """Its colour mixed with white, for bars behind its points."""
        red, green, blue = (PALE + (1 - PALE) * p for p in to_rgb(self.colour))
        return to_hex((red, green, blue))


def set_looks(apps: Any) -> None:
    """Give each app its look in all figures drawn from now on, in this session.

    Without it a figure gives looks in the order in which it draws, so that an app may
    look otherwise in the next.

    Parameters
    ----------
    apps : Study or iterable of str
        A study, whose apps are known by id and by name; or names in their order. An
        empty list forgets what was set.

    Examples
    --------
    >>> import migration as mg
    >>> mg.set_looks(mg.load_study("whatsapp-2021"))
    >>> mg.set_looks([])
    """
    held = [apps] if isinstance(apps, str) else getattr(apps, "apps", apps)
    _places.clear()
    for place, app in enumerate(held):
        for name in (getattr(app, "id", app), getattr(app, "name", app)):
            _places[str(name)] = place


def looks_of(
    units: Iterable[str], names: Mapping[str, str] | None = None
) -> dict[str, Look]:
    """Each unit's look: its app's where that is set, else one that is still free.

    Of an app that is drawn more than once, as in two markets, the first has its look.

    Parameters
    ----------
    units : iterable of str
        As ``app`` or ``app:market``, or names.
    names : mapping of str to str, optional
        Unit to the name shown.
    """
    after = count(max(_places.values(), default=-1) + 1)
    taken: dict[str, int] = {}
    for unit in dict.fromkeys(units):
        place = _place(unit, (names or {}).get(unit, unit))
        taken[unit] = next(after) if place is None or place in taken.values() else place
    return {unit: _look(place) for unit, place in taken.items()}


def look_of(*names: str) -> Look:
    """The look of one thing that goes by several names; of a stranger the first."""
    place = _place(*names)
    return _look(0 if place is None else place)


def _place(*names: str) -> int | None:
    for name in names:
        for known in (name, name.partition(":")[0]):
            if known in _places:
                return _places[known]
    return None


def _look(place: int) -> Look:
    turn, number = divmod(place, len(style.COLOURS))
    other = (number + 3 * turn) % len(style.MARKERS)
    return Look(
        colour=style.COLOURS[number],
        line=style.LINES[other],
        marker=style.MARKERS[other],
    )
