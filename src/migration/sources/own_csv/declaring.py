"""Whether a file that is to be added parses with what was said of it, and for whom."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from migration.errors import CannotAsk, NoData, SourceError
from migration.sources.own_csv.apps import SOURCE
from migration.sources.own_csv.reading import Reading, read
from migration.sources.own_csv.said import (
    Said,
    Unsaid,
    as_option,
    check_said,
)
from migration.sources.own_csv.sensor_tower import said_by_name
from migration.sources.own_csv.vintages import Matched, match_reading
from migration.sources.places import country_name

if TYPE_CHECKING:
    from migration.study import Study

LONGEST_CHART = 1_000  # places that a store's chart shows


def declare(
    study: "Study", name: str, content: bytes, said: Mapping[str, str]
) -> Mapping[str, str]:
    """Check that a file parses with what was said of it.

    Parameters
    ----------
    study : Study
        It must know one of the file's apps, markets and metrics.
    name : str
        The file's own name, which may tell the market.
    content : bytes
    said : mapping
        Keys and what they need: :data:`migration.sources.own_csv.said.KEYS`.

    Returns
    -------
    mapping
        All that the file is read by, in one form: what was said, and what was read.

    Raises
    ------
    CannotAsk
        Something must be said; the message has an example of everything that is
        lacking, which together would do.
    SourceError
        The file cannot be read, or is of nothing that the study knows.
    """
    spec = study.source(SOURCE)
    known = check_said(said)
    if known.get("use") == "no":
        return known
    told = said_by_name(name)
    if "device" in told:
        known.setdefault("device", told["device"])
    reading, known = _read_with(content, known, told)
    zone = known.setdefault("zone", spec.zone)
    _check_known(match_reading(reading, study, zone=zone), study)
    metrics = sorted(reading.units)
    if not set(metrics) & set(spec.metrics):
        raise CannotAsk(
            f"the study reads {', '.join(spec.metrics)} from {SOURCE}, and the file "
            f"holds {', '.join(metrics)}: add it to metrics in the study, "
            f"metrics = {json.dumps([*spec.metrics, *metrics])} under {SOURCE}, or say "
            "metric"
        )
    found = {"form": reading.form, "vendor": reading.vendor, **reading.about}
    if len(metrics) == 1:
        found["metric"] = metrics[0]
    return {key: text for key, text in (known | found).items() if text}


def _read_with(
    content: bytes, said: Said, told: Said
) -> tuple[Reading, dict[str, str]]:
    """Read; where something is lacking, go on with an example to find what else is."""
    known, lacking = dict(said), dict[str, Unsaid]()
    try:
        reading = _ask(content, known, lacking, told)
    except SourceError as error:
        if lacking:
            raise _all_lacking(lacking, {}) from error
        raise
    if lacking:
        raise _all_lacking(lacking, _of_ranks(content, said, lacking, told))
    return reading, known


def _ask(
    content: bytes, known: dict[str, str], lacking: dict[str, Unsaid], told: Said
) -> Reading:
    """Read, with an example under each key that is lacking, which both note."""
    while True:
        try:
            return read(content, known)
        except Unsaid as error:
            if error.key in known:  # said, and yet it does not do
                lacking[error.key] = error
                raise
            known[error.key] = told.get(error.key, error.example)
            if error.key not in told:
                lacking[error.key] = error


def _of_ranks(
    content: bytes, said: Said, lacking: Mapping[str, Unsaid], told: Said
) -> dict[str, Unsaid]:
    """What would be lacking besides, were the figures ranks: nobody said which."""
    if "metric" not in lacking:
        return {}
    more = dict[str, Unsaid]()
    with suppress(SourceError):
        _ask(content, {**said, "metric": "rank"}, more, told)
    if int(more["chart_size"].example if "chart_size" in more else 0) > LONGEST_CHART:
        return {}  # figures of thousands are counts
    return {key: one for key, one in more.items() if key not in lacking}


def _all_lacking(
    lacking: Mapping[str, Unsaid], of_ranks: Mapping[str, Unsaid]
) -> CannotAsk:
    more = f"; of ranks, {_whys(of_ranks)}, too" if of_ranks else ""
    more += f", such as {_options(of_ranks)}" if of_ranks else ""
    return CannotAsk(
        f"the file does not say {_whys(lacking)}{more}. Add, with your own: "
        f"{_options(lacking)}"
    )


def _whys(lacking: Mapping[str, Unsaid]) -> str:
    return "; ".join(f"{key} ({one.why})" for key, one in lacking.items())


def _options(lacking: Mapping[str, Unsaid]) -> str:
    return " ".join(as_option(key, one.example) for key, one in lacking.items())


def _check_known(matched: Matched, study: "Study") -> None:
    """Refuse a file of which the study would see nothing."""
    if not matched.rows.empty:
        return
    if matched.markets:
        own = ", ".join(market.code for market in study.markets[:8])
        first = matched.markets[0]
        raise NoData(
            f"the file is of {', '.join(matched.markets[:8])}, and none is a market of "
            f'the study ({own}): add it there, such as {{ code = "{first}", '
            f'name = "{country_name(first)}", zone = "UTC" }}, or with its own zone'
        )
    names = ", ".join(repr(name) for name in matched.apps[:5])
    raise NoData(
        f"none of the file's {len(matched.apps)} apps is one of the study's: it has "
        f"{names}; put the name or the number that it has there under ids.{SOURCE}"
    )
