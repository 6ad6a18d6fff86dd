"""The reports of many markets on one index: one sortable table, and small figures.

The table holds the numbers of the tiles and more, for those who sort or listen.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from migration.numerals import p_words
from migration.report.effects import Effect, Key, effects_of
from migration.report.market_names import market_of, name_of
from migration.report.pages import (
    Record,
    address,
    link,
    parameters,
    run_files,
    status,
    table,
    vintage,
    when,
)

FIGURES = "Each report's figure"
MOST_THUMBNAIL_BYTES = 1_400_000  # of all in one page, before base64 adds a third


def has_markets(records: Iterable[Record]) -> bool:
    """Whether any is of one market, so that the page shows markets at all."""
    return any(market_of(record) for record in records)


def split_markets(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Those of one market each, and the others."""
    of_one = [record for record in records if market_of(record)]
    return of_one, [record for record in records if not market_of(record)]


def figures_section(
    manifests: Sequence[Record], thumbnails: Mapping[str, bytes]
) -> str:
    """The figure that each report leads with, small, on its way to the report."""
    shown, taken, left = [], 0, 0
    for manifest in sorted(manifests, key=market_of):
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
        f'<h2 id="figures">{FIGURES}</h2><ul class="smalls">{"".join(shown)}</ul>{more}'
    )


def reports_section(manifests: Sequence[Record], failed: set[str]) -> str:
    """All reports of the study as one table that can be sorted."""
    if not manifests:
        return ""
    keys = list(
        dict.fromkeys(key for m in manifests if market_of(m) for key in effects_of(m))
    )
    head = ["Report", "Market", *(_named(key, keys) for key in keys)]
    head += ["Status", "Data vintage", "Rendered (UTC)", "Files"]
    rows = [_row(manifest, keys, failed) for manifest in manifests]
    asked = [parameters(manifest) for manifest in manifests]
    if set(asked) != {parameters({"given": {}})}:  # a column that says something
        at = len(head) - 3
        head.insert(at, "Parameters")
        for row, said in zip(rows, asked, strict=True):
            row.insert(at, said)
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


def _small(manifest: Record, image: bytes) -> str:
    code = market_of(manifest)
    about = manifest.get("figure")
    told = str(about.get("alt", "")) if isinstance(about, Mapping) else ""
    alt = told or f"Figure of {manifest['title']}"
    name = f"<b>{escape(code)}</b> {escape(name_of(manifest))}"
    label = name if code else escape(str(manifest["title"]))
    width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    data = base64.b64encode(image).decode("ascii")
    return (
        f'<li><a href="{address(manifest["report"])}.html">{label}</a>'
        f'<img width="{width // 2}" height="{height // 2}" '
        f'alt="{escape(alt)}" src="data:image/png;base64,{data}"></li>'
    )


def _row(manifest: Record, keys: Sequence[Key], failed: set[str]) -> list[str]:
    effects = effects_of(manifest)
    code = market_of(manifest)
    name = f"{escape(code)} {escape(name_of(manifest))}" if code else ""
    return [
        f'<th scope="row">{link(manifest)}</th>',
        name,
        *(_cell(effects.get(key)) for key in keys),
        status(manifest, failed),
        escape(vintage(manifest["vintage"])),
        when(manifest),
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
    return p_words(value) if value == value else ""


def _named(key: Key, keys: Iterable[Key]) -> str:
    """App, and what else is needed to tell it from the others."""
    app, event, notebook = key
    events = {one[1] for one in keys if one[1]}
    notebooks = {one[2] for one in keys}
    more = [event] if len(events) > 1 and event else []
    more += [notebook] if len(notebooks) > 1 else []
    return ", ".join([app, *more])
