"""Every check and quantity, every mistake: a clear refusal, the frame untouched."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import spoiled
import study_file
from spoiled import SPOILED

from migration.checks.break_dates import break_dates
from migration.checks.calendar import calendar_collisions, contaminated_markets
from migration.checks.control_dates import control_dates
from migration.checks.each import check_each
from migration.checks.equivalence import equivalence, identification_gap
from migration.checks.honest import honest_pretrends
from migration.checks.influence import leave_one_out
from migration.checks.interference import outage_interference, without_days
from migration.checks.joint import joint_significance
from migration.checks.multiverse import multiverse
from migration.checks.noise_memory import noise_memory
from migration.checks.outage import outage_sensitivity
from migration.checks.placebo import placebo_in_space, placebo_in_time
from migration.checks.power import minimum_detectable_effect
from migration.checks.power_before import power_before
from migration.checks.second_event import second_event
from migration.checks.sensitivity import baseline_sensitivity
from migration.checks.triangulation import triangulate
from migration.design import Design
from migration.errors import MigrationError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.diversion import diversion
from migration.estimators.event_study import event_study
from migration.estimators.path_options import PathOptions
from migration.estimators.persistence import persistence
from migration.study import load_study

RATIO = {"outcome": "n", "estimand": "log ratio of means"}
CONTROLS = tuple(f"c{i:02d}" for i in range(45))
DOWN = ("2021-01-07", "2021-01-08")
QUICK = PathOptions(noise="ar1")


def diverted(frame, design):
    """From the rival to the design's app."""
    designs = {"hit": design, "rival": design}
    if isinstance(design, Design):
        designs["rival"] = design.but(treated="rival")
    return diversion(frame, designs, origin="rival")


def without(frame, design):
    """One app's window with and without two of its days."""
    return without_days(frame, {"hit": design}, days=DOWN)


CHECKS = {
    "placebo in time": (placebo_in_time, {}),
    "placebo in space": (placebo_in_space, {}),
    "leave out controls": (partial(leave_one_out, over="controls"), {}),
    "leave out days": (partial(leave_one_out, over="days"), {}),
    "leave out, ratio": (partial(leave_one_out, over="days"), RATIO),
    "honest pre-trends": (partial(honest_pretrends, mbars=(1.0,)), {}),
    "multiverse": (partial(multiverse, permutations=45), {}),
    "least effect": (minimum_detectable_effect, {}),
    "outage": (partial(outage_sensitivity, days=DOWN), {}),
    "without days": (without, {}),
    "equivalence": (partial(equivalence, bound=0.2), {}),
    "baselines": (baseline_sensitivity, {}),
    "break dates": (break_dates, {}),
    "noise memory": (noise_memory, {}),
    "diversion": (diverted, RATIO),
    "persistence": (partial(persistence, options=QUICK), {}),
}
# Where nothing can be estimated these say so in their frame, the reason beside it.
TELLS = {"without days"}
READS_NO_WINDOW = {"a gap", "a NaN", "days that end before the window"}
PASSES = {("placebo in time", mistake) for mistake in READS_NO_WINDOW}
NO_FRAME = [None, [1, 2], {"y": [1]}, np.zeros((3, 3)), "a frame"]


@pytest.fixture(scope="module")
def rivalled(request):
    return spoiled.rivalled(request.getfixturevalue("frame"))


def planned(name, **more):
    fields = {
        "outcome": "y",
        "treated": "hit",
        "event": "2021-01-06",
        "window": (0, 8),
        "baseline": ("2020-11-01", "2021-01-03"),
        "controls": CONTROLS,
        "event_name": "notice",
    }
    return Design(**fields | CHECKS[name][1] | more)


def in_words(caught):
    told = str(caught.value)
    return len(told) > 25 and not told.startswith(("(", "{", "["))


@pytest.mark.parametrize("mistake", SPOILED)
@pytest.mark.parametrize("name", CHECKS)
def test_a_spoiled_frame_is_refused_in_words_and_left_as_it_is(rivalled, name, mistake):
    if (name, mistake) in PASSES:
        pytest.skip("no mistake for this one")
    frame = SPOILED[mistake](rivalled)
    before = frame.copy()
    if name in TELLS:
        found = CHECKS[name][0](frame, planned(name))
        assert found.passed is None
        assert (found.frame["why"].str.len() > 25).all()
    else:
        with pytest.raises(MigrationError) as caught:
            CHECKS[name][0](frame, planned(name))
        assert in_words(caught)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("given", NO_FRAME)
