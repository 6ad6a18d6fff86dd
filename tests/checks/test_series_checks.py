import numpy as np
import pandas as pd
import pytest

from migration.checks.break_dates import break_dates
from migration.checks.noise_memory import noise_memory
from migration.errors import DesignError


def test_the_series_breaks_where_the_events_are(frame, design):
    check = break_dates(frame, design)
    assert check.passed
    assert "notice" in ", ".join(check.frame.event)
    assert (check.frame.sup_wald_rank_p == 1 / 46).all()
    assert "2021-01-05" in check.answer


def test_a_wrong_date_is_found_out(frame, design):
    """The same series with the notice declared three weeks too early."""
    wrong = design.but(
        event="2020-12-16", baseline=("2020-11-01", "2020-12-13"), other_events={}
    )
    late = break_dates(frame, wrong.but(window=(0, 8)))
    assert late.passed is None  # nothing broke up to Christmas
    check = break_dates(
        frame, wrong.but(other_events={"delay": ("2021-01-15", "2021-01-16")})
    )
    assert check.passed is False
    assert "no focal event" in check.answer


def test_a_break_that_unrelated_series_show_as_well_is_not_held_against_a_date(
    frame, design
):
    """A wave of 25 days has breaks by BIC; here every series has one of its own."""
    rng = np.random.default_rng(5)
    start = dict(zip(frame.unit.unique(), rng.uniform(0, 25, 46), strict=True))
    day = (frame.period - frame.period.min()).dt.days + frame.unit.map(start)
    waved = frame.assign(y=frame.y + 0.8 * np.sin(2 * np.pi * day / 25))
    null = design.but(
        treated="c07", controls=[c for c in design.controls if c != "c07"]
    )
    check = break_dates(waved, null)
    assert (check.frame.event == "").any()
    assert check.passed is None


def test_a_break_on_the_day_that_an_event_splits_is_at_the_event(frame, design):
    """The hit series jumps on the 15th, the delay's first full day is the 20th."""
    moved = frame.assign(
        y=frame.y + 2 * ((frame.unit == "hit") & (frame.period >= "2021-01-15"))
    )
    wide = design.but(other_events={"delay": ("2021-01-15", "2021-01-20")})
    check = break_dates(moved, wide)
    assert check.passed
    assert check.frame.event.str.contains("delay").any()


def test_a_known_break_of_the_series_is_named_and_is_no_event(frame, design):
    """The hit series jumps on 5 December, as its source knows."""
    moved = frame.assign(
        y=frame.y + 3 * ((frame.unit == "hit") & (frame.period >= "2020-12-05"))
    )
    known = design.but(breaks={"counted anew": "2020-12-05"})
    check = break_dates(moved, known)
    row = check.frame[check.frame.last_day_before == "2020-12-04"].iloc[0]
    assert row.event == ""
    assert row.known_break == "2020-12-05, counted anew"
    told = "no focal event, but the series is known to break (2020-12-05, counted anew)"
    assert told in check.answer
    assert check.passed is None


def test_a_break_that_the_design_knows_of_is_no_fault_of_a_date(frame, design):
    """A level that shifts on 7 December for reasons of its own, and no event's jump."""
    hit = frame.unit == "hit"
    flat = frame.y - 0.8 * (hit & (frame.period >= "2021-01-06"))
    flat = flat - 0.5 * (hit & (frame.period >= "2021-01-16"))
    moved = frame.assign(y=flat + 1.0 * (hit & (frame.period >= "2020-12-07")))
    assert break_dates(moved, design).passed is False
    told = break_dates(moved, design.but(breaks={"renamed": "2020-12-07"}))
    assert told.passed is None
    assert "2020-12-07, renamed" in set(told.frame.known_break)


def test_a_shift_of_all_days_moves_no_break(frame, design):
    one, other = (
        break_dates(f, design).frame for f in (frame, frame.assign(y=frame.y + 4))
    )
    pd.testing.assert_frame_equal(one, other)


def test_white_noise_leaves_no_memory_and_waves_do(frame, design):
    check = noise_memory(frame, design)
    assert check.passed
    assert "Durbin-Watson" in check.answer
    assert check.frame.acf_innovations.abs().max() < 0.4
    wave = np.cos(np.pi * frame.period.dt.day_of_year * 2 / 5) * (frame.unit == "hit")
    spoilt = noise_memory(frame.assign(y=frame.y + 0.5 * wave), design, shape="steps")
    assert spoilt.passed is False


def test_what_the_checks_do_not_know_is_refused(frame, design):
    with pytest.raises(DesignError, match="noise_memory has no shape='pulse'"):
        noise_memory(frame, design, shape="pulse")
    with pytest.raises(DesignError, match="noise is 'x'"):
        noise_memory(frame, design, noise="x")
    with pytest.raises(DesignError, match="normal is 'x'"):
        break_dates(frame, design, normal="x")
