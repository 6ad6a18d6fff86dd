"""Every estimator and every mistake: a clear refusal, the caller's frame untouched."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.errors import DesignError, MigrationError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.cross_section import cross_section_tests
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did

RATIO = {"outcome": "n", "estimand": "log ratio of means"}
ESTIMATORS = {
    "abnormal interest": (abnormal_interest, {}),
    "market model": (partial(abnormal_interest, normal="market model"), {}),
    "constant mean": (partial(abnormal_interest, normal="constant mean"), {}),
    "ratio of means": (abnormal_interest, RATIO),
    "cross-section": (cross_section_tests, {"treated": ("hit", "rival")}),
    "event study": (event_study, {}),
    "interrupted series": (interrupted_series, {}),
    "interrupted counts": (interrupted_counts, RATIO),
    "synthetic control": (synthetic_control, {}),
    "synthetic DiD": (synthetic_did, {}),
    "spillover control": (spillover_control, {"competitors": ("rival",)}),
    "structural": (structural_counterfactual, {}),
}
ALONE = {"constant mean"}  # takes no control
HIT_DAY = pd.Timestamp("2021-01-08")


@pytest.fixture(scope="module")
def rivalled(request):
    """SIMULATED: the shared frame with a rival, and with bounds."""
    frame = request.getfixturevalue("frame")
    rival = frame[frame.unit == "c44"].assign(unit="rival")
    return pd.concat([frame, rival], ignore_index=True)


def hit(frame):
    return (frame.unit == "hit") & (frame.period == HIT_DAY)


def both(frame, change):
    """The same change of ``y`` and of the counts ``n``."""
    return frame.assign(**{name: change(frame[name].astype(float)) for name in "yn"})


SPOILED = {
    "a gap": lambda f: f[~hit(f)],
    "a repeat": lambda f: pd.concat([f, f[hit(f)]]),
    "a NaN": lambda f: both(f, lambda y: y.mask(hit(f))),
    "an infinity": lambda f: both(f, lambda y: y.mask(hit(f), np.inf)),
    "a minus infinity": lambda f: both(f, lambda y: y.mask(hit(f), -np.inf)),
    "all censored": lambda f: both(f, lambda y: y.where(f.unit != "hit")).assign(
        y_lower=0.0, y_upper=9.0, n_lower=0.0, n_upper=9.0
    ),
    "a constant series": lambda f: both(f, lambda y: y.where(f.unit != "hit", 5.0)),
    "nothing but constants": lambda f: both(f, lambda y: 0 * y + 5.0),
    "days with a zone": lambda f: f.assign(period=f.period.dt.tz_localize("UTC")),
    "days as text": lambda f: f.assign(period="a day"),
    "an outcome of text": lambda f: f.assign(y=f.y.astype(str), n=f.n.astype(str)),
    "an outcome of objects": lambda f: f.assign(
        y=pd.Series([{}] * len(f), index=f.index, dtype=object),
        n=pd.Series([{}] * len(f), index=f.index, dtype=object),
    ),
    "no outcome": lambda f: f.drop(columns=["y", "n"]),
    "no unit": lambda f: f.drop(columns="unit"),
    "no day": lambda f: f.drop(columns="period"),
    "no row": lambda f: f.iloc[:0],
    "no treated unit": lambda f: f[f.unit != "hit"],
    "a control that is absent": lambda f: f[f.unit != "c07"],
    "days that end before the window": lambda f: f[f.period <= "2021-01-07"],
    "days that start in the baseline": lambda f: f[f.period >= "2020-12-01"],
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


@pytest.mark.parametrize("name", ESTIMATORS)
def test_rows_in_any_order_give_the_same_answer(rivalled, name):
    run, design = ESTIMATORS[name][0], planned(name)
    one = run(rivalled, design)
    other = run(rivalled.sample(frac=1, random_state=3), design)
    if name == "cross-section":
        pd.testing.assert_frame_equal(one.frame, other.frame)
    else:
        np.testing.assert_allclose(one.headline, other.headline, rtol=1e-8)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_integers_and_nullable_numbers_are_numbers(rivalled, name):
    frame = rivalled.assign(
        n=rivalled.n.astype("Int64"), y=rivalled.y.astype("Float64")
    )
    run, design = ESTIMATORS[name][0], planned(name)
    one, other = run(rivalled, design), run(frame, design)
    if name != "cross-section":
        np.testing.assert_allclose(one.headline, other.headline, rtol=1e-8)


OVERLAP = {"other_events": {"delay": ("2021-01-12", "2021-01-13")}}


def test_overlapping_windows_need_a_label():
    for name in ESTIMATORS:
        with pytest.raises(DesignError, match=r"holds 'delay'.*identification"):
            planned(name, **OVERLAP)
