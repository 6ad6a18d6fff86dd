"""Each market's path after the event as a small drawing, all on one scale.

Made from manifests alone: the days, estimates and intervals that a report's card hands
over. An interval that leaves the scale is cut at its edge, and the words say its ends.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from migration.report.market_names import market_of, name_of
from migration.report.pages import Record, address

WIDTH, HEIGHT = 230, 118
LEFT, RIGHT, TOP, BOTTOM = 44, 6, 8, 20
PERCENTS = (
    *(-99, -95, -90, -75, -50, -25, 0, 25, 50, 100, 200, 400, 900, 1900, 4900, 9900),
)
MOST_TICKS = 4
LARGEST = 1e12  # beyond it a number bounds nothing that can be drawn
SPREAD = 0.9  # share of all intervals' ends that the scale holds, with every estimate
_LEAD = (
    "Each line is a market's effect by day from the event, the shade its pointwise 95% "
    "interval, cut where it leaves the scale. All drawings of an app share one scale. "
    "A market without a defensible number has none."
)
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class SmallPath:
    """One market's path of one app: days from the event, and NaN where not known."""

    record: Record
    days: Sequence[int]
    estimate: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    log: bool


@dataclass(frozen=True)
class _Scale:
    first: int
    last: int
    low: float
    high: float

    def x(self, day: float) -> float:
        width = WIDTH - LEFT - RIGHT
        return LEFT + width * (day - self.first) / max(self.last - self.first, 1)

    def y(self, value: float) -> float:
        """Cut at the edge of the drawing."""
        held = min(max(value, self.low), self.high)
        height = HEIGHT - TOP - BOTTOM
        return TOP + height * (self.high - held) / (self.high - self.low)


def paths_section(manifests: Sequence[Record]) -> str:
    """The drawings of all markets, an app after the other; empty where none has one."""
    found: dict[Key, list[SmallPath]] = {}
    for manifest in sorted(manifests, key=market_of):
        for key, path in paths_of(manifest).items():
            found.setdefault(key, []).append(path)
    if not found:
        return ""
    grids = "".join(_grid(key, held) for key, held in found.items())
    return f'<h2 id="paths">Day by day</h2><p>{_LEAD}</p>{grids}'


def paths_of(manifest: Record) -> dict[Key, SmallPath]:
    """The paths that a manifest holds, as far as they read; the first of each app."""
    held = manifest.get("paths")
    found: dict[Key, SmallPath] = {}
    for one in held if isinstance(held, list) else []:
        path = _read(manifest, one)
        if path is not None:
            notebook = str(manifest["report"]).split("--")[0]
            key = (str(one.get("app") or ""), str(one.get("event") or ""), notebook)
            found.setdefault(key, path)
    return found


