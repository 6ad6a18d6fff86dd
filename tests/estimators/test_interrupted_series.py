import numpy as np
import pandas as pd
import pytest

from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.interrupted_series import interrupted_series


def test_both_steps_are_found_each_with_its_label(frame, design):
    effects = interrupted_series(frame, design).effects
    assert effects.identification.to_dict() == {
        "notice": "window",
        "delay": "combined path",
    }
    np.testing.assert_allclose(effects.estimate, [0.8, 1.3], atol=0.1)
    assert effects.first_day["delay"] == pd.Timestamp("2021-01-16")


def test_the_headline_is_that_of_the_same_window(frame, design):
    one, other = interrupted_series(frame, design), abnormal_interest(frame, design)
    np.testing.assert_allclose(one.headline, other.headline, rtol=1e-9)


@pytest.mark.parametrize("noise", ["ar1", "arma11"])
def test_the_model_beside_it_has_its_size_measured(frame, design, noise):
    rows = interrupted_series(frame, design, noise=noise).secondary
    rows = rows[rows.test.str.contains("GLS")]
    np.testing.assert_allclose(rows.estimate, [0.8, 1.3], atol=0.1)
    assert rows.size_here.between(0, 0.2).all()


def test_the_partial_day_is_in_neither_window(frame, design):
    spoilt = frame.assign(y=frame.y + 50.0 * (frame.period == "2021-01-15"))
    np.testing.assert_allclose(
        interrupted_series(spoilt, design).effects.estimate,
        interrupted_series(frame, design).effects.estimate,
    )


def test_a_lift_of_the_second_window_leaves_the_first_alone(frame, design):
    lift = 2.0 * ((frame.unit == "hit") & (frame.period >= "2021-01-16"))
    before = interrupted_series(frame, design)
    after = interrupted_series(frame.assign(y=frame.y + lift), design)
    change = after.effects.estimate - before.effects.estimate
    np.testing.assert_allclose(change, [0, 2], atol=1e-9)


def test_a_ramp_is_no_level_and_the_result_says_so(frame, design):
    since = (frame.period - pd.Timestamp("2021-01-05")).dt.days.clip(lower=0)
    ramp = 0.4 * since * (frame.unit == "hit")
    result = interrupted_series(frame.assign(y=frame.y + ramp), design)
    assert any("no level" in w for w in result.warnings)


def test_windows_that_overlap_and_labels_that_it_cannot_compute_are_refused(
    frame, design
):
    crowded = design.but(
        other_events={
            "delay": ("2021-01-15", "2021-01-16"),
            "third": ("2021-01-20", "2021-01-20"),
        }
    )
    with pytest.raises(DesignError, match=r"'delay'.*reaches the next event"):
        interrupted_series(frame, crowded)
    with pytest.raises(DesignError, match="steps alone cannot tell"):
        interrupted_series(frame, design.but(identification="bounds"))
    with pytest.raises(DesignError, match="use one of"):
        interrupted_series(frame, design, noise="white")
    with pytest.raises(DesignError, match="normal is 'x'; use one of"):
        interrupted_series(frame, design, normal="x")
    with pytest.raises(DesignError, match="needs unrelated units"):
        interrupted_series(frame, design.but(controls=()))
    with pytest.raises(DesignError, match="data cover"):
        interrupted_series(frame[frame.period <= "2021-01-10"], design)
    with pytest.raises(DesignError, match="shape is 'ramp'; use one of"):
        interrupted_series(frame, design, shape="ramp")
