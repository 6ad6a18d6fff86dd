"""The reports of many markets on one index: tiles, small figures, one sortable table.

Every tile says its value and interval in words; colour only repeats them. The table
below holds the same numbers and more, for those who sort or listen.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from migration.report.effects import (
    Effect,
    effect_of,
    largest_of,
    shade,
    step_words,
)
from migration.report.manifest import table_text
from migration.report.pages import (
    Record,
    address,
    link,
    parameters,
    run_files,
    status,
    table,
    vintage,
)
from migration.study.regions import REGIONS, region_of

MOST_THUMBNAIL_BYTES = 1_400_000  # of all in one page, before base64 adds a third
FEW_MARKETS = 12  # that need no headings by part of the world
NOTHING = "–"
_TILES = (
    "Each tile is a market's own estimate with its 95% interval. A tile is coloured "
    "where the interval leaves zero out, and dashed where it holds zero. Markets that "
    "the same event hit on the same days are not independent draws."
)
_TABLE = 'The <a href="#reports">table</a> holds the same numbers.'
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A market's report in place, or its failure where there is none."""

    market: str
    record: Record
    failed: bool
    effects: Mapping[Key, Effect]


def has_markets(records: Iterable[Record]) -> bool:
    """Whether any is of one market, so that the page shows markets at all."""
    return any(_market(record) for record in records)


