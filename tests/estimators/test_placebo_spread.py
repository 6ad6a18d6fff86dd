"""The placebo variance: of the controls' own effects, drawn or each once."""

import numpy as np
import pytest

from migration.errors import DesignError
from migration.estimators.placebo_spread import placebo_spread
from migration.inference.synthetic_draws import placebo_did


@pytest.fixture
def small(frame, design):
    few = design.but(controls=design.controls[:8])
    return frame[frame["unit"].isin([*few.treated, *few.controls])], few


def test_each_control_once_is_the_deviation_of_their_effects(small):
    found = placebo_spread(*small, draws=None)
    assert found.std_error == pytest.approx(found.effects.std(ddof=0))
    assert found.drawn == small[1].controls
    assert 0 < found.std_error < 0.2
    assert "the rule of synthetic_did needs neither" in found.warnings[0]


def test_draws_repeat_what_each_control_gives(small):
    found = placebo_spread(*small, draws=50, seed=4)
    taken = found.effects[list(found.drawn)]
    assert len(taken) == 50
    assert found.std_error == pytest.approx(taken.std(ddof=0))
    assert placebo_spread(*small, draws=50, seed=4).drawn == found.drawn
    assert placebo_spread(*small, draws=50, seed=5).drawn != found.drawn


def test_an_effect_on_the_treated_series_changes_no_placebo(small):
    frame, design = small
    hit = (frame["unit"] == "hit") & (frame["period"] >= "2021-01-06")
    more = frame.assign(y=frame["y"] + 5 * hit)
    one, other = (placebo_spread(f, design, draws=None) for f in (frame, more))
    np.testing.assert_allclose(other.effects, one.effects, atol=1e-12)


def test_a_control_that_moved_is_found_among_the_placebos(small):
    frame, design = small
    moved = (frame["unit"] == "c03") & (frame["period"] >= "2021-01-06")
    effects = placebo_spread(frame.assign(y=frame["y"] + 2 * moved), design).effects
    assert effects.idxmax() == "c03"
    assert effects["c03"] == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("solver", ["exact", "synthdid"])
def test_levels_of_the_series_and_a_lasting_step_of_all_change_nothing(solver):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(9, 40)).cumsum(axis=1) * 0.2 + rng.normal(size=(9, 40))
    before = np.arange(40) < 30
    one = placebo_did(y, before, ~before, solver=solver)
    shocked = y + 3 * ~before + 10 * rng.normal(size=(9, 1))
    other = placebo_did(shocked, before, ~before, solver=solver)
    np.testing.assert_allclose(other, one, atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"draws": 1}, "draws is 1; use 2 to 100000, or None for each once"),
        ({"draws": True}, "draws is True; use 2 to 100000"),
        ({"draws": 10**9}, "draws is 1000000000; use 2 to 100000"),
        ({"seed": -1}, "seed is -1; use a whole number from 0 on"),
        ({"solver": "best"}, "solver is 'best'; use one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(small, asked, said):
    with pytest.raises(DesignError, match=said):
        placebo_spread(*small, **asked)


def test_one_donor_is_refused(small):
    frame, design = small
    with pytest.raises(DesignError, match="placebo_spread needs 2 donors"):
        placebo_spread(frame, design.but(controls=design.controls[:1]))
