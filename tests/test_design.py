import dataclasses as dc
import json

import numpy as np
import pandas as pd
import pytest

from migration.design import Design, design_for
from migration.errors import DesignError
from migration.study import load_study

GOOD = {
    "outcome": "y",
    "treated": ["signal"],
    "event": "2021-01-06",
    "window": (0, 8),
    "baseline": ("2020-11-01", "2021-01-03"),
    "controls": ["gimp", "krita"],
    "other_events": {"delay": ("2021-01-15", "2021-01-16")},
}


def test_a_design_by_hand_reads_back_as_written():
    design = Design(**GOOD)
    assert design.length == 9
    assert design.window_days == (
        pd.Timestamp("2021-01-06"),
        pd.Timestamp("2021-01-14"),
    )
    assert design.identification == "window"
    written = json.loads(json.dumps(design.to_dict()))
    assert written["event"] == "2021-01-06"
    assert Design(**GOOD, identification="bundle").identification == "bundle"


def test_one_name_is_a_unit_and_not_its_letters():
    assert Design(**GOOD | {"treated": "signal"}).treated == ("signal",)


def test_numbers_from_an_array_are_days_too():
    assert Design(**GOOD | {"window": list(np.arange(2))}).window == (0, 1)


def test_the_delay_counts_from_its_partial_day():
    """15 January is split by the delay: a window that holds it needs a label."""
    with pytest.raises(DesignError, match=r"holds 'delay' \(2021-01-15\)"):
        Design(**GOOD | {"window": (0, 9)})
    assert Design(**GOOD | {"window": (0, 9), "identification": "bundle"}).length == 10


def test_the_day_that_the_event_split_is_kept_until_the_event_moves():
    design = Design(**GOOD, touched="2021-01-05")
    assert design.touched == pd.Timestamp("2021-01-05")
    assert design.to_dict()["touched"] == "2021-01-05"
    assert design.but(window=(0, 3)).touched == pd.Timestamp("2021-01-05")
    assert design.but(event="2021-01-07", window=(0, 3)).touched is None
    assert Design(**GOOD).to_dict()["touched"] is None
    with pytest.raises(DesignError, match=r"touched is 2021-01-07, after day zero"):
        Design(**GOOD, touched="2021-01-07")


@pytest.mark.parametrize("label", ["", "window"])
def test_a_window_over_another_event_is_not_one_events(label):
    """The label says that the window holds no other event; this one does."""
    with pytest.raises(DesignError, match=r"holds 'delay'.*one of \('bundle', 'comb"):
        Design(**GOOD | {"window": (0, 9)}, identification=label)


def test_a_change_of_window_asks_for_its_label_again():
    bundle = Design(**GOOD, identification="bundle")
    with pytest.raises(DesignError, match="holds 'delay'"):
        bundle.but(window=(0, 12))
    assert bundle.but(baseline=("2020-12-01", "2021-01-03")).identification == "bundle"


DELAY = {
    "event": "2021-01-16",
    "other_events": {"notice": "2021-01-06"},
}


def test_the_second_event_is_refused_without_a_label():
    with pytest.raises(DesignError, match=r"both effects.*combined path"):
        Design(**GOOD | DELAY)
    with pytest.raises(DesignError, match="both effects"):
        Design(**GOOD | DELAY | {"identification": "window"})
    Design(**GOOD | DELAY | {"identification": "combined path"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"treated": []}, "names no unit"),
        (
            {"controls": ["signal", "gimp"]},
            r"\['signal'\] are named twice",
        ),
        ({"controls": ["gimp", "gimp"]}, r"\['gimp'\] are named twice"),
        ({"window": (0,)}, "two whole days"),
        ({"window": None}, "two whole days"),
        ({"baseline": None}, "first and a last day"),
        ({"competitors": ["gimp"]}, r"\['gimp'\] compete"),
        ({"window": (3, 1)}, "0 <= first <= last"),
        ({"window": (-2, 1)}, "0 <= first <= last"),
        ({"window": (0.5, 1)}, "two whole days"),
        ({"event": "2021-01-06T10:00"}, "whole day"),
        ({"event": pd.Timestamp("2021-01-06", tz="UTC")}, "without zone"),
        ({"event": "soon"}, "needs a day"),
        ({"event": None}, "whole day"),
        ({"baseline": ("2020-11-01", "2021-01-06")}, "on or after day zero"),
        ({"baseline": ("2021-01-03", "2020-11-01")}, "before it starts"),
        ({"baseline": "2020-11-01"}, "first and a last day"),
        ({"other_events": {"leak": "2020-12-04"}}, "inside the baseline"),
        ({"identification": "causal"}, "use one of"),
        ({"estimand": "median"}, "use one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, told):
    with pytest.raises(DesignError, match=told):
        Design(**GOOD | change)


def test_an_event_before_the_baseline_is_none_of_its_business():
    local = GOOD | {
        "event": "2021-02-08",
        "baseline": ("2021-01-25", "2021-02-07"),
        "window": (0, 2),
    }
    assert Design(**local).identification == "window"


@pytest.mark.parametrize(("zone", "day"), [("UTC", 16), ("Asia/Kolkata", 17)])
def test_a_frame_knows_the_zone_of_its_days(zone, day):
    """The delay came at 19:45 UTC on the 15th, which was the 16th in India."""
    days = pd.date_range("2020-11-01", "2021-01-31")
    frame = pd.DataFrame({"unit": "signal:IN", "period": days, "y": 1.0})
    frame.attrs = {"source": "flathub", "metric": "m", "zone": zone}
    design = design_for(
        load_study("whatsapp-2021"), frame, app="signal", event="delay", market="IN"
    )
    assert design.event == pd.Timestamp(2021, 1, day)


def test_events_of_the_window_are_listed_as_many_as_are_counted():
    """One label is "Twitter bans Trump for good; Google Play removes Parler"."""
    days = pd.date_range("2020-11-01", "2021-01-31")
    frame = pd.DataFrame({"unit": "signal", "period": days, "y": 1.0})
    frame.attrs = {"source": "flathub", "metric": "new_installs", "zone": "UTC"}
    study = load_study("whatsapp-2021")
    design = design_for(study, frame, app="signal", event="notice", controls=())
    said = next(note for note in design.notes if "of high severity" in note)
    count = int(said.split(" of high severity")[0].rpartition(" ")[2])
    assert said.count('"') == 2 * count > 2


def test_unrelated_series_are_left_out_by_kind_each_with_its_note():
    """The first lacks a day, the second never moves, the third is held against."""
    days = pd.date_range("2020-11-01", "2021-01-31")
    study = load_study("whatsapp-2021")
    names = study.source("flathub").controls[:3]
    rng = np.random.default_rng(1)
    drawn = {name: rng.normal(size=len(days)) for name in ("signal", *names)}
    drawn[names[0]][days == "2020-12-24"] = np.nan
    drawn[names[1]] = np.where(days <= "2021-01-03", 2.0, 3.0)
    frame = pd.concat(
        pd.DataFrame({"unit": unit, "period": days, "y": y})
        for unit, y in drawn.items()
    )
    frame.attrs = {"source": "flathub", "metric": "new_installs", "zone": "UTC"}
    own = dc.replace(study.source("flathub"), controls=names)
    few = dc.replace(study, sources=(own,))
    design = design_for(few, frame, app="signal", event="notice")
    assert design.controls == (names[2],)
    assert [note for note in design.notes if "unrelated" in note] == [
        "1 of 3 unrelated series are left out: they have no number on some day of the "
        "baseline or the window",
        "1 of 3 unrelated series are left out: they never move over the baseline",
    ]
