"""Results made by hand, so that every number in a figure or a table is known."""

import math
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.results import COLUMNS, CheckResult, EffectResult

CONTROLS = tuple(f"c{i}" for i in range(40))
DESIGN = Design(
    outcome="y",
    treated="signal",
    event="2021-01-06",
    window=(0, 8),
    baseline=("2020-12-01", "2021-01-03"),
    controls=CONTROLS,
    other_events={"delay": ("2021-01-15", "2021-01-16")},
    event_name="notice",
    identification="bundle",
)


def row(estimate, low, high, p_value):
    return dict(zip(COLUMNS, (estimate, 0.1, low, high, p_value), strict=True))


def daily_effects():
    """Nothing before day zero, then log 2 on every day, log 4 on day 3."""
    days = pd.RangeIndex(-20, 20, name="event_time")
    estimate = np.where(days < 0, 0.0, math.log(2))
    estimate[np.asarray(days) == 3] = math.log(4)
    frame = pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": 0.1,
            "conf_low": estimate - 0.3,
            "conf_high": estimate + 0.3,
            "p_value": 0.5,
        },
        index=days,
    )
    frame.insert(0, "period", DESIGN.event + pd.to_timedelta(np.asarray(days), "D"))
    return frame


@pytest.fixture
def result():
    """A rise of 100% (50% to 200%), p = 0.02."""
    volumes = pd.Index(["all", "low", "middle", "high"], name="volume")
    return EffectResult(
        method="abnormal interest, market-adjusted",
        estimand="mean of outcome",
        identification="bundle",
        inference="by hand",
        design=DESIGN,
        headline=pd.Series(row(math.log(2), math.log(1.5), math.log(3), 0.02)),
        effects=daily_effects(),
        secondary=pd.DataFrame(
            [
                {
                    "test": "block-t alone",
                    **row(0.69, 0.5, 0.9, 1e-6),
                    "size_here": 0.091,
                    "assumes": "little",
                }
            ]
        ),
        calibration=pd.DataFrame(
            {"n": [40, 14, 13, 13], "rejection": [0.05, 0.0, 0.077, 0.15]},
            index=volumes,
        ),
        mde={
            "power": 0.8,
            "n_series": 40.0,
            "gain": math.log(1.62),
            "loss": math.log(2),
        },
        warnings=("the baseline is short",),
        vintage={
            "source": "flathub",
            "files": [{"name": "a.csv", "sha256": "ab" * 32}],
        },
        outcome="log_count",
    )


@pytest.fixture
def null(result):
    """Nothing told from zero: 8% (-20% to 45%), p = 0.4."""
    numbers = row(math.log(1.08), math.log(0.8), math.log(1.45), 0.4)
    return replace(result, headline=pd.Series(numbers))


@pytest.fixture
def unbounded(result):
    """Nine unrelated series bound nothing."""
    mde = {"power": 0.8, "n_series": 9.0, "gain": math.inf, "loss": math.inf}
    headline = pd.Series(row(math.log(2), -math.inf, math.inf, 0.1))
    return replace(result, headline=headline, mde=mde)


@pytest.fixture
def flips():
    """A baseline sensitivity in which the sign changes."""
    return CheckResult(
        check="baseline sensitivity",
        question="Does the sign hold?",
        answer="the sign CHANGES",
        passed=False,
        frame=pd.DataFrame({"estimate": [math.log(1.1), math.log(0.9)]}),
    )


@pytest.fixture
def placebos():
    """The treated series has |t| = 5; 4 of 40 others reach beyond."""
    t = [5.0, *np.linspace(-3, 3, 36), 6, 6, 7, -8]
    return CheckResult(
        check="placebo in space",
        question="How far out?",
        answer="rank 5 of 41",
        passed=None,
        frame=pd.DataFrame(
            {
                "series": ["signal", *CONTROLS],
                "estimate": np.array(t) / 10,
                "t": t,
                "treated": [True] + [False] * 40,
            }
        ),
    )


