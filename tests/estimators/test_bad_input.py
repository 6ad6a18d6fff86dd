"""Every estimator and every mistake: a clear refusal, the caller's frame untouched."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import spoiled
from spoiled import SPOILED

from migration.design import Design
from migration.errors import DesignError, MigrationError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.clustered_paths import clustered_paths
from migration.estimators.count_model import CountModel
from migration.estimators.cross_section import cross_section_tests
from migration.estimators.dose_contrast import dose_contrast
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import (
    interrupted_series,
    interrupted_units,
)
from migration.estimators.methods import rank_method
from migration.estimators.path_options import PathOptions
from migration.estimators.placebo_spread import placebo_spread
from migration.estimators.rank_event_study import rank_event_study
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.structural_jointly import structural_jointly
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did

RATIO = {"outcome": "n", "estimand": "log ratio of means"}
MARKETS = ("hit", *(f"c{i:02d}" for i in range(1, 8)))
DOSE = {market: float(i) for i, market in enumerate(MARKETS)}


def jointly(frame, design):
    """The design's app beside the rival."""
    other = design.but(treated="rival")
    return structural_jointly(frame, {"app": design, "rival": other})


def clustered(frame, design):
    """The design's event alone."""
    return clustered_paths(frame, {"notice": design})


ESTIMATORS = {
    "abnormal interest": (abnormal_interest, {}),
    "market model": (partial(abnormal_interest, normal="market model"), {}),
    "constant mean": (partial(abnormal_interest, normal="constant mean"), {}),
    "ratio of means": (abnormal_interest, RATIO),
    "cross-section": (cross_section_tests, {"treated": ("hit", "rival")}),
    "event study": (partial(event_study, options=PathOptions(noise="ar1")), {}),
    "interrupted series": (interrupted_series, {}),
    "interrupted units": (interrupted_units, {}),
    "clustered paths": (clustered, {}),
    "interrupted counts": (interrupted_counts, RATIO),
    "synthetic control": (synthetic_control, {}),
    "synthetic DiD": (synthetic_did, {}),
    "placebo spread": (placebo_spread, {}),
    "spillover control": (spillover_control, {"competitors": ("rival",)}),
    "structural": (structural_counterfactual, {}),
    "structural, jointly": (jointly, {}),
    "rank": (
        partial(rank_event_study, chart_size=90),
        {"outcome": "rank", "controls": tuple(f"c{i:02d}" for i in range(9))},
    ),
    "dose": (partial(dose_contrast, dose=DOSE), {"treated": MARKETS, "controls": ()}),
}
ALONE = {"constant mean", "dose", "rank"}  # take no control


@pytest.fixture(scope="module")
def rivalled(request):
    """SIMULATED: the shared frame with a rival, and with bounds."""
    return spoiled.rivalled(request.getfixturevalue("frame"))


PASSES = {  # off the chart is no mistake, and ranks repeat as they please
    ("rank", "an infinity"),
    ("rank", "all censored"),
    ("rank", "a constant series"),
    ("rank", "a control that is absent"),
}


def planned(name, **more):
    controls = tuple(f"c{i:02d}" for i in range(45))
    fields = {
        "outcome": "y",
        "treated": "hit",
        "event": "2021-01-06",
        "window": (0, 8),
        "baseline": ("2020-11-01", "2021-01-03"),
        "controls": controls,
        "event_name": "notice",
    }
    return Design(**fields | ESTIMATORS[name][1] | more)


@pytest.mark.parametrize("mistake", SPOILED)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_spoiled_frame_is_refused_in_words_and_left_as_it_is(rivalled, name, mistake):
    if (name, mistake) in PASSES:
        pytest.skip("no mistake for this one")
    frame = SPOILED[mistake](rivalled)
    before = frame.copy()
    with pytest.raises((PanelError, DesignError)) as caught:
        ESTIMATORS[name][0](frame, planned(name))
    told = str(caught.value)
    assert len(told) > 25
    assert not told.startswith(("(", "{", "["))
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n not in ALONE])
def test_no_control_is_refused(rivalled, name):
    with pytest.raises(DesignError, match=r"unrelated|control"):
        ESTIMATORS[name][0](rivalled, planned(name, controls=()))


