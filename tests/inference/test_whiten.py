"""Whitening by the inverse of the Cholesky root."""

import numpy as np
import pytest

from migration.inference.noise import arma11, local_level
from migration.inference.whiten import whitener

DAYS = np.r_[0.0:40, 43:52]


def test_two_days_worked_by_hand():
    """Variances 4 and 5, covariance 2: the root is (2, 0; 1, 2)."""
    white, log_det = whitener(np.array([[4.0, 2.0], [2.0, 5.0]]))
    np.testing.assert_allclose(white, [[0.5, 0], [-0.25, 0.5]])
    assert log_det == pytest.approx(np.log(16))


@pytest.mark.parametrize(
    "cov", [arma11(DAYS, 0.99), arma11(DAYS, 0.8, -0.4), local_level(DAYS, 0.3)]
)
def test_what_is_whitened_has_no_memory(cov):
    white, log_det = whitener(cov)
    np.testing.assert_allclose(white @ cov @ white.T, np.eye(len(cov)), atol=1e-10)
    assert (white == np.tril(white)).all()
    assert log_det == pytest.approx(np.linalg.slogdet(cov)[1])