@pytest.mark.parametrize("name", [n for n in CHECKS if n not in TELLS])
def test_what_is_no_frame_is_refused(name, given):
    with pytest.raises(MigrationError, match=r"DataFrame|frame"):
        CHECKS[name][0](given, planned(name))


@pytest.mark.parametrize("given", [None, "notice", 5, {}, [1, 2]])
@pytest.mark.parametrize("name", CHECKS)
def test_what_is_no_design_is_refused(rivalled, name, given):
    with pytest.raises(MigrationError, match=r"[Dd]esign"):
        CHECKS[name][0](rivalled, given)


ODD = [None, "x", -1, 0, float("nan"), float("inf"), 1.5, True, [], (1, 2), {}]
DAYS = [None, "x", 5, (), ("2021-01-08",), ("2021-01-08", "2021-01-07"), (1, 2)]
OPTIONS = {
    ("placebo in time", "normal"): ODD,
    ("placebo in space", "normal"): ODD,
    ("leave out controls", "over"): ODD,
    ("honest pre-trends", "mbars"): [None, "x", -1, 0.5, ("a",), (-1.0,), (np.nan,)],
    ("honest pre-trends", "bends"): [None, "x", -1, 0.5, ("a",), (-1.0,), (np.inf,)],
    ("honest pre-trends", "bin_days"): [v for v in ODD if v is not None],
    ("multiverse", "choices"): ODD,
    ("multiverse", "doubtful"): [None, 5, 1.5, "c01"],
    ("multiverse", "permutations"): ODD,
    ("outage", "days"): [
        *DAYS,
        ("2021-03-01", "2021-03-02"),
        ("2021-01-06", "2021-01-14"),
    ],
    ("equivalence", "bound"): [None, "x", -1, 0, float("nan"), float("inf"), True, []],
    ("equivalence", "normal"): ODD,
    ("baselines", "alternatives"): ["x", 5, [1], {"a": 5}, {"a": ("2021-01-01",)}],
    ("baselines", "doubtful"): [None, 5, 1.5, "c01"],
    ("break dates", "normal"): ODD,
    ("noise memory", "noise"): ODD,
    ("noise memory", "normal"): ODD,
    ("noise memory", "shape"): ODD,
    ("persistence", "horizons"): ["x", 5, [], [0], [500], ["a"], [9.5], [True]],
    ("persistence", "without"): [5, "x", [5], [("2021-01-08", "2021-01-07")]],
    ("persistence", "options"): ["x", 5, {}, []],
}


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_odd_option_is_refused_in_words(rivalled, name, option):
    run = getattr(CHECKS[name][0], "func", CHECKS[name][0])
    for value in OPTIONS[name, option]:
        fixed = getattr(CHECKS[name][0], "keywords", {})
        with pytest.raises(MigrationError) as caught:
            run(rivalled, planned(name), **fixed | {option: value})
        assert in_words(caught), value


@pytest.mark.parametrize("days", DAYS)
def test_days_that_are_none_are_refused(rivalled, days):
    with pytest.raises(MigrationError) as caught:
        without_days(rivalled, {"hit": planned("without days")}, days=days)
    assert in_words(caught)


@pytest.mark.parametrize("origin", [None, "x", 5, []])
@pytest.mark.parametrize("designs", [None, [], {}, 5, {"x": 5, "y": 6}])
def test_designs_that_are_none_have_no_diversion(rivalled, designs, origin):
    with pytest.raises(MigrationError) as caught:
        diversion(rivalled, designs, origin=origin)
    assert in_words(caught)


@pytest.fixture(scope="module")
def result(rivalled):
    return abnormal_interest(rivalled, planned("placebo in space"))


@pytest.mark.parametrize("results", [None, [], 5, {"a": 5}, {"a": None}])
@pytest.mark.parametrize("name", ["joint", "each", "triangulate"])
def test_results_that_are_none_are_refused(rivalled, name, results):
    calls = {
        "joint": lambda: joint_significance(rivalled, results),
        "each": lambda: check_each(placebo_in_space, rivalled, results),
        "triangulate": lambda: triangulate(None, results),
    }
    with pytest.raises(MigrationError) as caught:
        calls[name]()
    assert in_words(caught)