@pytest.fixture
def panel():
    """Two apps on 60 days; signal is censored on two days and missing on two."""
    days = pd.date_range("2020-12-01", periods=60)
    parts = []
    for app, level in (("signal", 100.0), ("telegram", 400.0)):
        value = level + 10.0 * np.arange(60)
        part = pd.DataFrame({"app": app, "period": days, "value": value})
        parts.append(part.assign(lower=value, upper=value, status="observed"))
    frame = pd.concat(parts, ignore_index=True)
    frame.loc[10:11, ["value", "lower", "upper", "status"]] = [
        np.nan,
        0,
        250,
        "censored",
    ]
    frame.loc[20:21, ["value", "lower", "upper"]] = np.nan
    frame.loc[20:21, "status"] = "missing"
    return frame.assign(
        source="flathub", metric="new_installs", market="WW", zone="UTC"
    )


@pytest.fixture
def ranks():
    """Signal enters a chart of a hundred on one day of five; telegram never does."""
    days = pd.date_range("2021-01-06", periods=5)
    frame = pd.DataFrame(
        {
            "app": ["signal"] * 5 + ["telegram"] * 5,
            "period": [*days, *days],
            "value": [np.nan, np.nan, 9.0, *[np.nan] * 7],
            "status": ["censored"] * 2 + ["observed"] + ["censored"] * 7,
        }
    )
    frame["lower"], frame["upper"] = (
        frame["value"].fillna(101),
        frame["value"].fillna(np.inf),
    )
    return frame.assign(source="wikipedia_top", metric="rank", market="WW", zone="UTC")


@pytest.fixture
def clashes():
    """7.5 million in January, 15.5 million in February, for the same days."""
    start, end = pd.Timestamp("2021-01-06"), pd.Timestamp("2021-01-10")
    sides = {}
    for side, value, vintage in (
        ("first", 7.5e6, "2021-01-13"),
        ("second", 15.5e6, "2021-02"),
    ):
        sides |= {
            f"{side}_start": start,
            f"{side}_end": end,
            f"{side}_lower": value,
            f"{side}_upper": value,
            f"{side}_vintage": vintage,
            f"{side}_vendor": "Sensor Tower",
        }
    about = {"app": "Signal", "quantity": "installs", "market": "WW"}
    told = {"how": "same period", "ratio": 15.5 / 7.5, "order_known": True}
    return pd.DataFrame([{**about, **told, **sides}])


@pytest.fixture
def markets():
    """Things with a name and a zone."""
    zones = {
        "India": "Asia/Kolkata",
        "Germany": "Europe/Berlin",
        "France": "Europe/Paris",
    }
    return [SimpleNamespace(name=name, zone=zone) for name, zone in zones.items()]


@pytest.fixture(autouse=True)
def _no_figure_left():
    yield
    plt.close("all")


@pytest.fixture
def covered():
    """Two series at home, one of them late; one abroad; a source of 13 markets.

    Of a fourth source nothing is here, and a fifth cannot be read.
    """
    days = pd.date_range("2021-01-01", periods=10, name="period")
    home = pd.DataFrame({"observed": 1, "missing": 0}, index=days)
    home.loc["2021-01-04":, "missing"] = 1
    places = [home.assign(source="shop_rank", market="NA", censored=0, partial=0)]
    abroad = home[["missing"]].assign(observed=0, censored=1, partial=1, missing=0)
    places.append(abroad.assign(source="shop_rank", market="IN"))
    each = home.assign(source="wide", censored=0, partial=0, missing=0)
    places += [each.assign(market=f"X{letter}") for letter in "ABCDEFGHIJKLM"]
    frame = pd.concat(places).reset_index()
    frame.attrs = {
        "sources": ["empty", "shop_rank", "wide", "broken"],
        "nothing_here": {"empty": "nothing here yet: migration fetch s"},
        "problems": {"broken": "damaged"},
        "simulated": False,
    }
    return frame
