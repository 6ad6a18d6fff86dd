"""The shipped study on its embedded data: what the report must say, and must not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from migration.checks.calendar import contaminated_markets
from migration.checks.placebo import placebo_in_space
from migration.checks.power_before import power_before
from migration.checks.second_event import second_events
from migration.checks.sensitivity import baseline_sensitivity
from migration.clock import event_day
from migration.design import design_for, events_between
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.apps import estimate_apps
from migration.estimators.diverted import diversion_for
from migration.estimators.interrupted_series import interrupted_series
from migration.outcomes import period_means, to_outcome
from migration.sources import load_panel
from migration.study import load_study


@pytest.fixture(scope="module")
def study():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="module")
def panel(study):
    return load_panel(study, source="flathub", metric="new_installs")


@pytest.fixture(scope="module")
def logs(panel):
    return to_outcome(panel, "log_count")


@pytest.fixture(scope="module")
def counts(panel):
    return to_outcome(panel, "count")


def test_the_arithmetic_by_hand(counts):
    """9-16 January over 10 December-5 January, as anyone can add it up."""
    found = period_means(
        counts,
        before=("2020-12-10", "2021-01-05"),
        during=("2021-01-09", "2021-01-16"),
    ).set_index("unit")
    ratio = found["ratio"].round(2)
    assert ratio["signal"] == 5.20
    assert ratio["telegram"] == 1.65
    assert found["ratio"]["session"] == pytest.approx(2.4, abs=0.05)
    assert ratio["element"] == ratio["wire"] == 1.45
    rest = found.loc[[unit for unit in found.index if "." in unit], "ratio"]
    assert len(rest) == 99
    assert rest.median() == pytest.approx(1.1, abs=0.05)


def test_the_headline_of_the_notice(study, logs):
    """Net of day of week and of 99 unrelated series, 6-14 January."""
    effects = estimate_apps(
        study, logs, apps=["whatsapp", "signal", "telegram"], event="notice"
    )
    table = effects.to_frame().set_index("app")
    np.testing.assert_allclose(
        table[["estimate", "conf_low", "conf_high", "p_value"]],
        [
            [-0.1813, -0.7265, 0.3640, 0.31],
            [1.2771, 0.9561, 1.5980, 0.01],
            [0.2762, 0.0954, 0.4570, 0.02],
        ],
        atol=5e-5,
    )
    assert set(table.identification) == {"bundle"}
    assert "Musk" in " ".join(effects["signal"].warnings)
    calibration = effects["signal"].calibration
    assert calibration.rejection["all"] == pytest.approx(4 / 99)
    alone = effects["signal"].secondary.set_index("test").size_here
    assert alone["block-t alone"] == pytest.approx(9 / 99)
    assert alone.drop("rank alone").min() > calibration.rejection["all"]


def test_a_ramp_gives_another_number_to_another_question(study, logs, counts):
    mean_of_logs = abnormal_interest(
        logs, design_for(study, logs, app="signal", event="notice")
    )
    ratio = abnormal_interest(
        counts,
        design_for(
            study,
            counts,
            app="signal",
            event="notice",
            estimand="log ratio of means",
        ),
    )
    assert ratio.headline.estimate == pytest.approx(1.3802, abs=5e-5)
    assert ratio.headline.estimate > mean_of_logs.headline.estimate


def test_an_app_with_a_zero_day_has_only_the_ratio(study, logs, counts):
    refused = estimate_apps(study, logs, apps=["session"], event="notice").refused
    assert "log ratio of means" in refused.reason[0]
    answered = estimate_apps(
        study, counts, apps=["session"], event="notice", estimand="log ratio of means"
    )
    assert answered["session"].headline.p_value == pytest.approx(0.09)


def test_the_origin_ends_before_its_wrapper_was_renamed(study, panel, logs):
    origin = panel[panel.app == "whatsapp"]
    assert origin.period.max() == pd.Timestamp("2021-01-17")
    assert "com.gigitux.youp" not in set(panel.app)
    steps = estimate_apps(
        study, logs, apps=["whatsapp"], event="notice", estimator=interrupted_series
    )
    # No return to WhatsApp can be found after the delay; the notice has its answer.
    assert list(steps["whatsapp"].effects.index) == ["notice"]
    left_out = [w for w in steps["whatsapp"].warnings if w.startswith("delay: left")]
    assert "2021-01-18" in left_out[0]


def test_the_delay_is_not_identified_for_anyone(study, logs):
    effects = estimate_apps(study, logs, apps=["signal", "telegram"], event="notice")
    parted = second_events(study, effects, event="delay", zone="UTC")
    assert [check.passed for check in parted.values()] == [False, False]
    assert "Signal is down" in parted["Telegram"].answer
    design = design_for(study, logs, app="telegram", event="delay")
    assert design.identification == "combined path"


def test_neighbours_are_never_controls(study, logs):
    design = design_for(study, logs, app="signal", event="notice")
    others = {app.id for app in study.apps}
    assert len(design.controls) == 99
    assert not others & set(design.controls)
    names = {name for app in study.apps for name in app.ids.get("flathub", ())}
    assert not names & set(design.controls)


def test_the_void_deadline_moves_nobody(study, logs):
    effects = estimate_apps(
        study,
        logs,
        apps=["signal", "telegram"],
        event="original-deadline",
        baseline=("2021-01-25", "2021-02-07"),
        window=(0, 2),
    )
    assert (effects.to_frame().p_value > 0.4).all()
    assert set(effects.to_frame().identification) == {"window"}


def test_slack_is_no_effect_because_its_sign_depends_on_the_baseline(study, logs):
    design = design_for(study, logs, app="slack", event="notice")
    assert baseline_sensitivity(logs, design).passed is False
    assert "of 100 by |t|" in placebo_in_space(logs, design).answer


def test_the_truth_of_the_simulated_study_lies_in_the_interval():
    """SIMULATED: 60 markets averaged; effects as the study's file puts them in."""
    made = load_study("simulated-2021")
    options = made.source("simulated").options
    frame = to_outcome(
        load_panel(made, source="simulated", metric="installs"),
        "log_count",
        over_markets=True,
    )
    effects = estimate_apps(made, frame, apps=["signal", "telegram"], event="notice")
    shape = options["decay"] ** np.arange(9)
    for app, result in effects.results.items():
        truth = options["notice_effect"][app] * shape.mean()
        assert result.headline.conf_low < truth < result.headline.conf_high
        assert result.simulated
        assert "markets' own zones are averaged" not in " ".join(result.warnings)


