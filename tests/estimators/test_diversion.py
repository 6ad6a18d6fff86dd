"""Who gained what the origin lost: by hand, invariances, coverage, refusals."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.estimators import undiverted
from migration.estimators.diversion import diversion
from migration.estimators.diverted import diversion_for
from migration.estimators.undiverted import NoDiversion, diversion_or_reason
from migration.inference.excess import excess_counts
from migration.inference.fieller import fieller_set
from migration.inference.sample import Sample
from migration.study import load_study

DAYS = pd.date_range("2020-11-02", periods=56 + 7, name="period")
EVENT = 56  # eight whole weeks before it

ROLES = {"w": "origin", "s": "destination", "t": "destination"}


def made(seed=1, *, lost=40.0, gained=(20.0, 10.0), n_controls=45):
    """SIMULATED: counts of an origin of 200 a day, two destinations, and others."""
    rng = np.random.default_rng(seed)
    week = 1 + 0.2 * np.sin(2 * np.pi * np.arange(len(DAYS)) / 7)
    day = week * (1 + 0.05 * rng.normal(size=len(DAYS)))
    level = np.concatenate([[200.0, 80.0, 120.0], rng.uniform(50, 500, n_controls)])
    y = level[:, None] * day + 4 * rng.normal(size=(len(level), len(DAYS)))
    y[:3, EVENT:] += np.array([-lost, *gained])[:, None] * (day / week)[EVENT:]
    return y


def to_frame(y):
    names = ["w", "s", "t", *(f"c{i}" for i in range(len(y) - 3))]
    wide = pd.DataFrame(y.T, index=DAYS, columns=names)
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


def designs_of(frame, **changes):
    told = {
        "outcome": "y",
        "event": DAYS[EVENT],
        "window": (0, 6),
        "baseline": (DAYS[0], DAYS[EVENT - 1]),
        "controls": [u for u in frame.unit.unique() if u.startswith("c")],
        "estimand": "log ratio of means",
    } | changes
    return {app: Design(treated=app, **told) for app in ("w", "s", "t")}


@pytest.fixture(scope="module")
def counts():
    return to_frame(made())


def test_changes_and_their_covariance_worked_by_hand():
    """Weeks of 18, 22, ... and 9, 11, ... a day; then 10 and 15 a day.

    The deviations -2, 2, -2, 2 and -1, 1, -1, 1 have variances 16/3 and 4/3 and
    covariance 8/3, each times 1 + 1/4.
    """
    weeks = np.array([[18, 22, 18, 22, 10], [9, 11, 9, 11, 15], [3, 3, 4, 4, 3.5]])
    # Others that add up to the same every week, and of which none is another's mirror.
    moves = [[1, -1, 0, 0, 0], [0, 1, -1, 0, 0], [-1, 0, 1, 0, 0]]
    y = np.repeat(np.vstack([weeks, 10 + np.array(moves)]), 7, axis=1)
    names = ["w", "s", "t", "c0", "c1", "c2"]
    days = pd.date_range("2021-01-04", periods=35, name="period")
    wide = pd.DataFrame(y.T, index=days, columns=names)
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    told = {"event": days[28], "baseline": (days[0], days[27])}
    designs = designs_of(frame, **told)
    found = diversion(frame, {a: designs[a] for a in "ws"}, origin="w")
    np.testing.assert_allclose(found.changes.estimate, [-10, 5])
    np.testing.assert_allclose(found.covariance, 1.25 * np.array([[16, 8], [8, 4]]) / 3)
    assert found.market.estimate == pytest.approx(-5)
    assert found.market.std_error == pytest.approx(np.sqrt(1.25 * 36 / 3))
    assert not found.declined  # three unrelated series can never tell
    assert "not calibrated: 3 unrelated series" in found.warnings[-1]


def test_the_normal_day_moves_as_the_others_do():
    """The others double in the window: of 50 seen, 40 were to be expected."""
    window = np.arange(28) >= 21
    y = np.vstack([np.where(window, 50, 20.0), *(np.where(window, 20, 10.0),) * 2])
    days = pd.date_range("2021-01-04", periods=28)
    sample = Sample(y, ("a", "b"), days, ~window, window, np.arange(28) - 21)
    found = excess_counts(sample)
    assert found.post[0] == pytest.approx(10)
    assert found.normal == pytest.approx(40)
    assert found.level == pytest.approx(20)


def test_ratios_are_given_where_the_origin_lost(counts):
    found = diversion(counts, designs_of(counts), origin="w")
    assert found.declined
    gain = found.ratios[found.ratios.quantity == "gain ratio"].set_index("app")
    assert gain.estimate["s"] == pytest.approx(0.5, abs=0.1)
    assert gain.low["s"] < 0.5 < gain.high["s"]
    assert gain.estimate["all destinations"] == pytest.approx(0.75, abs=0.15)
    share = found.ratios[found.ratios.quantity == "diversion share"].set_index("app")
    np.testing.assert_allclose(share.benchmark[:2], [0.4, 0.6], atol=0.01)
    outside = found.ratios[found.ratios.quantity == "outside share"].iloc[0]
    whole = share.estimate["all destinations"] + outside.estimate
    assert whole == pytest.approx(1)
    assert "for each count that w lost" in found.answer
    assert "not a user who left" in found.answer
    assert json.loads(json.dumps(found.to_dict()))["declined"] is True
    assert found.to_frame().app.tolist() == ["w", "s", "t", "market"]


def test_the_caller_s_frame_stays_as_it_was(counts):
    before = counts.copy()
    one = diversion(counts, designs_of(counts), origin="w")
    again = diversion(counts, designs_of(counts), origin="w")
    pd.testing.assert_frame_equal(counts, before)
    assert repr(one) == repr(again)


def test_more_gained_than_lost_leaves_no_share():
    frame = to_frame(made(gained=(90.0, 10.0)))
    found = diversion(frame, designs_of(frame), origin="w")
    share = found.ratios.query("quantity == 'diversion share' and app == 's'").iloc[0]
    assert (share.kind, np.isnan(share.estimate)) == ("empty", True)
    assert share.set == (
        "no value from 0 to 1: the market's size cannot have been constant"
    )
    assert found.market.conf_low > 0


def test_without_a_decline_there_is_no_ratio_and_no_migration():
    frame = to_frame(made(lost=0.0))
    found = diversion(frame, designs_of(frame), origin="w")
    assert not found.declined
    assert found.ratios.empty
    assert "the word migration is not used" in found.answer
    assert found.changes.estimate["s"] == pytest.approx(20, abs=5)


def test_an_origin_that_gained_has_not_lost():
    frame = to_frame(made(lost=-40.0))
    assert not diversion(frame, designs_of(frame), origin="w").declined


@pytest.mark.parametrize("factor", [0.01, 7.0])
def test_the_unit_of_counts_is_the_unit_of_the_answer(counts, factor):
    scaled = counts.assign(y=factor * counts.y)
    one = diversion(counts, designs_of(counts), origin="w")
    other = diversion(scaled, designs_of(scaled), origin="w")
    np.testing.assert_allclose(other.changes.estimate, factor * one.changes.estimate)
    np.testing.assert_allclose(other.ratios.low, one.ratios.low)
    np.testing.assert_allclose(other.changes.p_logs, one.changes.p_logs)


def test_the_size_of_an_unrelated_series_is_of_no_matter(counts):
    grown = counts.assign(y=counts.y.where(counts.unit != "c3", 50 * counts.y))
    one = diversion(counts, designs_of(counts), origin="w")
    other = diversion(grown, designs_of(grown), origin="w")
    np.testing.assert_allclose(other.changes.estimate, one.changes.estimate)


def test_the_sets_cover_the_ratio_that_was_put_in():
    """0.5 of what was lost; Student's t alone, so that the level is exact."""
    held = []
    for seed in range(250):
        y = made(seed, n_controls=12)
        window = np.arange(len(DAYS)) >= EVENT
        tail = ("c",) * 12, DAYS, ~window, window, np.arange(len(DAYS)) - EVENT
        parts = [excess_counts(Sample(y[[k, *range(3, 15)]], *tail)) for k in (1, 0)]
        blocks = np.array([p.blocks[0] for p in parts]) * np.array([[1], [-1]])
        cov = np.cov(blocks, ddof=1) * (1 + 1 / blocks.shape[1])
        change = [float(p.contrast.estimate[0]) for p in parts]
        limit = parts[0].contrast.critical(0.05)
        held.append(0.5 in fieller_set(np.array([change[0], -change[1]]), cov, limit))
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)


