import numpy as np
import pandas as pd
import pytest

from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.interrupted_series import interrupted_series


def test_both_steps_are_found_each_with_its_label(frame, design):
    effects = interrupted_series(frame, design).effects
    assert effects.identification.to_dict() == {
        "notice": "window",
        "delay": "combined path",
    }
    np.testing.assert_allclose(effects.estimate, [0.8, 1.3], atol=0.1)
    assert effects.first_day["delay"] == pd.Timestamp("2021-01-16")


def test_the_headline_is_that_of_the_same_window(frame, design):
    one, other = interrupted_series(frame, design), abnormal_interest(frame, design)
    np.testing.assert_allclose(one.headline, other.headline, rtol=1e-9)


@pytest.mark.parametrize("noise", ["ar1", "arma11"])
def test_the_model_beside_it_has_its_size_measured(frame, design, noise):
    rows = interrupted_series(frame, design, noise=noise).secondary
    rows = rows[rows.test.str.contains("GLS")]
    np.testing.assert_allclose(rows.estimate, [0.8, 1.3], atol=0.1)
    assert rows.size_here.between(0, 0.2).all()


def test_the_partial_day_is_in_neither_window(frame, design):
    spoilt = frame.assign(y=frame.y + 50.0 * (frame.period == "2021-01-15"))
    np.testing.assert_allclose(
        interrupted_series(spoilt, design).effects.estimate,
        interrupted_series(frame, design).effects.estimate,
    )


def test_a_lift_of_the_second_window_leaves_the_first_alone(frame, design):
    lift = 2.0 * ((frame.unit == "hit") & (frame.period >= "2021-01-16"))
    before = interrupted_series(frame, design)
    after = interrupted_series(frame.assign(y=frame.y + lift), design)
    change = after.effects.estimate - before.effects.estimate
    np.testing.assert_allclose(change, [0, 2], atol=1e-9)


def test_a_ramp_is_no_level_and_the_result_says_so(frame, design):
    since = (frame.period - pd.Timestamp("2021-01-05")).dt.days.clip(lower=0)
    ramp = 0.4 * since * (frame.unit == "hit")
    result = interrupted_series(frame.assign(y=frame.y + ramp), design)
    assert any("no level" in w for w in result.warnings)


def test_windows_that_overlap_and_labels_that_it_cannot_compute_are_refused(
    frame, design
):
    crowded = design.but(
        other_events={
            "delay": ("2021-01-15", "2021-01-16"),
            "third": ("2021-01-20", "2021-01-20"),
        }
    )
    with pytest.raises(DesignError, match=r"'delay'.*reaches the next event"):
        interrupted_series(frame, crowded)
    with pytest.raises(DesignError, match="steps alone cannot tell"):
        interrupted_series(frame, design.but(identification="bounds"))
    with pytest.raises(DesignError, match="use one of"):
        interrupted_series(frame, design, noise="white")
    with pytest.raises(DesignError, match="normal is 'x'; use one of"):
        interrupted_series(frame, design, normal="x")
    with pytest.raises(DesignError, match="needs unrelated units"):
        interrupted_series(frame, design.but(controls=()))
    with pytest.raises(DesignError, match="data cover"):
        interrupted_series(frame[frame.period <= "2021-01-10"], design)
    with pytest.raises(DesignError, match="shape is 'ramp'; use one of"):
        interrupted_series(frame, design, shape="ramp")


EVENT, DELAY = pd.Timestamp("2021-01-06"), pd.Timestamp("2021-01-16")


def gls(result):
    """The noise model's rows, by what they are of."""
    rows = result.secondary[result.secondary.test.str.contains("GLS")]
    return rows.set_index(rows.test.str.split(": ").str[-1])


def lifted(frame, path):
    """The hit series with its own effects taken off and a path by day put on."""
    hit = frame.unit == "hit"
    y = frame.y - hit * (0.8 * (frame.period >= EVENT) + 0.5 * (frame.period >= DELAY))
    return frame.assign(y=y + hit * path(frame.period))


