from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.clock import Dated, event_day, exposure, known_zones, touched_days
from migration.errors import ClockError
from migration.study import Event

DELAY = datetime(2021, 1, 15, 19, 45, tzinfo=UTC)
SOME_ZONES = st.sampled_from(
    [
        "UTC",
        "Asia/Kolkata",
        "America/New_York",
        "Pacific/Apia",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "America/Havana",
        "Asia/Kathmandu",
    ]
)
INSTANTS = st.datetimes(
    min_value=datetime(2005, 1, 1), max_value=datetime(2030, 1, 1)
).map(lambda naive: naive.replace(tzinfo=UTC))


def event(**more) -> Dated:
    given = {"id": "e", "label": "An event", "role": "confounder", "markets": ("all",)}
    given |= {"precision": "day", "severity": "low", "citation": "made up"}
    return Event(**given | more)


@pytest.mark.parametrize(
    ("zone", "day", "before"),
    [
        ("UTC", date(2021, 1, 15), 19.75 / 24),
        ("America/New_York", date(2021, 1, 15), 14.75 / 24),
        ("America/Sao_Paulo", date(2021, 1, 15), 16.75 / 24),
        ("Asia/Kolkata", date(2021, 1, 16), 1.25 / 24),
    ],
)
def test_the_delay_splits_the_days_that_the_record_says(zone, day, before):
    split = exposure(DELAY, zone)
    assert split.day == day
    assert split.before == pytest.approx(before, abs=1e-12)
    assert split.after == pytest.approx(1 - before, abs=1e-12)


def test_the_shares_of_the_record_in_words():
    """82% in UTC, 62% (61.5) in US Eastern, and all of the 15th in India."""
    assert round(exposure(DELAY, "UTC").before, 2) == 0.82
    assert 0.61 < exposure(DELAY, "America/New_York").before < 0.62
    assert exposure(DELAY, "Asia/Kolkata").day > date(2021, 1, 15)


@pytest.mark.parametrize(
    ("instant", "hours"),
    [
        (datetime(2021, 3, 14, 16, tzinfo=UTC), 11 / 23),  # clocks go forward at 2
        (datetime(2021, 11, 7, 17, tzinfo=UTC), 13 / 25),  # and back at 2
        (datetime(2021, 3, 15, 16, tzinfo=UTC), 12 / 24),
    ],
)
def test_noon_in_new_york_on_days_of_23_25_and_24_hours(instant, hours):
    assert exposure(instant, "America/New_York").before == pytest.approx(hours)


def test_a_day_that_starts_at_one_has_23_hours():
    """Havana, 14 March 2021: midnight is skipped, 12:00 is 11 hours into the day."""
    noon = datetime(2021, 3, 14, 16, tzinfo=UTC)
    assert exposure(noon, "America/Havana").before == pytest.approx(11 / 23)


@given(instant=INSTANTS, zone=SOME_ZONES)
def test_the_shares_of_a_day_sum_to_one_and_grow_with_time(instant, zone):
    split, later = (
        exposure(i, zone) for i in (instant, instant + timedelta(minutes=7))
    )
    assert 0 <= split.before < 1
    assert split.before + split.after == pytest.approx(1)
    assert (later.day, later.before) > (split.day, split.before)


@given(instant=INSTANTS, zone=SOME_ZONES, hours=st.integers(-12, 14))
def test_the_zone_that_an_instant_is_written_in_changes_nothing(instant, zone, hours):
    elsewhere = instant.astimezone(timezone(timedelta(hours=hours)))
    assert exposure(elsewhere, zone) == exposure(instant, zone)
    first, second = (
        event_day(event(instant=i, precision="minute"), zone)
        for i in (instant, elsewhere)
    )
    assert first == second


@pytest.mark.parametrize(
    ("zone", "partial", "day_zero"),
    [
        ("UTC", date(2021, 1, 15), date(2021, 1, 16)),
        ("America/New_York", date(2021, 1, 15), date(2021, 1, 16)),
        ("Asia/Kolkata", date(2021, 1, 16), date(2021, 1, 17)),
    ],
)
def test_day_zero_is_the_first_day_wholly_after_the_delay(zone, partial, day_zero):
    found = event_day(event(instant=DELAY, precision="minute"), zone)
    assert (found.partial, found.day_zero) == (partial, day_zero)
    assert found.rule == "first full day after the instant"
    assert found.before == exposure(DELAY, zone).before