def test_averaged_days_wait_until_the_delay_is_over_everywhere():
    """15 January is split in Rio, 16 January in Tokyo: the first clean is the 17th."""
    made = load_study("simulated-2021")
    frame = to_outcome(
        load_panel(made, source="simulated", metric="installs"),
        "log_count",
        over_markets=True,
    )
    late = design_for(made, frame, app="signal", event="delay")
    assert late.event == pd.Timestamp("2021-01-17")
    assert any("averaged" in note for note in late.notes)
    early = design_for(made, frame, app="signal", event="notice")
    assert early.other_events["delay"][0] == pd.Timestamp("2021-01-15")


def test_only_the_markets_that_are_averaged_are_counted_in_what_is_said_of_days():
    """Of three markets one is doubted: the last of the delay's days is Rio's, late."""
    made = load_study("simulated-2021")
    panel = load_panel(made, source="simulated", metric="installs")
    zones = {m.code: m.zone for m in made.markets}
    three = panel[panel.market.isin(["BR", "IN", "JP"])]
    three.attrs = panel.attrs | {"contaminated": {"JP": "a probe of its own"}}
    frame = to_outcome(three, "log_count", over_markets=True)
    assert frame.attrs["averaged"] == ["BR", "IN"]
    made_of = design_for(made, frame, app="signal", event="delay")
    days = {code: event_day(made.event("delay"), zones[code]) for code in ("BR", "IN")}
    assert made_of.event == pd.Timestamp(max(d.day_zero for d in days.values()))
    told = [note for note in made_of.notes if "own zones are averaged" in note]
    assert told[0].startswith("days of 2 markets' own zones are averaged")
    assert "in 1 of them an earlier one was" in told[0]