def test_a_study_names_the_roles():
    study = load_study("whatsapp-2021")
    frame = to_frame(made())
    renamed = {"w": "whatsapp", "s": "signal", "t": "telegram"}
    moved = frame.period + (pd.Timestamp("2021-01-06") - DAYS[EVENT])
    frame = frame.assign(unit=frame.unit.replace(renamed), period=moved)
    frame.attrs = {"source": "flathub", "outcome": "count"}
    told = {
        "controls": [u for u in frame.unit.unique() if u.startswith("c")],
        "baseline": ("2020-11-11", "2021-01-03"),
        "window": (0, 6),
    }
    found = diversion_for(study, frame, event="notice", **told)
    assert found.origin == "WhatsApp"
    assert list(found.changes.index) == ["WhatsApp", "Signal", "Telegram"]


def changed(frame, **changes):
    designs = designs_of(frame)
    return designs | {"s": designs["s"].but(**changes)}


@pytest.mark.parametrize(
    ("designs", "needed"),
    [
        (lambda f: {"s": designs_of(f)["s"]}, "the origin's design and one dest"),
        (lambda f: changed(f, window=(0, 3)), "differ in 'window'"),
        (lambda f: changed(f, controls=["c1", "c2"]), "differ in 'controls'"),
        (lambda f: changed(f, treated=("w",)), "treated in two designs"),
        (lambda f: changed(f, treated=("s", "t")), "add them up to one series"),
        (lambda f: designs_of(f, estimand="mean of outcome"), "estimand='log ratio"),
        (lambda f: designs_of(f, controls=["c1"]), "two unrelated units"),
    ],
)
def test_what_cannot_be_added_up_is_refused(counts, designs, needed):
    with pytest.raises(DesignError, match=needed):
        diversion(counts, designs(counts), origin="w")


