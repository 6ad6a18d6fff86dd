import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.count_model import CountModel
from migration.estimators.interrupted_counts import interrupted_counts


@pytest.fixture
def counts(design):
    return design.but(outcome="n", estimand="log ratio of means")


def quasi(result):
    rows = result.secondary[result.secondary.test.str.startswith("quasi-Poisson")]
    return rows.set_index(rows.test.str.removeprefix("quasi-Poisson: "))


def test_the_headline_is_that_of_the_ratio_of_means(frame, counts):
    one, other = interrupted_counts(frame, counts), abnormal_interest(frame, counts)
    np.testing.assert_allclose(one.headline, other.headline, rtol=1e-9)
    assert list(one.effects.identification) == ["window", "combined path"]


def test_levels_and_steps_are_found(frame, counts):
    levels = quasi(interrupted_counts(frame, counts))
    np.testing.assert_allclose(levels.estimate, [0.8, 1.3], atol=0.1)
    steps = quasi(interrupted_counts(frame, counts, model=CountModel(shape="steps")))
    np.testing.assert_allclose(steps.estimate, [0.8, 0.5, 1.3], atol=0.1)
    assert list(steps.identification) == ["window", "combined path", "combined path"]


def test_without_controls_it_is_statsmodels_glm(frame, counts):
    """Baseline and window days, weekdays, two harmonics of a month, an exposure."""
    exposed = frame.assign(users=1000.0 + frame.period.dt.day_of_year)
    model = CountModel(offset="users", harmonics=2, cycle=30.0)
    ours = quasi(
        interrupted_counts(exposed, counts, normal="constant mean", model=model)
    )
    hit = exposed[exposed.unit == "hit"].set_index("period").sort_index()
    first = (hit.index >= "2021-01-06") & (hit.index <= "2021-01-14")
    second = (hit.index >= "2021-01-16") & (hit.index <= "2021-01-24")
    used = (hit.index <= "2021-01-03") | first | second
    days = (hit.index - pd.Timestamp("2021-01-06")).days.to_numpy()
    waves = [f(2 * np.pi * k * days / 30) for k in (1, 2) for f in (np.sin, np.cos)]
    week = pd.get_dummies(hit.index.day_of_week).to_numpy(dtype=float)
    x = np.column_stack([week, *waves, first, second]).astype(float)[used]
    peer = sm.GLM(
        hit.n.to_numpy(dtype=float)[used],
        x,
        family=sm.families.Poisson(),
        offset=np.log(hit.users.to_numpy())[used],
    ).fit(scale="X2", tol=1e-12)
    np.testing.assert_allclose(ours.estimate, peer.params[-2:], rtol=1e-6)
    np.testing.assert_allclose(ours.std_error, peer.bse[-2:], rtol=1e-6)
    assert f"variance {peer.scale:.3g} times" in ours.assumes.iloc[0]


def test_a_common_factor_changes_nothing(frame, counts):
    """Whole multiples, so that counts stay counts; the dispersion alone grows."""
    one = quasi(interrupted_counts(frame, counts))
    other = quasi(interrupted_counts(frame.assign(n=frame.n * 3), counts))
    for column in ("estimate", "std_error", "p_value", "size_here"):
        np.testing.assert_allclose(other[column], one[column], atol=1e-8)


def test_an_exposure_that_doubles_takes_a_doubling_away(frame, counts):
    grown = frame.assign(
        n=np.where((frame.unit == "hit") & (frame.period >= "2021-01-06"), 2, 1)
        * frame.n,
        users=np.where(
            (frame.unit == "hit") & (frame.period >= "2021-01-06"), 2.0, 1.0
        ),
    )
    plain = interrupted_counts(frame, counts)
    found = interrupted_counts(grown, counts, model=CountModel(offset="users"))
    np.testing.assert_allclose(found.headline, plain.headline, rtol=1e-9)
    np.testing.assert_allclose(found.effects.estimate, plain.effects.estimate)
    # The regression gives days of a larger mean more weight, so it moves a little.
    np.testing.assert_allclose(quasi(found).estimate, quasi(plain).estimate, atol=0.01)


def test_a_silent_later_window_is_left_out(frame, counts):
    def silenced(unit):
        gone = (frame.unit == unit) & (frame.period >= "2021-01-15")
        return frame.assign(n=frame.n.where(~gone, 0.0))

    result = interrupted_counts(silenced("hit"), counts)
    assert list(result.effects.index) == ["notice"]
    assert any("delay: left out, because all" in w for w in result.warnings)
    result = interrupted_counts(silenced("c03"), counts)
    assert np.isfinite(result.effects.estimate).all()
    assert any("silent" in w and "c03" in w for w in result.warnings)
    assert any("leaves out 1 controls that it cannot fit" in w for w in result.warnings)


def test_what_it_cannot_mean_is_refused(frame, design, counts):
    with pytest.raises(DesignError, match="use interrupted_series"):
        interrupted_counts(frame, design)
    with pytest.raises(DesignError, match=r"shape is 'pulse'.*on logs"):
        CountModel(shape="pulse")
    with pytest.raises(DesignError, match="cycle of more than a day"):
        CountModel(harmonics=1, cycle=0.0)
    with pytest.raises(DesignError, match=r"for counts, normal is .*use one of"):
        interrupted_counts(frame, counts, normal="market model")
    with pytest.raises(DesignError, match="'users' is no column"):
        interrupted_counts(frame, counts, model=CountModel(offset="users"))
    with pytest.raises(DesignError, match="needs a positive exposure"):
        interrupted_counts(
            frame.assign(users=0.0), counts, model=CountModel(offset="users")
        )
    other = {
        "str": "5",
        "object": frame.n.astype(object),
        "bool": frame.n > 0,
        "datetime64": frame.period,
    }
    for kind, users in other.items():
        with pytest.raises(PanelError, match=f"'users' holds {kind}.*, needs numbers"):
            interrupted_counts(
                frame.assign(users=users), counts, model=CountModel(offset="users")
            )
    endless = frame.assign(users=np.where(frame.index == frame.index[3], np.inf, 1.0))
    with pytest.raises(PanelError, match="'users' holds 1 infinite"):
        interrupted_counts(endless, counts, model=CountModel(offset="users"))
    twice = pd.concat([endless, endless.users], axis=1)
    with pytest.raises(PanelError, match=r"more than one column named \['users'\]"):
        interrupted_counts(twice, counts, model=CountModel(offset="users"))
    with pytest.raises(DesignError, match="needs unrelated units"):
        interrupted_counts(frame, counts.but(controls=()))
    with pytest.raises(DesignError, match="steps alone cannot tell"):
        interrupted_counts(frame, counts.but(identification="dose"))
