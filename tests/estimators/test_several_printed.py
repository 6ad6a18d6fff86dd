"""Several results print one a line, with why others have none; bounds print no NaN."""

import numpy as np
import pandas as pd
import pytest

import migration as mg

SIZE = 14, 7 * 12  # units and days: a baseline of eleven weeks, one of window
DAYS = pd.date_range("2023-03-06", periods=SIZE[1], name="period")
UNITS = ["newapp", *(f"other{i:02d}" for i in range(SIZE[0] - 1))]
DESIGN = mg.Design(
    outcome="y",
    treated="newapp",
    event=DAYS[-7],
    window=(0, 6),
    baseline=(DAYS[0], DAYS[-8]),
    controls=UNITS[1:],
)


def frame_of():
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(rng.normal(5, 0.1, SIZE).T, index=DAYS, columns=UNITS)
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y")
    frame.attrs["outcome"] = "log_count"
    return frame.reset_index().assign(simulated=True)


def test_an_effect_with_ends_alone_prints_them_and_no_nan():
    frame = frame_of()
    hidden = (frame["unit"] == "newapp") & (frame["period"] == DAYS[-1])
    known = frame["y"].mask(hidden)
    bounded = frame.assign(
        y=known, y_lower=known.fillna(4.0), y_upper=known.fillna(6.0)
    )
    result = mg.bounded_effect(bounded, DESIGN, estimate=mg.abnormal_interest)
    low, high = result.headline[["conf_low", "conf_high"]]
    assert repr(result).endswith(f"within [{low:.3g}, {high:.3g}], no point>")
    assert "nan" not in repr(result).replace("mean of outcome", "")


def test_results_of_several_methods_print_one_a_line():
    result = mg.abnormal_interest(frame_of(), DESIGN)
    row = {"method": ["ranks"], "outcome": ["minus_log_rank"], "reason": ["no places"]}
    found = mg.MethodEffects({"market-adjusted": result}, pd.DataFrame(row), {})
    said = [f"market-adjusted: {result!r}", "ranks: none, no places"]
    assert repr(found).splitlines() == said


def test_no_results_say_so():
    none = mg.Checked({}, pd.DataFrame(columns=["app", "reason"]))
    assert repr(none) == "no results"
    one = mg.AppEffects({}, pd.DataFrame({"app": ["Old"], "reason": ["why"]}), {})
    assert repr(one) == "Old: none, why"


def test_an_effect_whose_sign_changes_is_held_back_with_the_reason():
    result = mg.abnormal_interest(frame_of(), DESIGN)
    none = pd.DataFrame(columns=["app", "reason"])
    names = {"a": "A", "b": "B", "c": "C"}
    found = mg.AppEffects({"a": result, "b": result}, none, names, {"c": result})
    sign = {"check": "baselines", "question": "", "frame": none}
    turns = mg.CheckResult(**sign, answer="the sign changes", passed=False)
    stays = mg.CheckResult(**sign, answer="the sign holds", passed=True)
    shown = found.holding({"A": turns, "B": stays})
    assert {**shown.named} == {"B": result}
    assert shown.answered == {"B": result, "C": result}
    assert shown.refused.to_numpy().tolist() == [["A", "the sign changes"]]
    assert found.holding({}).named == found.named
    assert found.refused.empty
    with pytest.raises(mg.DesignError, match="the sign changes"):
        _ = shown["a"]