def test_a_check_of_a_spoiled_frame_is_a_row_with_the_reason(rivalled, result):
    for mistake, spoil in SPOILED.items():
        found = check_each(placebo_in_space, spoil(rivalled), {"Hit": result})
        assert not found.results, mistake
        assert len(found.refused["reason"][0]) > 25


@pytest.mark.parametrize("given", [None, 5, "x", {}])
def test_a_gap_needs_a_path_and_an_event_that_it_knows(rivalled, given):
    with pytest.raises(MigrationError) as caught:
        identification_gap(given, event="delay")
    assert in_words(caught)
    path = event_study(rivalled, planned("persistence"), options=QUICK)
    with pytest.raises(MigrationError, match="knows the later events"):
        identification_gap(path, event="delay")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return load_study(study_file.write(tmp_path_factory.mktemp("study"), CONTROLS))


def of_study(study):
    """Every check that takes a study and a frame."""
    apps = {"apps": ["hit"], "event": "delay"}
    return {
        "control dates": lambda f: control_dates(study, f, app="hit"),
        "power before": lambda f: power_before(study, f, event="notice", apps=["hit"]),
        "interference": lambda f: outage_interference(
            study, f, outage="outage", **apps
        ),
        "markets": lambda f: contaminated_markets(study, f),
    }


@pytest.mark.parametrize("given", NO_FRAME)
@pytest.mark.parametrize(
    "name", ["control dates", "power before", "interference", "markets"]
)
def test_what_is_no_frame_of_a_study_is_refused(study, name, given):
    with pytest.raises(MigrationError, match=r"DataFrame|frame|outcome"):
        of_study(study)[name](given)


@pytest.mark.parametrize("mistake", SPOILED)
@pytest.mark.parametrize("name", ["control dates", "power before", "interference"])
def test_a_spoiled_frame_of_a_study_is_refused_or_told(study, rivalled, name, mistake):
    """What can be said of some apps is; the others are rows with the reason."""
    frame = SPOILED[mistake](rivalled)
    frame.attrs = {"source": "flathub"}
    before = frame.copy()
    try:
        found = of_study(study)[name](frame)
        assert len(found.answer) > 15
    except MigrationError as error:
        assert len(str(error)) > 25  # noqa: PT017
    pd.testing.assert_frame_equal(frame, before)


def unknown(study, frame, design):
    """Calls with a name or a thing that the study does not know, and what is said."""
    apps, down = ["hit"], {"outage": "outage"}
    asked = partial(outage_interference, study, frame, **down)
    return {
        "nobody's dates": (lambda: control_dates(study, frame, app="nobody"), "nobody"),
        "a number's dates": (lambda: control_dates(study, frame, app=5), "no app 5"),
        "never": (lambda: power_before(study, frame, event="never"), "never"),
        "nobody's power": (
            lambda: power_before(study, frame, event="notice", apps=["nobody"]),
            "nobody",
        ),
        "Mars": (
            lambda: calendar_collisions(study, design, app="hit", zone="Mars/Olympus"),
            "Mars/Olympus",
        ),
        "no design": (
            lambda: calendar_collisions(study, 5, app="hit", zone="UTC"),
            "needed a Design",
        ),
        "no result": (
            lambda: second_event(study, 5, app="hit", event="delay", zone="UTC"),
            "needs results of an estimator",
        ),
        "nobody's outage": (lambda: asked(apps=["nobody"], event="delay"), "nobody"),
        "an outage of never": (lambda: asked(apps=apps, event="never"), "never"),
    }


UNKNOWN = [
    *("nobody's dates", "a number's dates", "never", "nobody's power", "Mars"),
    *("no design", "no result", "nobody's outage", "an outage of never"),
]


@pytest.mark.parametrize("name", UNKNOWN)
def test_names_that_a_study_does_not_know_are_refused(study, rivalled, name):
    frame = rivalled.copy()
    frame.attrs = {"source": "flathub"}
    call, told = unknown(study, frame, planned("placebo in space"))[name]
    with pytest.raises(MigrationError, match=told):
        call()
