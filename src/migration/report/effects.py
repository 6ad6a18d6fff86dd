"""One headline effect as the index shows it: a size, its interval, how sure it is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migration.numerals import with_minus
from migration.report.manifest import table_text

NO_NUMBER = "no defensible number"
UNBOUNDED = "unbounded"
Key = tuple[str, str, str]  # app, event, notebook
STEPS = 3  # of colour, each way


@dataclass(frozen=True, kw_only=True)
class Effect:
    """An effect of one report.

    Attributes
    ----------
    size : float
        The estimate or, where only a bound is known, the end that lies nearest to
        zero; NaN where there is no number that could be defended.
    low, high : float
        The interval's ends; infinite where nothing bounds them.
    value, interval : str
        In words. Where there is no number ``value`` says so and ``interval`` why.
    p_value : float
    """

    size: float
    low: float
    high: float
    value: str
    interval: str
    p_value: float

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return not math.isnan(self.size)

    @property
    def told(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.known and (self.low > 0 or self.high < 0)


def effect_of(row: Mapping[str, Any]) -> Effect:
    """A headline row as an effect; rows of older cards lack some of its keys."""
    low, high = _end(row.get("conf_low"), -1), _end(row.get("conf_high"), 1)
    point = _number(row.get("estimate"))
    size = _nearest(low, high) if math.isnan(point) else point
    value, interval = _in_words(row, point)
    if math.isnan(size):
        reason = str(row.get("change") or "")
        for said in ("not an effect: ", "not estimated: "):
            reason = reason.removeprefix(said)
        value, interval = NO_NUMBER, reason
    return Effect(
        size=size,
        low=low,
        high=high,
        value=value,
        interval=interval,
        p_value=_number(row.get("p_value")),
    )


def shade(effect: Effect, largest: float) -> str:
    """Class of a tile: how far up or down, muted, or without a number."""
    if not effect.known:
        return "none"
    if not effect.told:
        return "muted"
    share = abs(effect.size) / largest if largest > 0 else 1.0
    step = min(int(share * STEPS) + 1, STEPS)
    return f"{'up' if effect.size > 0 else 'down'}{step}"


def largest_of(effects: Iterable[Effect]) -> float:
    """The largest size of those told from zero; 0 where none is."""
    return max((abs(e.size) for e in effects if e.told), default=0.0)


def step_words(largest: float, effects: Sequence[Effect]) -> list[tuple[str, str]]:
    """Each class that occurs, with what it means."""
    percent = any("%" in e.value or "×" in e.value for e in effects)
    edges = [largest * step / STEPS for step in range(STEPS + 1)]
    words = {"muted": "the interval holds zero", "none": NO_NUMBER}
    for step in range(1, STEPS + 1):
        for name, sign in (("up", 1), ("down", -1)):
            ends = [_size(sign * edges[step - 1 + i], percent=percent) for i in (0, 1)]
            words[f"{name}{step}"] = f"{ends[0]} to {ends[1]}"
    seen = {shade(effect, largest) for effect in effects}
    order = [f"down{n}" for n in range(STEPS, 0, -1)]
    order += ["muted", *(f"up{n}" for n in range(1, STEPS + 1)), "none"]
    return [(name, words[name]) for name in order if name in seen]


def _size(value: float, *, percent: bool) -> str:
    if not percent:
        return with_minus(f"{value:+.2g}") if value else "0"
    change = 100 * math.expm1(min(value, 500.0))
    return with_minus(f"{change:+,.0f}%") if round(change) else "0%"


def _in_words(row: Mapping[str, Any], point: float) -> tuple[str, str]:
    """Value and interval of a row: its own words, or made from its numbers."""
    said = str(row.get("change") or "")
    if said:
        value, found, interval = said.partition(" (")
        return value, interval.removesuffix(")") if found else ""
    ends = [row.get("conf_low"), row.get("conf_high")]
    interval = " to ".join(map(table_text, ends)) if None not in ends else ""
    return table_text(row.get("estimate")) if not math.isnan(point) else "", interval


def _nearest(low: float, high: float) -> float:
    """Of a bound without a point: the end nearest to zero, 0 where it holds zero."""
    if (math.isinf(low) and math.isinf(high)) or math.isnan(low) or math.isnan(high):
        return math.nan
    return low if low > 0 else high if high < 0 else 0.0


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def _end(value: object, sign: int) -> float:
    if value == UNBOUNDED:
        return sign * math.inf
    return _number(value)


def effects_of(record: Mapping[str, Any]) -> dict[Key, Effect]:
    """App, event and notebook to effect; of several rows the first counts."""
    found: dict[Key, Effect] = {}
    notebook = str(record["report"]).split("--")[0]
    for row in record["headline"]:
        key = (str(row.get("app") or "Effect"), str(row.get("event") or ""), notebook)
        found.setdefault(key, effect_of(row))
    return found
