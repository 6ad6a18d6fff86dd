"""A study file to begin with: commented, and one that loads as it stands."""

import datetime as dt
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from migration.errors import StudyError
from migration.study.fields import MOST, WORLD, near
from migration.study.file import read_bytes
from migration.study.names import name_fault
from migration.study.zones import one_clock, zones_of
from migration.workspace import Workspace, study_files

_ID = re.compile(r"^id[ \t]*=[ \t]*\"[^\"\n]*\"", re.MULTILINE)
NOTEBOOKS = ("02_event_study", "03_robustness", "04_migration")
OF_MARKET = "05_market"
_MARKET = '{{ code = "{0}", name = {1}, zone = "{2}" }}'
_YEAR = dt.timedelta(days=365)  # days that a study may come to look at after its event


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a new study says to begin with.

    Attributes
    ----------
    apps : tuple of (str, str)
        What each is called in the files, and its role.
    baseline : (date, date)
        First day and last.
    event : date
    markets : tuple of (str, str)
        Code and name; the zone is found by the code.
    metrics : tuple of str
    doubts : tuple of str
        What the days of a table are too few for.
    """

    apps: tuple[tuple[str, str], ...]
    baseline: tuple[dt.date, dt.date]
    event: dt.date
    markets: tuple[tuple[str, str], ...] = ((WORLD, "World"),)
    metrics: tuple[str, ...] = ("downloads",)
    doubts: tuple[str, ...] = ()


WINDOW = (0, 8)  # first and last day of an effect, as the template has it
INVENTED = Draft(
    apps=(("Old App", "origin"), ("New App", "destination")),
    baseline=(dt.date(2022, 7, 1), dt.date(2022, 10, 20)),
    event=dt.date(2022, 10, 27),
)


def new_study(name: str, workspace: Workspace, *, draft: Draft = INVENTED) -> Path:
    """Write ``studies/NAME.toml`` in a workspace, and give its path.

    Raises
    ------
    StudyError
        If no study can have that name, or one has it already, or the file cannot be
        written; nothing that is there is changed.
    """
    _check_name(name, workspace)
    found = files("migration").joinpath("study", "template.toml")
    template = Template(found.read_text(encoding="utf-8"))
    first = {role: called for called, role in reversed(draft.apps)}
    text = template.substitute(
        id=name,
        origin=_inside(first["origin"]),
        destination=_inside(first["destination"]),
        start=draft.baseline[0],
        end=draft.baseline[1],
        event=draft.event,
        window=list(WINDOW),
        notebooks=json.dumps(_notebooks(draft)),
        markets=_markets(draft),
        apps="\n\n".join(_apps(draft.apps)),
        metrics=json.dumps(list(draft.metrics)),
    )
    return _write(name, text, workspace)


def copy_study(name: str, like: str, workspace: Workspace) -> Path:
    """Write a copy of a study under another name, to be changed, and give its path.

    Raises
    ------
    StudyError
        As :func:`new_study`, or there is no study of the name that is copied.
    """
    _check_name(name, workspace)
    known = study_files(workspace)
    if like not in known:
        raise StudyError(f"no study {like!r}: {near(like, known)}")
    text = read_bytes(known[like]).decode("utf-8-sig")
    changed = _ID.sub(f'id = "{name}"', text, count=1)
    if tomllib.loads(changed) != tomllib.loads(text) | {"id": name}:
        raise StudyError(
            f"{known[like]}: its id needs to stand on a line of its own to be changed, "
            "and does not; copy the file by hand"
        )
    return _write(name, changed, workspace)


def _check_name(name: str, workspace: Workspace) -> None:
    if fault := name_fault(name, most=MOST):
        raise StudyError(f"a study's name needs {fault}; got {name!r:.120}")
    if name in study_files(workspace):
        raise StudyError(
            f"there is a study {name!r} already: {study_files(workspace)[name]}; "
            "choose another name, or edit that file"
        )


def _write(name: str, text: str, workspace: Workspace) -> Path:
    path = workspace.studies / f"{name}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise StudyError(
            f"{path}: needs to be written, and cannot be: {error.strerror or error}"
        ) from error
    return path


def _apps(named: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Each app as the study has it, under an id of its own."""
    taken: set[str] = set()
    for number, (called, role) in enumerate(named, start=1):
        slug = _slug(called) or f"app-{number}"
        own = slug if slug not in taken else f"{slug}-{number}"
        taken.add(own)
        quoted = _quoted(called)
        yield (
            f'[[apps]]\nid = "{own}"\nname = {quoted}\nrole = "{role}"\n'
            f"ids = {{ own_csv = [{quoted}] }}"
        )


def _slug(called: str) -> str:
    plain = unicodedata.normalize("NFKD", called).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:MOST].strip("-")


def _notebooks(draft: Draft) -> list[str]:
    """The reports of any study, and that of one market where there are several."""
    several = len(draft.markets) > 1
    return [*NOTEBOOKS, OF_MARKET] if several else list(NOTEBOOKS)


def _markets(draft: Draft) -> str:
    """Each with its own zone, or UTC and a comment that says why."""
    listed, said = [], []
    for code, name in draft.markets:
        zone, why = _zone(code, draft)
        listed.append(_MARKET.format(code, _quoted(name), zone))
        said += [f"# {code} {why}: choose the zone of its days"] if why else []
    if len(listed) == 1:
        return "\n".join([*said, f"markets = [{listed[0]}]"])
    return "\n".join([*said, "markets = [", *(f"  {one}," for one in listed), "]"])


def _zone(code: str, draft: Draft) -> tuple[str, str]:
    """A market's zone; UTC, and why, where it has none or several that differ."""
    if code == WORLD:
        return "UTC", ""
    zones = zones_of(code)
    if not zones:
        return "UTC", "has no zone that is listed"
    found = one_clock(zones, draft.baseline[0], draft.event + _YEAR)
    return (found, "") if found else ("UTC", f"has {', '.join(zones)}")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _inside(text: str) -> str:
    """A name as a part of a text in quotes."""
    return _quoted(text)[1:-1]