def test_an_instant_at_midnight_splits_no_day():
    midnight = datetime(2021, 1, 15, 18, 30, tzinfo=UTC)
    found = event_day(event(instant=midnight, precision="minute"), "Asia/Kolkata")
    assert (found.partial, found.day_zero) == (None, date(2021, 1, 16))
    assert found.before == 0


def test_a_day_that_never_was_is_no_day_zero():
    """Samoa went from 29 to 31 December 2011."""
    instant = datetime(2011, 12, 29, 20, tzinfo=UTC)
    found = event_day(event(instant=instant, precision="minute"), "Pacific/Apia")
    assert (found.partial, found.day_zero) == (date(2011, 12, 29), date(2011, 12, 31))


def test_an_event_known_to_the_day_starts_on_it_everywhere():
    days = event(start=date(2021, 1, 11), end=date(2021, 1, 13))
    for zone in ("UTC", "Pacific/Apia"):
        found = event_day(days, zone)
        assert (found.day_zero, found.partial) == (date(2021, 1, 11), None)
        assert found.rule == "calendar day"
        assert touched_days(days, zone) == (date(2021, 1, 11), date(2021, 1, 13))


def test_a_declared_day_wins_and_is_named():
    declared = date(2021, 1, 6)
    rolled_out = event(start=date(2021, 1, 5), end=date(2021, 1, 8), day_zero=declared)
    found = event_day(rolled_out, "UTC")
    assert (found.day_zero, found.rule) == (declared, "declared")
    assert touched_days(rolled_out, "UTC")[0] == date(2021, 1, 5)


@pytest.mark.parametrize(
    ("day_zero", "partial"),
    [(date(2021, 1, 15), None), (date(2021, 1, 18), date(2021, 1, 15))],
)
def test_a_declared_day_that_is_the_split_one_is_partial_no_more(day_zero, partial):
    told = event(instant=DELAY, precision="minute", day_zero=day_zero)
    found = event_day(told, "UTC")
    assert (found.day_zero, found.partial) == (day_zero, partial)
    assert (found.before > 0) == (partial is not None)


@pytest.mark.parametrize(
    ("zone", "last"),
    [
        ("UTC", date(2021, 1, 17)),  # six minutes of it
        ("America/New_York", date(2021, 1, 16)),
        ("Asia/Kolkata", date(2021, 1, 17)),
    ],
)
def test_an_outage_touches_each_day_that_it_has_a_part_of(zone, last):
    outage = event(
        instant=datetime(2021, 1, 15, 16, tzinfo=UTC),
        end_instant=datetime(2021, 1, 17, 0, 6, 3, tzinfo=UTC),
        precision="hour",
    )
    assert touched_days(outage, zone) == (date(2021, 1, 15), last)


def test_an_outage_that_ends_at_midnight_leaves_the_next_day_alone():
    outage = event(
        instant=datetime(2021, 1, 15, 16, tzinfo=UTC),
        end_instant=datetime(2021, 1, 17, tzinfo=UTC),
        precision="hour",
    )
    assert touched_days(outage, "UTC") == (date(2021, 1, 15), date(2021, 1, 16))


def test_an_instant_touches_its_own_day():
    told = event(instant=DELAY, precision="minute")
    assert touched_days(told, "Asia/Kolkata") == (date(2021, 1, 16),) * 2


def test_an_instant_without_a_zone_is_refused_with_an_example():
    with pytest.raises(ClockError, match=r"needs a time zone.*2021-01-15T19:45:00Z"):
        exposure(datetime(2021, 1, 15, 19, 45), "UTC")


@pytest.mark.parametrize("zone", ["India", "asia/kolkata", "localtime", "", "../UTC"])
def test_an_unknown_zone_is_refused(zone):
    assert zone not in known_zones()
    for place in (
        lambda: exposure(DELAY, zone),
        lambda: event_day(event(start=date(2021, 1, 5)), zone),
        lambda: touched_days(event(start=date(2021, 1, 5)), zone),
    ):
        with pytest.raises(ClockError, match="not an IANA time zone"):
            place()


def test_an_event_without_any_time_is_refused_by_name():
    for place in (event_day, touched_days):
        with pytest.raises(ClockError, match=r"'e' needs an instant or a start day"):
            place(event(), "UTC")