def split_markets(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Those of one market each, and the others."""
    of_one = [record for record in records if _market(record)]
    return of_one, [record for record in records if not _market(record)]


def tiles_section(manifests: Sequence[Record], failures: Sequence[Record]) -> str:
    """A grid of tiles for each app and event, markets by region."""
    placed = _placed(manifests, failures)
    keys = dict.fromkeys(key for one in placed for key in one.effects)
    grids = [_grid(key, placed) for key in keys]
    if not grids:
        return ""
    number = len({one.market for one in placed})
    lead = f"<p>{_TILES}{_by_chance(number)} {_TABLE}</p>"
    return '<h2 id="markets">By market</h2>' + lead + "".join(grids)


def _by_chance(number: int) -> str:
    """How many of many markets are coloured where nothing happened in any."""
    if number <= FEW_MARKETS:
        return ""
    return (
        f" If nothing had happened in any of the {number}, about {number / 20:.0f} of "
        "each app would be coloured by chance."
    )


def figures_section(
    manifests: Sequence[Record], thumbnails: Mapping[str, bytes]
) -> str:
    """The first figure of each market's report, small, on its way to the report."""
    shown, taken, left = [], 0, 0
    for manifest in sorted(manifests, key=_market):
        image = thumbnails.get(str(manifest["report"]))
        if image is None:
            continue
        taken += len(image)
        if taken > MOST_THUMBNAIL_BYTES:
            left += 1
            continue
        shown.append(_small(manifest, image))
    if not shown:
        return ""
    more = f"<p>{left} more are in their reports.</p>" if left else ""
    return (
        '<h2 id="figures">First figures</h2>'
        f'<ul class="smalls">{"".join(shown)}</ul>{more}'
    )


def reports_section(manifests: Sequence[Record], failed: set[str]) -> str:
    """All reports of the study as one table that can be sorted."""
    if not manifests:
        return ""
    keys = list(
        dict.fromkeys(key for m in manifests if _market(m) for key in _effects(m))
    )
    head = ["Report", "Market", *(_named(key, keys) for key in keys)]
    head += ["Status", "Parameters", "Data vintage", "Rendered (UTC)", "Files"]
    rows = [_row(manifest, keys, failed) for manifest in manifests]
    caption = "All reports, each with its last good run"
    return '<h2 id="reports">Reports</h2>' + table(caption, head, rows, sortable=True)


def contents(parts: Sequence[tuple[str, str, str]]) -> str:
    """Links to the parts that the page has."""
    items = "".join(
        f'<li><a href="#{anchor}">{label}</a></li>'
        for anchor, label, part in parts
        if part
    )
    return f'<nav class="contents" aria-label="Contents"><ol>{items}</ol></nav>'


def name_of(record: Record) -> str:
    """The market's name in its study, where the record says it; else in English."""
    return str(record.get("market_name") or market_name(_market(record)))


@cache
def market_name(code: str) -> str:
    """A market's English name by its code; the code where it is no country."""
    if code == "WW":
        return "World"
    import pycountry  # reads its tables on import

    found = pycountry.countries.get(alpha_2=code)
    name = getattr(found, "common_name", None) or getattr(found, "name", code)
    return str(name).split(",")[0]


def _market(record: Record) -> str:
    return str(record.get("market") or "")


def _effects(record: Record) -> dict[Key, Effect]:
    """App, event and notebook to effect; of several rows the first counts."""
    found: dict[Key, Effect] = {}
    notebook = str(record["report"]).split("--")[0]
    for row in record["headline"]:
        key = (str(row.get("app") or "Effect"), str(row.get("event") or ""), notebook)
        found.setdefault(key, effect_of(row))
    return found


def _placed(manifests: Sequence[Record], failures: Sequence[Record]) -> list[Placed]:
    failed = {str(one["report"]) for one in failures}
    in_place = {str(one["report"]) for one in manifests}
    lost = [one for one in failures if str(one["report"]) not in in_place]
    made = [
        Placed(
            market=_market(one),
            record=one,
            failed=str(one["report"]) in failed,
            effects=_effects(one) if one not in lost else {},
        )
        for one in (*manifests, *lost)
    ]
    return sorted(made, key=lambda one: one.market)


def _named(key: Key, keys: Iterable[Key]) -> str:
    """App, and what else is needed to tell it from the others."""
    app, event, notebook = key
    events = {one[1] for one in keys if one[1]}
    notebooks = {one[2] for one in keys}
    more = [event] if len(events) > 1 and event else []
    more += [notebook] if len(notebooks) > 1 else []
    return ", ".join([app, *more])


def _grid(key: Key, placed: Sequence[Placed]) -> str:
    own = [one for one in placed if _belongs(one, key)]
    effects = [one.effects[key] for one in own if key in one.effects]
    largest = largest_of(effects)
    legend = "".join(
        f'<li><span class="tile {name}" aria-hidden="true"></span>{text}</li>'
        for name, text in step_words(largest, effects)
    )
    app, event, _ = key
    heading = f"{app}, after {event}" if event else app
    parted = {
        region: [one for one in own if _region(one) == region] for region in REGIONS
    }
    if len(own) <= FEW_MARKETS:
        parted = {"": own}
    groups = "".join(_group(name, held, key, largest) for name, held in parted.items())
    return (
        f'<section class="grid"><h3>{escape(heading)}</h3>'
        f'<ul class="legend" aria-label="Colours">{legend}</ul>{groups}</section>'
    )


def _region(one: Placed) -> str:
    return region_of(one.market)


def _belongs(one: Placed, key: Key) -> bool:
    return str(one.record["report"]).split("--")[0] == key[2]


def _group(region: str, own: Sequence[Placed], key: Key, largest: float) -> str:
    if not own:
        return ""
    tiles = "".join(_tile(one, one.effects.get(key), largest) for one in own)
    heading = f"<h4>{escape(region)}</h4>" if region else ""
    return f'{heading}<ul class="tiles">{tiles}</ul>'


def _tile(one: Placed, effect: Effect | None, largest: float) -> str:
    """One market: its code and name, its value and interval, or why there is none."""
    name = f"<b>{escape(one.market)}</b> {escape(name_of(one.record))}"
    if effect is None:
        why = "failed" if one.failed else NOTHING
        return f'<li class="tile none">{_to(one, name)}<span>{why}</span></li>'
    kind = shade(effect, largest)
    said = f'<span class="size">{escape(effect.value)}</span>'
    said += f"<span>{escape(effect.interval)}</span>"
    unsure = '<span class="unseen">; the interval holds zero</span>'
    later = '<span class="bad">a later run failed</span>' if one.failed else ""
    said += (unsure if kind == "muted" else "") + later
    return f'<li class="tile {kind}">{_to(one, name)}{said}</li>'


def _to(one: Placed, label: str) -> str:
    report = address(one.record["report"])
    place = (
        f"{report}.html"
        if "message" not in one.record
        else f"failed/{report}/traceback.txt"
    )
    return f'<a href="{place}">{label}</a>'


def _small(manifest: Record, image: bytes) -> str:
    code = _market(manifest)
    about = manifest.get("figure")
    told = str(about.get("alt", "")) if isinstance(about, Mapping) else ""
    alt = told or f"First figure of {manifest['title']}"
    width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    data = base64.b64encode(image).decode("ascii")
    return (
        f'<li><a href="{address(manifest["report"])}.html">'
        f"<b>{escape(code)}</b> {escape(name_of(manifest))}</a>"
        f'<img width="{width // 2}" height="{height // 2}" '
        f'alt="{escape(alt)}" src="data:image/png;base64,{data}"></li>'
    )


def _row(manifest: Record, keys: Sequence[Key], failed: set[str]) -> list[str]:
    effects = _effects(manifest)
    code = _market(manifest)
    finished = escape(str(manifest["timing"]["finished"]))
    name = f"{escape(code)} {escape(name_of(manifest))}" if code else ""
    return [
        f'<th scope="row">{link(manifest)}</th>',
        name,
        *(_cell(effects.get(key)) for key in keys),
        status(manifest, failed),
        parameters(manifest),
        escape(vintage(manifest["vintage"])),
        f'<td data-sort="{finished}"><time datetime="{_iso(finished)}">'
        f"{finished[:16]}</time></td>",
        run_files(manifest),
    ]


def _cell(effect: Effect | None) -> str:
    """An effect that sorts by its size; what has no number sorts last."""
    if effect is None:
        return '<td data-sort=""></td>'
    size = f"{effect.size:.6g}" if effect.known else ""
    kind = "size muted" if effect.known and not effect.told else "size"
    parts = [effect.value, effect.interval, _p_words(effect.p_value)]
    said = "<br>".join(escape(part) for part in parts if part)
    return f'<td class="{kind}" data-sort="{size}">{said}</td>'


def _p_words(value: float) -> str:
    return f"p = {table_text(value)}" if value == value else ""


def _iso(finished: str) -> str:
    return f"{finished.replace(' ', 'T')}Z" if finished[:4].isdigit() else finished
