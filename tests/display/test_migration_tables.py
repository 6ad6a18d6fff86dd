"""Tables of who gained and how long it lasted, and the answer made from them."""

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.display import (
    migration_answer,
    table_diversion,
    table_persistence,
    table_without_days,
)
from migration.errors import DisplayError
from migration.estimators.diversion import DiversionResult
from migration.estimators.persistence import DECAY, RATIOS, PersistenceResult
from migration.results import CheckResult

PLAN = Design(
    outcome="y",
    treated="w",
    event="2021-01-06",
    window=(0, 8),
    baseline=("2020-11-01", "2021-01-03"),
)
NAN = float("nan")


def diverted(*, declined, simulated=False):
    changes = pd.DataFrame(
        {
            "estimate": [-38.35, 569.3],
            "std_error": [24.0, 13.2],
            "conf_low": [-139.3, 513.6],
            "conf_high": [62.6, 625.0],
            "p_value": [0.31, 0.01],
            "normal": [211.7, 194.7],
            "level": [191.9, 177.7],
            "log_estimate": [np.log(0.8), np.log(4)],
            "p_logs": [0.33, 0.01],
        },
        index=pd.Index(["W", "S"], name="app"),
    )
    ratios = [
        ("gain ratio", "S", 14.8, -INF, INF, "outside", "at least 4", NAN),
        ("diversion share", "S", NAN, NAN, NAN, "empty", "no value", 0.25),
    ]
    names = ["quantity", "app", "estimate", "low", "high", "kind", "set", "benchmark"]
    return DiversionResult(
        origin="W",
        changes=changes,
        covariance=pd.DataFrame(np.eye(2)),
        market=changes.iloc[1, :5],
        ratios=pd.DataFrame(ratios if declined else [], columns=names),
        declined=declined,
        findings=("W -38 a day", "S +569 a day"),
        inference="covariance of blocks",
        design=PLAN,
        warnings=(),
        simulated=simulated,
    )


INF = float("inf")


def lasted(**changes):
    first = pd.Timestamp("2021-01-15")
    week = (9, first, first + pd.Timedelta(days=6), "all days")
    rows = [
        (
            *(*week, 1.3, 0.65, 0.5, 0.3, 0.7, "interval", NAN, NAN),
            *("0.3 to 0.7", "window", ""),
        ),
        (
            *week,
            *[NAN] * 5,
            "",
            *[NAN] * 2,
            "",
            "window",
            "no number on 4 of its days",
        ),
    ]
    decay = [("pulse", "refused", *[NAN] * 5, "the path does not show a decay")]
    told = {
        "ratios": pd.DataFrame(rows, columns=RATIOS),
        "decay": pd.DataFrame(decay, columns=DECAY),
        "answer": "0.5 of it on days 9 to 15 (0.3 to 0.7)",
        "inference": "Fieller's set",
        "design": PLAN,
        "warnings": (),
    }
    return PersistenceResult(**told | changes)


def test_changes_stand_alone_where_the_origin_has_not_lost():
    made = table_diversion(diverted(declined=False)).as_raw_html()
    assert "−38.4 (−139 to 62.6)" in made
    assert "+569 (514 to 625)" in made
    assert "+300%" in made
    assert "no gain ratio and no diversion share" in made
    assert "all together" in made


def test_ratios_stand_below_where_it_has():
    made = table_diversion(diverted(declined=True, simulated=True)).as_raw_html()
    assert "Gain ratio of S: 14.80 (at least 4)." in made
    assert "Diversion share of S: – (no value); by the baseline" in made
    assert "SIMULATED: Who gained" in made


def test_weeks_have_their_share_or_the_reason():
    made = table_persistence({"Signal": lasted(outcome="log_count")}).as_raw_html()
    assert "0.3 to 0.7" in made
    assert "+92%" in made
    assert "over that of the window in log points, which is not that of" in made
    assert "no number on 4 of its days" in made
    assert "Signal: no half-life: the path does not show a decay." in made


def test_an_effect_on_no_logarithm_is_no_percentage():
    """Of search interest, of ranks and of what is not said: units of the outcome."""
    for outcome in ("interest_share", "minus_log_rank", ""):
        made = table_persistence({"S": lasted(outcome=outcome)}).as_raw_html()
        assert "+92%" not in made
        assert "0.65" in made
        assert "log points" not in made


def test_a_decay_that_was_found_is_told():
    decay = [("pulse", "half-life, days", 3.1, 0.4, 2.5, 3.9, NAN, "")]
    found = lasted(decay=pd.DataFrame(decay, columns=DECAY), simulated=True)
    made = table_persistence({"Signal": found}).as_raw_html()
    assert "pulse: half-life, days 3.10 (2.50 to 3.90)." in made
    assert "SIMULATED" in made


def test_windows_with_and_without_some_days_stand_side_by_side():
    told = {"first_day": pd.NaT, "last_day": pd.NaT, "std_error": NAN, "p_value": NAN}
    numbers = {"estimate": 1.3, "conf_low": 0.92, "conf_high": 1.68, "why": NAN}
    rows = [
        {"app": "Signal", "days": days, **told, **numbers}
        for days in ("all days", "without them")
    ]
    alone = {"app": "Signal", "days": "those days less those around them", **told}
    rows.append(alone | dict.fromkeys(numbers, NAN) | {"why": "no number"})
    rows.append(alone | rows[-1] | {"app": "W", "days": "refused", "why": "too short"})
    check = CheckResult(
        check="without some days",
        question="Does it rest on them?",
        answer="no",
        passed=True,
        frame=pd.DataFrame(rows),
    )
    made = table_without_days(check).as_raw_html()
    assert made.count("1.30 (0.92 to 1.68)") == 2
    assert "no number" in made
    assert "too short" in made
    with pytest.raises(DisplayError, match="needs a CheckResult"):
        table_without_days(lasted())


def test_the_answer_is_made_from_results():
    check = CheckResult(
        check="equivalence",
        question="Is it small?",
        answer="smaller than 0.2",
        passed=True,
        frame=pd.DataFrame(),
    )
    said = migration_answer(
        diverted(declined=False),
        {"Signal": lasted()},
        later=[check],
        checks=[check],
        people="all",
    )
    assert said.endswith("Seen here: all.")
    assert said.startswith(
        "In 6–14 January 2021, in counts a day, beyond normal (95% intervals): "
        "W -38 a day"
    )
    assert "What was left for Signal: 0.5 of it" in said
    assert said.count("Is it small? Smaller than 0.2.") == 2
    simulated = migration_answer(diverted(declined=True, simulated=True), {})
    assert simulated.startswith("SIMULATED: ")


def test_other_results_are_refused():
    with pytest.raises(DisplayError, match="needs a DiversionResult, got"):
        table_diversion(lasted())
    with pytest.raises(DisplayError, match="needs a PersistenceResult, got"):
        table_persistence({"Signal": diverted(declined=True)})
    with pytest.raises(DisplayError, match="one result or more, got none"):
        table_persistence({})
