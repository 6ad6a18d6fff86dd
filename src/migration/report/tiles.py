"""Effects of many markets as tiles: each in words, which its colour only repeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from migration.report.effects import (
    Effect,
    Key,
    effects_of,
    largest_of,
    shade,
    step_words,
)
from migration.report.market_names import market_of, name_of
from migration.report.pages import Record, address
from migration.study.regions import REGIONS, region_of

FEW_MARKETS = 12  # that need no headings by part of the world
NOTHING = "–"
_TILES = (
    "Each tile is a market's own estimate with its 95% interval. A tile is coloured "
    "where the interval leaves zero out, and dashed where it holds zero. Markets that "
    "the same event hit on the same days are not independent draws."
)
_TABLE = 'The <a href="#reports">table</a> holds the same numbers.'


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A market's report in place, or its failure where there is none."""

    market: str
    record: Record
    failed: bool
    effects: Mapping[Key, Effect]


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


def _placed(manifests: Sequence[Record], failures: Sequence[Record]) -> list[Placed]:
    failed = {str(one["report"]) for one in failures}
    in_place = {str(one["report"]) for one in manifests}
    lost = [one for one in failures if str(one["report"]) not in in_place]
    made = [
        Placed(
            market=market_of(one),
            record=one,
            failed=str(one["report"]) in failed,
            effects=effects_of(one) if one not in lost else {},
        )
        for one in (*manifests, *lost)
    ]
    return sorted(made, key=lambda one: one.market)


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