@pytest.mark.parametrize(
    "given", [None, [1, 2], {"y": [1]}, np.zeros((3, 3)), "a frame"]
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_no_frame_is_refused(name, given):
    with pytest.raises(MigrationError, match=r"DataFrame|frame"):
        ESTIMATORS[name][0](given, planned(name))


@pytest.mark.parametrize("freq", ["W-FRI", "MS", "B"])
@pytest.mark.parametrize("name", ["market model", "event study", "synthetic DiD"])
def test_weeks_months_and_trading_days_are_said_not_to_be_days(rivalled, name, freq):
    period = rivalled.period
    ends = period.isin([period.min(), period.max()])
    kept = ends | period.isin(pd.date_range(period.min(), period.max(), freq=freq))
    with pytest.raises(PanelError, match=r"needed one row a unit.*daily data"):
        ESTIMATORS[name][0](rivalled[kept], planned(name))


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("cross-section", "weekday"),
        ("synthetic control", "intercept"),
        ("synthetic control", "screen"),
        ("synthetic DiD", "screen"),
    ],
)
def test_a_word_is_no_truth(rivalled, name, option):
    """The text "no" counts as True to Python."""
    with pytest.raises(DesignError, match=f"^{option} is 'no'; use True or False"):
        ESTIMATORS[name][0](rivalled, planned(name), **{option: "no"})


@pytest.mark.parametrize("name", ["market model", "dose", "rank"])
def test_dates_of_arrow_are_refused_as_no_days(rivalled, name):
    dates = rivalled.period.dt.date.astype("date32[pyarrow]")
    with pytest.raises(PanelError, match=r"'period' holds date32.*pandas.to_datetime"):
        ESTIMATORS[name][0](rivalled.assign(period=dates), planned(name))


def test_an_own_frame_may_carry_a_vintage_of_another_kind(rivalled):
    own = rivalled.copy()
    own.attrs["vintage"] = "2021-02"
    result = abnormal_interest(own, planned("market model"))
    assert result.to_dict()["vintage"] == {}


def answer_of(result):
    """The numbers that a result is read for."""
    if hasattr(result, "headline"):
        return result.headline.astype(float).to_frame()
    if hasattr(result, "frame"):
        return result.frame
    return pd.DataFrame(result.effects)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_rows_in_any_order_and_nullable_numbers_give_the_same_answer(rivalled, name):
    kinds = {"n": "Int64", "y": "Float64", "rank": "Int64"}
    frame = rivalled.sample(frac=1, random_state=3).astype(kinds)
    run, design = ESTIMATORS[name][0], planned(name)
    one, other = answer_of(run(rivalled, design)), answer_of(run(frame, design))
    pd.testing.assert_frame_equal(one, other, rtol=1e-8)


OVERLAP = {"other_events": {"delay": ("2021-01-12", "2021-01-13")}}


def test_overlapping_windows_need_a_label():
    for name in ESTIMATORS:
        with pytest.raises(DesignError, match=r"holds 'delay'.*identification"):
            planned(name, **OVERLAP)


@pytest.mark.parametrize("given", [None, "notice", 5, {}, [1, 2]])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_no_design_is_refused(rivalled, name, given):
    run = structural_jointly if name.endswith("jointly") else ESTIMATORS[name][0]
    with pytest.raises(DesignError, match=r"[Dd]esign"):
        run(rivalled, given)


NOT_A_LIST = [None, 5, b"hit", [None], (1, 2), (("hit",),), {"hit": 1}]


@pytest.mark.parametrize("given", NOT_A_LIST)
@pytest.mark.parametrize("field", ["treated", "controls", "competitors", "notes"])
def test_names_that_are_no_text_are_refused(field, given):
    with pytest.raises(DesignError, match=rf"^{field} needs text or a list of texts"):
        planned("market model", **{field: given})


@pytest.mark.parametrize(
    "given", [None, 5, "delay", ["delay"], [("delay", "2021-01-16")], {1: "2021-01-16"}]
)
@pytest.mark.parametrize("field", ["other_events", "breaks"])
def test_events_that_are_no_mapping_are_refused(field, given):
    with pytest.raises(DesignError, match=rf"^{field} needs a mapping of name to day"):
        planned("market model", **{field: given})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"window": (0, 10**9)}, "window ends on day 1000000000; use days up to"),
        ({"window": (10**30, 10**31)}, "window ends on day"),
        ({"window": (0, "8")}, "window needs two whole days"),
        ({"window": (True, 8)}, "window needs two whole days"),
        ({"event": 20210106}, "event needs a day such as"),
        ({"event": True}, "event needs a day such as"),
        ({"event": "4.5.2018"}, "event needs a day such as"),  # 5 April to pandas
        ({"event": "04/05/2018"}, "event needs a day such as"),
        ({"event": "2018-05"}, "event needs a day such as"),
        ({"baseline": (0, 1)}, "baseline needs a day such as"),
        ({"outcome": None}, "outcome needs text, got None"),
        ({"identification": 5}, "identification needs text"),
        ({"event_name": ["notice"]}, "event_name needs text"),
    ],
)
def test_odd_fields_of_a_design_are_refused(changes, told):
    with pytest.raises(DesignError, match=told):
        planned("market model", **changes)