def days_since(period, day):
    return (period - day).dt.days


def with_room(design):
    """Six weeks between the events: a decay can be seen."""
    return design.but(
        event="2020-12-10",
        window=(0, 6),
        baseline=("2020-11-01", "2020-12-09"),
        other_events={"delay": ("2021-01-15", "2021-01-16")},
    )


def early(frame, decay, floor=0.0):
    """SIMULATED: a pulse of 1.5 on 10 December, one of 1 on 16 January."""

    def path(period):
        first = days_since(period, pd.Timestamp("2020-12-10"))
        second = days_since(period, DELAY)
        return (first >= 0) * (1.5 * decay ** first.clip(lower=0) + floor) + (
            second >= 0
        ) * 1.0 * 0.6 ** second.clip(lower=0)

    return lifted(frame, path)


def test_steps_add_up_to_the_level_of_the_second_window(frame, design):
    rows = gls(interrupted_series(frame, design, shape="steps"))
    step, later, total = rows.estimate
    np.testing.assert_allclose([step, later], [0.8, 0.5], atol=0.1)
    assert total == pytest.approx(step + later)
    assert list(rows.identification) == ["window", "combined path", "combined path"]
    assert list(rows.index) == [
        "notice, step",
        "delay, step (combined path)",
        "delay, sum of steps (combined path)",
    ]


def test_slopes_find_a_ramp_and_its_end_exactly_without_noise(frame, design):
    """A ramp of 0.2 a day from the notice, 0.1 less from the delay on, and a trend."""

    def path(period):
        first, second = days_since(period, EVENT), days_since(period, DELAY)
        ramp = 0.2 * first.clip(lower=0) - 0.1 * second.clip(lower=0)
        return 0.4 * (first >= 0) + ramp + 0.01 * first

    plain = gls(
        interrupted_series(lifted(frame, lambda _: 0.0), design, shape="slopes")
    )
    found = gls(interrupted_series(lifted(frame, path), design, shape="slopes"))
    change = (found.estimate - plain.estimate).to_dict()
    # The noise's memory is estimated on both, so the two differ by what it moves.
    assert change["notice, step"] == pytest.approx(0.4, abs=0.02)
    assert change["notice, change of slope, per day"] == pytest.approx(0.2, abs=0.005)
    later = "delay, change of slope, per day (combined path)"
    assert change[later] == pytest.approx(-0.1, abs=0.005)
    assert change["trend, per day"] == pytest.approx(0.01, abs=1e-3)


@pytest.mark.parametrize("shape", ["window", "steps", "slopes"])
def test_no_shape_moves_the_headline_or_the_effects(frame, design, shape):
    one = interrupted_series(frame, design)
    other = interrupted_series(frame, design, shape=shape)
    np.testing.assert_allclose(other.headline, one.headline)
    pd.testing.assert_frame_equal(other.effects, one.effects)


@pytest.mark.parametrize("shape", ["window", "steps", "slopes"])
def test_a_shock_common_to_all_series_changes_nothing(frame, design, shape):
    shock = np.sin(frame.period.dt.day_of_year) + 7
    one = interrupted_series(frame, design, shape=shape).secondary
    other = interrupted_series(
        frame.assign(y=frame.y + shock), design, shape=shape
    ).secondary
    numbers = ["estimate", "std_error", "p_value", "size_here"]
    np.testing.assert_allclose(
        other[numbers].astype(float), one[numbers].astype(float), atol=1e-5
    )


