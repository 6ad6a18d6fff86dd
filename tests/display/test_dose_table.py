"""The dose contrast of a study: by market, out of reach without, and its table."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from migration.display import table_dose
from migration.errors import DisplayError, StudyError
from migration.estimators.apps import AppEffects, estimate_apps
from migration.estimators.dose_study import dose_contrast_for
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

GROUP = ["EU", "GB"]


@pytest.fixture(scope="module")
def simulated():
    """Twelve SIMULATED markets, six of them of the group, twenty unrelated apps."""
    study = load_study("simulated-2021")
    codes = [
        *["DE", "FR", "IT", "ES", "PL", "GB"],
        *["IN", "BR", "US", "JP", "NG", "AU"],
    ]
    spec = study.source("simulated")
    few = dataclasses.replace(spec, controls=spec.controls[:20])
    markets = tuple(m for m in study.markets if m.code in codes)
    small = dataclasses.replace(study, sources=(few,), markets=markets, groups={
        "EU": ("DE", "FR", "IT", "ES", "PL")})  # fmt: skip
    panel = load_panel(small, source="simulated", metric="installs")
    return small, panel


def test_a_rise_put_into_the_group_is_the_difference(simulated):
    """0.3 more log points in the six markets, held against the plain contrast."""
    study, panel = simulated
    struck = panel["market"].isin(study.expand(GROUP)) & (panel["app"] == "signal")
    after = struck & (panel["period"] >= "2021-01-06")
    raised = panel.assign(value=panel["value"] * np.where(after, np.exp(0.3), 1.0))
    raised = raised.assign(lower=raised["value"], upper=raised["value"])
    raised.attrs = panel.attrs
    plain, more = (
        dose_contrast_for(
            study, to_outcome(p, "count"), apps=["signal"], event="notice", group=GROUP
        )["signal"]
        for p in (panel, raised)
    )
    gap = more.headline["estimate"] - plain.headline["estimate"]
    assert gap == pytest.approx(0.3, abs=0.01)
    assert more.markets["dose"].sum() == 6
    assert more.headline["p_value"] <= 0.05 < plain.headline["p_value"]


def test_a_source_without_markets_is_out_of_reach_and_says_what_it_takes():
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    found = dose_contrast_for(
        study, to_outcome(panel, "count"), apps=["signal"], event="notice", group=GROUP
    )
    assert not found.results
    why = found.refused["reason"].iloc[0]
    assert "out of reach: needs a series of 'signal' in 5 markets or more" in why
    assert "'flathub' has 0 markets" in why
    assert "Bring a source by market" in why
    assert "out of reach" in table_dose(found, group=GROUP).as_raw_html()


def test_the_doubted_stay_in_the_group_and_leave_the_others(simulated):
    study, panel = simulated
    counts = to_outcome(panel, "count")
    counts.attrs["contaminated"] = {"GB": "other terms", "IN": "a ban"}
    found = dose_contrast_for(
        study, counts, apps=["signal"], event="notice", group=GROUP
    )["signal"]
    assert "GB" in found.markets.index
    assert "IN" not in found.markets.index
    assert "1 markets of the group are doubted: GB" in found.warnings


def test_an_unknown_group_is_refused(simulated):
    study, panel = simulated
    with pytest.raises(StudyError, match="XX"):
        dose_contrast_for(
            study, to_outcome(panel, "count"), apps=["signal"], event="notice",
            group=["XX"],
        )  # fmt: skip


def test_the_table_takes_dose_contrasts_alone(simulated):
    study, panel = simulated
    counts = to_outcome(panel, "count")
    found = dose_contrast_for(
        study, counts, apps=["signal"], event="notice", group=GROUP
    )
    shown = table_dose(found, group=GROUP).as_raw_html()
    assert "6 of 12" in shown
    assert "SIMULATED" in shown
    other = estimate_apps(
        study, to_outcome(panel, "count", over_markets=True), apps=["signal"],
        event="notice", estimand="log ratio of means",
    )  # fmt: skip
    with pytest.raises(DisplayError, match="needs dose contrasts, got 'abnormal"):
        table_dose(other)
    with pytest.raises(DisplayError, match="needs what dose_contrast_for returned"):
        table_dose([found])
    empty = AppEffects({}, pd.DataFrame(columns=["app", "reason"]), {})
    with pytest.raises(DisplayError, match="one app or more, got none"):
        table_dose(empty)
