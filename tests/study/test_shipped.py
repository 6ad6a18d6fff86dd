from collections import Counter
from datetime import date, timedelta

import pytest

from migration.clock import event_day, exposure
from migration.sources import load_calendar
from migration.study import load_study


@pytest.fixture(scope="module")
def whatsapp():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="module")
def simulated():
    return load_study("simulated-2021")


def test_the_events_are_the_rows_of_the_calendar(whatsapp):
    calendar = load_calendar().set_index("id")
    events = {event.calendar: event for event in whatsapp.events}
    assert list(events) == list(calendar.index)
    assert len(events) == len(whatsapp.events) == 36
    for row, event in events.items():
        written = calendar.loc[row]
        start = event.instant or event.start
        assert start == type(start).fromisoformat(written["start"]), row
        end = event.end_instant or event.end
        assert end == (end and type(end).fromisoformat(written["end"])), row
        assert bool(end) == bool(written["end"]), row
        assert event.citation == written["sources"] or row == "E24"


def test_the_notice_and_the_delay(whatsapp):
    notice, delay = whatsapp.event("notice"), whatsapp.event("delay")
    assert [e.id for e in whatsapp.events if e.role == "focal"] == ["notice", "delay"]
    assert event_day(notice, "UTC").day_zero == date(2021, 1, 6)
    assert event_day(notice, "UTC").rule == "declared"
    assert (notice.window, delay.window) == ((0, 8), (0, 8))
    assert event_day(delay, "UTC").partial == date(2021, 1, 15)
    zone = whatsapp.market("IN").zone
    assert event_day(delay, zone).partial == date(2021, 1, 16)
    us = exposure(delay.instant, whatsapp.market("US").zone)
    assert us.before == pytest.approx(0.62, abs=0.006)


def test_the_roles_of_the_other_events(whatsapp):
    roles = Counter(event.role for event in whatsapp.events)
    assert roles == {"focal": 2, "confounder": 32, "placebo": 1, "positive control": 1}
    assert whatsapp.event("original-deadline").start == date(2021, 2, 8)
    assert whatsapp.event("facebook-outage").role == "positive control"
    outage = whatsapp.event("signal-outage")
    assert outage.instant < whatsapp.event("delay").instant < outage.end_instant


def test_the_origin_is_both_wrappers_until_the_rename(whatsapp):
    origin = whatsapp.app("whatsapp")
    assert set(origin.ids["flathub"]) == {"io.bit3.WhatsAppQT", "com.gigitux.gtkwhats"}
    assert origin.until == {"flathub": date(2021, 1, 17)}
    named = {name for app in whatsapp.apps for name in app.ids.get("flathub", ())}
    flathub = whatsapp.source("flathub")
    assert "com.gigitux.youp" not in named | set(flathub.controls)
    assert "com.gigitux.youp" in flathub.options["left_out"]
    assert len(flathub.controls) == 99
    assert set(flathub.doubtful) == {
        "com.anydesk.Anydesk",
        "com.dropbox.Client",
        "com.github.unrud.VideoDownloader",
    }


def test_the_markets_and_what_is_held_against_them(whatsapp):
    markets = {market.code: market for market in whatsapp.markets}
    assert len(markets) == 60
    assert "NA" in markets
    assert {code for code, m in markets.items() if m.excluded} == {
        "US", "TR", "IR", "HK",
    }  # fmt: skip
    assert all(m.contaminated for m in markets.values() if m.excluded)
    assert all(markets[code].contaminated for code in whatsapp.expand("EU-UK"))
    assert markets["BR"].contaminated is None
    assert len(whatsapp.expand("EU")) == 27
    assert all(markets[c].note for c in ("US", "BR", "RU", "AU"))


def test_the_simulated_study_says_so_and_has_the_same_markets(whatsapp, simulated):
    assert simulated.simulated
    assert simulated.title.startswith("SIMULATED")
    assert not whatsapp.simulated
    codes = [[(m.code, m.zone) for m in s.markets] for s in (whatsapp, simulated)]
    assert codes[0] == codes[1]
    assert len(simulated.source("simulated").controls) == 99
    assert simulated.source("simulated").options["seed"] == 20210106


FROM_FILES = {
    "twitter-2022": (date(2022, 10, 28), date(2022, 11, 18), "layoffs"),
    "reddit-2023": (date(2023, 6, 12), date(2023, 7, 1), "threads"),
}


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_study_from_files_alone_has_two_focal_events_and_brings_no_data(name):
    study = load_study(name)
    first, second, _ = FROM_FILES[name]
    days = [event_day(e, "UTC").day_zero for e in study.events if e.role == "focal"]
    assert days == [first, second]
    assert study.baseline.end < first
    assert [s.id for s in study.sources if s.enabled] == ["own_csv"]
    assert not study.simulated
    assert all(event.citation for event in study.events)


def test_the_windows_end_before_the_next_great_event():
    for name, number in (("twitter-2022", 0), ("reddit-2023", 1)):
        study = load_study(name)
        focal = [event for event in study.events if event.role == "focal"][number]
        ends = event_day(focal, "UTC").day_zero + timedelta(days=focal.window[1])
        assert ends < study.event(FROM_FILES[name][2]).start