@pytest.mark.parametrize("days", [7, 364])
def test_the_calendar_may_be_moved_by_whole_weeks(frame, design, days):
    shift = pd.Timedelta(days=days)
    moved = design.but(
        event=design.event + shift,
        baseline=tuple(day + shift for day in design.baseline),
        other_events={
            name: tuple(day + shift for day in pair)
            for name, pair in design.other_events.items()
        },
    )
    one = interrupted_series(frame, design, shape="steps")
    other = interrupted_series(
        frame.assign(period=frame.period + shift), moved, shape="steps"
    )
    np.testing.assert_allclose(other.secondary.estimate, one.secondary.estimate)
    np.testing.assert_allclose(other.effects.p_value, one.effects.p_value)


def test_newey_west_stands_there_as_a_contrast_and_says_so(frame, design):
    rows = interrupted_series(frame, design).secondary
    rows = rows[rows.test.str.contains("Newey-West")]
    assert len(rows) == 2
    assert rows.assumes.str.contains(
        "over-rejects for windows shorter than about a quarter of the sample"
    ).all()
    assert (rows.size_here > 0.1).all()


@pytest.mark.once
def test_the_order_is_chosen_by_bic_and_named(frame, design):
    """SIMULATED noise without memory: BIC keeps none."""
    rows = interrupted_series(frame, design, noise="arma").secondary
    assert rows.test.str.contains(r"order by BIC: \(0,0\)").any()
    np.testing.assert_allclose(
        rows[rows.test.str.contains("GLS")].estimate, [0.8, 1.3], atol=0.1
    )


def test_memory_that_the_noise_model_leaves_is_said(frame, design):
    wave = np.cos(np.pi * frame.period.dt.day_of_year * 2 / 5) * (frame.unit == "hit")
    result = interrupted_series(frame.assign(y=frame.y + 0.5 * wave), design)
    assert any("Ljung-Box" in w for w in result.warnings)


class TestDecay:
    def test_two_pulses_are_found_with_their_label(self, frame, design):
        rows = gls(
            interrupted_series(early(frame, 0.8), with_room(design), shape="pulse")
        )
        assert set(rows.identification) == {"decay"}
        assert rows.index.str.endswith("(decay)").all()
        first = rows.loc["notice, decay a day (decay)"]
        assert first.conf_low < 0.8 < first.conf_high < 1
        total = rows.loc["notice, cumulated pulse (decay)"]
        assert total.conf_low < 1.5 / (1 - 0.8) < total.conf_high
        life = rows.loc["notice, half-life, days (decay)"]
        assert life.conf_low < np.log(0.5) / np.log(0.8) < life.conf_high
        peak = rows.loc["delay, peak on 2021-01-16 (decay)"]
        assert peak.conf_low < 1.0 < peak.conf_high
        assert 0 <= peak.size_here <= 0.2

    def test_a_decay_to_a_floor_finds_the_floor(self, frame, design):
        lasting = early(frame, 0.6, floor=0.7)
        rows = gls(
            interrupted_series(lasting, with_room(design), shape="pulse to floor")
        )
        floor = rows.loc["notice, floor (decay)"]
        assert floor.conf_low < 0.7 < floor.conf_high
        peak = rows.loc["notice, peak on 2020-12-10 (decay)"]
        assert peak.conf_low < 2.2 < peak.conf_high

    def test_a_rising_path_is_refused(self, frame, design):
        def ramp(period):
            return 0.2 * days_since(period, EVENT).clip(lower=0, upper=8)

        for shape in ("pulse", "pulse to floor"):
            with pytest.raises(
                DesignError, match=r"needs 5 days after.*shape='window'"
            ):
                interrupted_series(lifted(frame, ramp), design, shape=shape)

    def test_a_level_that_lasts_is_refused(self, frame, design):
        def path(period):
            first = days_since(period, pd.Timestamp("2020-12-10"))
            return (first >= 0) * 1.0 + 0.3 * (first == 0)

        with pytest.raises(DesignError, match=r"does not lie below 1.*shape='window'"):
            interrupted_series(lifted(frame, path), with_room(design), shape="pulse")

    def test_a_last_event_that_lasts_costs_only_its_own_rows(self, frame, design):
        def path(period):
            first = days_since(period, pd.Timestamp("2020-12-10"))
            pulse = 1.5 * (first >= 0) * 0.7 ** first.clip(lower=0)
            return pulse + 1.0 * (period >= DELAY)

        result = interrupted_series(
            lifted(frame, path), with_room(design), shape="pulse"
        )
        assert any("delay: the interval of its decay" in w for w in result.warnings)
        rows = gls(result)
        assert np.isnan(rows.estimate["delay, cumulated pulse (decay)"])
        assert np.isfinite(rows.estimate["notice, cumulated pulse (decay)"])