def _read(manifest: Record, one: Any) -> SmallPath | None:
    if not isinstance(one, Mapping):
        return None
    columns = [one.get(name) for name in ("days", "estimate", "low", "high")]
    if not all(isinstance(column, list) and column for column in columns):
        return None
    days, *rest = ([_number(v) for v in column or []] for column in columns)
    if len({len(days), *map(len, rest)}) > 1 or not all(map(math.isfinite, days)):
        return None
    if not any(map(math.isfinite, rest[0])):
        return None
    return SmallPath(
        record=manifest,
        days=[int(day) for day in days],
        estimate=rest[0],
        low=rest[1],
        high=rest[2],
        log=one.get("log") is True,
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if abs(value) < LARGEST else math.copysign(math.inf, value)


def _grid(key: Key, paths: Sequence[SmallPath]) -> str:
    app, event, _ = key
    heading = escape(f"{app}, after {event}" if event else app)
    scale = _scale(paths)
    items = "".join(_item(path, scale, app) for path in paths)
    return f'<section><h3>{heading}</h3><ul class="smalls">{items}</ul></section>'


def _scale(paths: Sequence[SmallPath]) -> _Scale:
    """Every estimate, zero, and most of the intervals: a wide one squeezes no other."""
    middle = [v for path in paths for v in path.estimate if math.isfinite(v)]
    lows = sorted(v for path in paths for v in path.low if math.isfinite(v))
    highs = sorted(v for path in paths for v in path.high if math.isfinite(v))
    lower = lows[int((1 - SPREAD) * (len(lows) - 1))] if lows else 0.0
    upper = highs[int(SPREAD * (len(highs) - 1))] if highs else 0.0
    low, high = min(0.0, lower, *middle), max(0.0, upper, *middle)
    room = 0.04 * (high - low) or 1.0
    days = [day for path in paths for day in path.days]
    return _Scale(min(days), max(days), low - room, high + room)


def _item(path: SmallPath, scale: _Scale, app: str) -> str:
    record = path.record
    name = f"<b>{escape(market_of(record))}</b> {escape(name_of(record))}"
    to = f'<a href="{address(record["report"])}.html">{name}</a>'
    words = escape(_words(path, app))
    marks = "".join((_ticks(scale, log=path.log), _days(scale), _drawn(path, scale)))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<li>{to}<svg role="img" aria-label="{words}" {size}>{marks}</svg></li>'


def _words(path: SmallPath, app: str) -> str:
    """The largest day, for those who cannot see the drawing."""
    known = [n for n, value in enumerate(path.estimate) if math.isfinite(value)]
    at = max(known, key=lambda n: abs(path.estimate[n]))
    value, *ends = (
        _label(column[at], log=path.log)
        for column in (path.estimate, path.low, path.high)
    )
    return (
        f"{app} by day from {path.days[0]} to {path.days[-1]}: largest on day "
        f"{path.days[at]}, {value} ({ends[0]} to {ends[1]})"
    ).replace("-", "−")


def _drawn(path: SmallPath, scale: _Scale) -> str:
    """The interval's shade and the line, broken where a day is not known."""
    marks = []
    for run in _runs(path):
        x = [scale.x(path.days[n]) for n in run]
        upper = [scale.y(_or(path.high[n], math.inf)) for n in run]
        lower = [scale.y(_or(path.low[n], -math.inf)) for n in run]
        around = [*zip(x, upper, strict=True)]
        around += reversed([*zip(x, lower, strict=True)])
        middle = [*zip(x, (scale.y(path.estimate[n]) for n in run), strict=True)]
        marks.append(f'<path class="band" d="M{_points(around)}Z"/>')
        marks.append(f'<path class="line" d="M{_points(middle)}"/>')
    return "".join(marks)


def _or(value: float, other: float) -> float:
    return other if math.isnan(value) else value


def _runs(path: SmallPath) -> list[list[int]]:
    runs: list[list[int]] = [[]]
    for number, value in enumerate(path.estimate):
        if math.isfinite(value):
            runs[-1].append(number)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _ticks(scale: _Scale, *, log: bool) -> str:
    marks = []
    for value in _tick_values(scale, log=log):
        y = scale.y(value)
        kind = "zero" if value == 0 else "rule"
        label = _label(value, log=log)
        marks.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        marks.append(
            f'<text x="{LEFT - 4}" y="{y + 3.5:.1f}" text-anchor="end">{label}</text>'
        )
    return "".join(marks)


def _tick_values(scale: _Scale, *, log: bool) -> list[float]:
    """Zero and a few round values of the scale, not nearer than their labels are."""
    if log:
        wanted = [math.log1p(percent / 100) for percent in PERCENTS]
    else:
        step = 10.0 ** math.floor(math.log10((scale.high - scale.low) / 2))
        wanted = [n * step for n in range(-50, 51)]
    inside = [value for value in wanted if scale.low < value < scale.high]
    kept = [0.0]
    for value in sorted(inside, key=lambda v: -abs(v)):
        apart = min(abs(scale.y(value) - scale.y(other)) for other in kept)
        if apart >= (HEIGHT - TOP - BOTTOM) / MOST_TICKS and len(kept) < MOST_TICKS:
            kept.append(value)
    return kept


def _days(scale: _Scale) -> str:
    marks = [f'<path class="day" d="M{scale.x(0):.1f} {TOP}V{HEIGHT - BOTTOM}"/>']
    shown = {day for day in (scale.first, 0, scale.last) if day >= scale.first}
    for day in sorted(shown):
        x, said = scale.x(day), f"{day}".replace("-", "−")
        unit = " days" if day == scale.last else ""
        anchor = "end" if day == scale.last else "middle"
        marks.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">'
            f"{said}{unit}</text>"
        )
    return "".join(marks)


def _label(value: float, *, log: bool) -> str:
    if math.isnan(value) or math.isinf(value):
        return "unbounded"
    if not log:
        return f"{value:+.2g}".replace("-", "−") if value else "0"
    change = 100 * math.expm1(min(value, 500.0))
    return f"{change:+,.0f}%".replace("-", "−") if round(change) else "0%"