def test_doubted_markets_are_left_out_of_the_average_and_listed_with_the_reason():
    made = load_study("simulated-2021")
    codes = {"IN": "a probe of its own", "JP": None}
    markets = tuple(
        replace(m, contaminated=codes[m.code], excluded=True) if m.code in codes else m
        for m in made.markets
    )
    doubted = replace(made, markets=markets)
    panel = load_panel(doubted, source="simulated", metric="installs")
    frame = to_outcome(panel, "log_count", over_markets=True)
    assert frame.attrs["left_out"] == {
        "IN": "a probe of its own",
        "JP": "excluded by the study",
    }
    design = design_for(doubted, frame, app="signal", event="notice")
    assert any("2 contaminated markets are no part" in note for note in design.notes)
    check = contaminated_markets(doubted, frame)
    assert check.passed
    assert check.frame["why"].tolist() == list(frame.attrs["left_out"].values())
    whole = to_outcome(panel, "log_count", over_markets=True, contaminated=True)
    found = contaminated_markets(doubted, whole)
    assert found.passed is False
    assert found.answer == "2 of 2 doubted markets are used: IN, JP"
    assert contaminated_markets(doubted, panel).passed is False


def test_a_size_below_its_own_lower_bound_is_called_too_small(study, logs):
    """Telegram's few blocks before Christmas are alike; the formula says more."""
    check = power_before(study, logs, event="notice", apps=["signal", "telegram"])
    rows = check.frame[check.frame.design == "net of unrelated series"]
    below = rows.set_index("app").eval("formula > gain")
    assert below.to_dict() == {"Signal": False, "Telegram": True}
    told = rows.set_index("app").formula["Telegram"]
    said = f"but for Telegram the formula, a lower bound, gives {told:.3g}"
    assert said in check.answer
    assert "but for Signal" not in check.answer


def test_a_count_of_the_world_holds_the_doubted_markets_too(study, panel, logs):
    for frame in (panel, logs):
        check = contaminated_markets(study, frame)
        assert check.passed is False
        assert check.frame["used"].all()
        assert "cannot be taken out" in check.answer


def test_one_market_is_held_against_the_doubted_ones_by_its_name():
    made = load_study("simulated-2021")
    doubted = replace(
        made,
        markets=tuple(
            replace(m, contaminated="a probe") if m.code == "TR" else m
            for m in made.markets
        ),
    )
    panel = load_panel(doubted, source="simulated", metric="installs")
    for code, clean in (("TR", False), ("BR", True)):
        one = panel[panel.market == code]
        one.attrs = panel.attrs
        check = contaminated_markets(doubted, to_outcome(one, "log_count"))
        assert check.passed is clean
        assert bool(check.frame["used"].any()) is not clean


def test_a_market_s_calendar_holds_only_what_touches_it():
    made = load_study("whatsapp-2021")
    days = pd.Timestamp("2021-01-06"), pd.Timestamp("2021-01-14")
    zones = {code: made.market(code).zone for code in ("TR", "BR")}
    found = {
        code: {
            event.id
            for event in events_between(made, days, app="signal", zone=z, market=code)
        }
        for code, z in zones.items()
    }
    everywhere = {
        event.id for event in events_between(made, days, app="signal", zone="UTC")
    }
    assert found["BR"] < found["TR"] <= everywhere


def test_two_treated_apps_share_the_calendar_of_both(study, panel):
    logs = to_outcome(panel, "log_count")
    both = design_for(
        study, logs, app="signal", event="notice", treated=("signal", "telegram")
    )
    assert not {"signal", "telegram"} & set(both.competitors)
    counts = {
        app: design_for(study, logs, app=app, event="notice").notes[0]
        for app in ("signal", "telegram")
    }
    assert "holds 12 other" in counts["signal"]
    assert "holds 10 other" in counts["telegram"]
    assert "holds 13 other" in both.notes[0]


def test_no_ratio_is_given_where_the_origin_has_not_lost(study, counts):
    """6-14 January in installs a day beyond normal: changes, and no more."""
    found = diversion_for(study, counts, event="notice")
    np.testing.assert_allclose(
        found.changes.loc[["WhatsApp", "Signal", "Telegram"], ["estimate", "p_logs"]],
        [[-38.35, 0.33], [569.30, 0.01], [243.63, 0.02]],
        atol=5e-3,
    )
    assert found.market.estimate == pytest.approx(774.58, abs=5e-3)
    assert not found.declined
    assert found.ratios.empty
    assert "the word migration is not used" in found.answer
