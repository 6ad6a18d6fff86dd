"""Without each market: the same as averaging the others, and refused of one."""

import pytest

from migration.checks.one_market_less import without_each_market
from migration.design import design_for
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

CODES = ["BR", "IN", "MX", "ZA"]
NAME = "Signal (SIMULATED)"


@pytest.fixture(scope="module")
def study():
    return load_study("simulated-2021")


@pytest.fixture(scope="module")
def panel(study):
    whole = load_panel(study, source="simulated", metric="installs")
    few = whole[whole.market.isin(CODES)]
    few.attrs = dict(whole.attrs)
    return few


def test_it_is_the_average_of_the_other_markets(study, panel):
    found = without_each_market(study, panel, apps=["signal"], event="notice")
    result = found.results[NAME]
    design = design_for(
        study,
        to_outcome(panel, "log_count", over_markets=True),
        app="signal",
        event="notice",
    )
    rows = result.frame.set_index("left_out")
    assert sorted(rows.index) == CODES
    for code in CODES:
        rest = panel[panel.market != code]
        rest.attrs = panel.attrs
        frame = to_outcome(rest, "log_count", over_markets=True)
        told = decide_row(window_effect(frame, design)[1])
        assert rows.estimate[code] == pytest.approx(told["estimate"], abs=1e-12)
        assert rows.p_value[code] == told["p_value"]
    assert result.simulated
    assert result.check == "leave one out over markets"


def test_a_doubted_market_is_not_among_them(study, panel):
    doubted = panel.copy()
    doubted.attrs = panel.attrs | {"contaminated": {"IN": "a probe of its own"}}
    found = without_each_market(study, doubted, apps=["signal"], event="notice")
    assert sorted(found.results[NAME].frame.left_out) == ["BR", "MX", "ZA"]


def test_the_effect_of_one_market_alone_is_called_out(study, panel):
    """Only Brazil moves: without it there is nothing left."""
    alone = panel.copy()
    alone.attrs = panel.attrs
    days = alone.period.between("2021-01-06", "2021-01-14")
    hit = days & (alone.app == "signal")
    shape = dict.fromkeys(CODES, 1.0) | {"BR": 400.0}
    before = alone[(alone.app == "signal") & (alone.period < "2021-01-01")]
    level = alone.market.map(before.groupby("market")["value"].mean())
    alone["value"] = alone.value.where(~hit, level * alone.market.map(shape))
    alone["lower"] = alone["upper"] = alone["value"]
    found = without_each_market(study, alone, apps=["signal"], event="notice")
    result = found.results[NAME]
    assert result.passed is False
    assert result.frame.left_out[0] == "BR"
    assert "the verdict CHANGES without BR" in result.answer


def test_a_source_of_the_world_says_what_it_would_take(study, panel):
    one = panel[panel.market == "BR"]
    one.attrs = panel.attrs
    found = without_each_market(study, one, apps=["signal"], event="notice")
    assert not found.results
    assert "leaving a market out needs 3 markets or more" in found.refused.reason[0]
    assert "'simulated' has 0 to average" in found.refused.reason[0]