def test_a_missing_day_of_the_origin_is_refused(counts):
    short = counts[(counts.unit != "w") | (counts.period < DAYS[-1])]
    with pytest.raises(PanelError, match="treated unit w on 2021-01-03"):
        diversion(short, designs_of(short), origin="w")


def test_apps_that_are_one_series_are_refused(counts):
    """The origin under a second name: its ratio would be -1, without any error."""
    twin = pd.concat([counts, counts[counts.unit == "w"].assign(unit="twin")])
    told = designs_of(counts)
    given = {"w": told["w"], "twin": told["w"].but(treated="twin")}
    with pytest.raises(DesignError, match=r"2 of 2 series move as 1.*\(w, twin\)"):
        diversion(twin, given, origin="w")


def test_a_destination_that_is_not_told_from_zero_is_not_said_to_have_gained():
    frame = to_frame(made(lost=60.0, gained=(0.0, 40.0)))
    found = diversion(frame, designs_of(frame), origin="w")
    assert "s's" in found.answer
    assert "is not told from zero" in found.answer
    assert "s gained" not in found.answer
    assert "s changed by " in found.answer


def test_a_destination_that_cannot_be_counted_is_left_out_by_name(counts, monkeypatch):
    gone = counts.copy()
    gone.loc[(gone.unit == "t") & (gone.period == DAYS[3]), "y"] = np.nan
    monkeypatch.setattr(undiverted, "designs_of", lambda *_, **__: designs_of(counts))
    apps = [SimpleNamespace(name=n, role=r) for n, r in ROLES.items()]
    study = SimpleNamespace(apps=apps)
    whole = diversion_or_reason(study, counts, event="notice")
    assert whole.changes.equals(
        diversion(counts, designs_of(counts), origin="w").changes
    )
    assert not whole.refused
    part = diversion_or_reason(study, gone, event="notice")
    assert list(part.changes.index) == ["w", "s"]
    assert f"treated unit t on {DAYS[3]:%F}" in part.refused["t"]
    assert not any("all destinations changed" in said for said in part.findings)
    gone.loc[(gone.unit == "w") & (gone.period == DAYS[5]), "y"] = np.nan
    none = diversion_or_reason(study, gone, event="notice")
    assert isinstance(none, NoDiversion)
    assert none.reason.startswith("w: 'y' lacks 1 values on baseline or window days")
    gone.attrs["outcome"] = "minus_log_rank"
    ranks = diversion_or_reason(study, gone, event="notice")
    assert ranks.answer.startswith("not computed: a rank is an order and no count")