ODD = [None, "x", -1, float("nan"), float("inf"), 1.5, True, [], (1, 2), {}]


@pytest.mark.parametrize(
    ("field", "fine"),
    [("shape", []), ("offset", ["x"]), ("harmonics", []), ("cycle", [1.5])],
)
def test_odd_choices_of_a_count_model_are_refused(field, fine):
    for value in (v for v in [*ODD, 10**400] if v not in fine):
        with pytest.raises(DesignError, match=field):
            CountModel(**{field: value})


@pytest.mark.parametrize(
    ("field", "fine"),
    [
        ("estimator", []),
        ("noise", []),
        ("request", ["x"]),
        ("bin_days", []),
        ("slope", [None, -1, 1.5]),
        ("anchors", [[]]),
        ("curvature", [(1, 2)]),
        ("without", [[]]),
    ],
)
def test_odd_choices_of_a_path_are_refused(field, fine):
    more = [((float("nan"), 3),), ("a", "b"), (None,), [[0]]]
    for value in (v for v in [*ODD, *more] if v not in fine):
        with pytest.raises(DesignError, match=rf"{field}|anchor"):
            PathOptions(**{field: value})


@pytest.mark.parametrize("given", ["x", 5, [], {}])
def test_options_of_another_kind_are_refused(rivalled, given):
    with pytest.raises(DesignError, match="options needs PathOptions"):
        event_study(rivalled, planned("event study"), options=given)
    with pytest.raises(DesignError, match="model needs CountModel"):
        interrupted_counts(rivalled, planned("interrupted counts"), model=given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "dose needs a mapping or Series"),
        ("x", "dose needs a mapping or Series"),
        ([1, 2], "dose needs a mapping or Series"),
        ({}, "no dose for the markets"),
        (dict.fromkeys(MARKETS, "1"), "must be a number.*'1' for hit"),
        (dict.fromkeys(MARKETS, 1j), "must be a number"),
        (dict.fromkeys(MARKETS, float("nan")), "not finite"),
        ({m: 1e150 * i for i, m in enumerate(MARKETS)}, "reaches 7e.150"),
        ({m: 1e-150 * i for i, m in enumerate(MARKETS)}, "reaches 7e-150"),
        (dict.fromkeys(MARKETS, 2.0), "the same in all regions"),
        (pd.Series(1.0, index=[*MARKETS, "hit"]), "names 'hit' twice"),
    ],
)
def test_odd_doses_are_refused(rivalled, given, told):
    with pytest.raises(DesignError, match=told):
        dose_contrast(rivalled, planned("dose"), dose=given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("x", "region needs a mapping or Series"),
        (5, "region needs a mapping or Series"),
        ({}, "no region for the markets"),
        (
            dict.fromkeys(MARKETS, 1),
            "no region for .* has 1; name one for each, as text",
        ),
        (dict.fromkeys(MARKETS, "a"), "needs 5 regions"),
    ],
)
def test_odd_regions_are_refused(rivalled, given, told):
    with pytest.raises(DesignError, match=told):
        dose_contrast(rivalled, planned("dose"), dose=DOSE, region=given)


@pytest.mark.parametrize(
    "given", [None, "ab", ("a", "b"), ("1", "2"), (1,), (2, 1), (0, 1), (1j, 2), 0.9]
)
def test_an_odd_band_of_b_is_refused(rivalled, given):
    with pytest.raises(DesignError, match="b_band needs the least and the largest b"):
        rank_event_study(rivalled, planned("rank"), chart_size=90, b_band=given)


@pytest.mark.parametrize("given", ["90", 90.5, 1, True, [90]])
def test_an_odd_chart_is_refused(rivalled, given):
    with pytest.raises(DesignError, match="chart_size needs the last rank"):
        rank_method(given).run(rivalled, planned("rank"))


CHOICES = {
    "normal": ["market model", "interrupted series", "interrupted counts"],
    "noise": ["interrupted series"],
    "shape": ["interrupted series"],
    "inference": ["synthetic control", "synthetic DiD", "spillover control"],
    "solver": ["synthetic DiD"],
    "engine": ["structural"],
    "covariates": ["structural"],
    "exposure": ["spillover control"],
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("given", ["x", 5.5, [], ("mean",), float("nan")])
def test_an_odd_choice_is_refused(rivalled, choice, given):
    for name in CHOICES[choice]:
        run = getattr(ESTIMATORS[name][0], "func", ESTIMATORS[name][0])
        with pytest.raises(DesignError, match=choice):
            run(rivalled, planned(name), **{choice: given})
