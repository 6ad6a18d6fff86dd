"""The Medicaid path under bounded trends: HonestDiD's printed sets (R 0.2.8).

R draws 1000 normals for the least favourable critical value. With as many, our own ends
move by up to 2.7e-4 from seed to seed, and R's lie on a grid of 3.7e-4.
"""

import numpy as np
import pytest

from migration.inference.relative_magnitudes import breakdown, relative_magnitudes
from migration.inference.smoothness import fixed_length

PRINTED = 5e-5  # of the third digit that the README gives
R_DRAWS = 2.7e-4
FIRST_YEAR = np.array([1.0, 0.0])


@pytest.fixture(scope="module")
def medicaid(expected):
    printed = expected["ehec_medicaid"]
    return printed, np.array(printed["beta"]), np.array(printed["V"])


@pytest.mark.parametrize("bend", ["0", "0.01", "0.02", "0.03", "0.04", "0.05"])
def test_smoothness(medicaid, bend):
    printed, beta, cov = medicaid
    found = fixed_length(beta, cov, 5, float(bend), target=FIRST_YEAR)
    for ours, theirs in zip(
        (found.conf_low, found.conf_high), printed["deltaSD_FLCI"][bend], strict=True
    ):  # from .1 on, the third digit that is printed says less than 2e-4
        digit = 5e-4 if abs(theirs) >= 0.1 else 0
        assert ours == pytest.approx(theirs, abs=max(2e-4, digit))


@pytest.mark.parametrize("mbar", ["0.5", "1", "1.5", "2"])
def test_relative_magnitudes(medicaid, mbar):
    printed, beta, cov = medicaid
    found = relative_magnitudes(beta, cov, 5, float(mbar), target=FIRST_YEAR)
    step = printed["deltaRM_grid_step"]
    ends = printed["deltaRM_CLF"][mbar]
    np.testing.assert_allclose(found, ends, atol=step + R_DRAWS + PRINTED)


def test_the_breakdown_lies_where_the_printed_sets_reach_zero(medicaid):
    _, beta, cov = medicaid
    assert 1.5 < breakdown(beta, cov, 5, target=FIRST_YEAR) < 2