class TestGaps:
    def without(self, frame, unit, first, last="2021-12-31"):
        gone = (frame.unit == unit) & frame.period.between(first, last)
        return frame[~gone]

    def test_a_gap_of_the_treated_later_keeps_the_first_event(self, frame, design):
        short = self.without(frame, "hit", "2021-01-18")
        result = interrupted_series(short, design)
        assert list(result.effects.index) == ["notice"]
        np.testing.assert_allclose(
            result.headline, interrupted_series(frame, design).headline
        )
        said = next(w for w in result.warnings if w.startswith("delay: left out"))
        assert "2021-01-18" in said
        assert "2021-01-16 to 2021-01-24" in said

    def test_data_that_end_before_the_later_window_keep_it_too(self, frame, design):
        result = interrupted_series(frame[frame.period <= "2021-01-20"], design)
        assert list(result.effects.index) == ["notice"]
        assert any("no value on 2021-01-21" in w for w in result.warnings)

    def test_a_control_with_a_gap_later_is_left_out_there_by_name(self, frame, design):
        short = self.without(frame, "c07", "2021-01-20", "2021-01-21")
        result = interrupted_series(short, design)
        whole = interrupted_series(frame, design)
        np.testing.assert_allclose(result.headline, whole.headline)
        others = design.but(controls=[c for c in design.controls if c != "c07"])
        np.testing.assert_allclose(
            result.effects.estimate["delay"],
            interrupted_series(frame, others).effects.estimate["delay"],
        )
        assert any(
            "delay: left out for gaps" in w and "c07" in w for w in result.warnings
        )

    def test_a_gap_in_the_first_window_is_still_refused(self, frame, design):
        with pytest.raises(
            PanelError, match="lacks 1 values on baseline or window days"
        ):
            interrupted_series(
                self.without(frame, "c07", "2021-01-08", "2021-01-08"), design
            )

    def test_a_gap_between_the_windows_costs_that_day_only(self, frame, design):
        narrow = design.but(window=(0, 4))
        short = self.without(frame, "hit", "2021-01-12", "2021-01-12")
        rows = gls(interrupted_series(short, narrow, shape="steps"))
        whole = gls(interrupted_series(frame, narrow, shape="steps"))
        np.testing.assert_allclose(rows.estimate, whole.estimate, atol=0.03)
        assert (rows.estimate != whole.estimate).all()


def test_lasting_shapes_start_from_the_first_event(frame, design):
    late = design.but(
        event="2021-01-16",
        other_events={"notice": ("2021-01-05", "2021-01-06")},
        identification="combined path",
    )
    assert len(interrupted_series(frame, late).effects) == 1
    with pytest.raises(DesignError, match=r"'notice'.*design of the first event"):
        interrupted_series(frame, late, shape="steps")


def test_a_slope_of_one_day_is_refused(frame, design):
    day = design.but(window=(0, 0), other_events={})
    with pytest.raises(DesignError, match="cannot tell"):
        interrupted_series(frame, day, shape="slopes")


def test_the_callers_frame_stays_as_it_is(frame, design):
    before = frame.copy()
    for shape in ("steps", "slopes"):
        interrupted_series(frame, design, shape=shape)
    pd.testing.assert_frame_equal(frame, before)
