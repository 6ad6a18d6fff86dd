"""An outcome that is bounds alone is refused in words by all that needs numbers."""

import numpy as np
import pandas as pd
import pytest

from migration.checks.placebo import placebo_in_time
from migration.design import Design, design_for
from migration.errors import MigrationError
from migration.estimators.dose_contrast import dose_contrast
from migration.estimators.methods import METHODS
from migration.estimators.rank_event_study import rank_event_study
from migration.outcomes import to_outcome
from migration.panel import check_panel
from migration.study import load_study

DAYS = pd.date_range("2020-11-01", "2021-01-31", unit="us")
APPS = ("hit", *(f"c{n}" for n in range(6)))
MARKETS = ("IN", "NA", "US", "BR", "DE", "FR")
OTHERS = ("rank event study", "dose contrast")
NEED_NUMBERS = [method for method in METHODS if method.name not in OTHERS]
REFUSAL = r"only bounds, because b of a chart .* rank_event_study on"


def ranks(markets=("WW",)):
    """SIMULATED ranks on a chart of 100, some days off it."""
    rng = np.random.default_rng(0)
    frame = pd.MultiIndex.from_product(
        [APPS, markets, DAYS], names=["app", "market", "period"]
    ).to_frame(index=False)
    place = rng.integers(1, 130, len(frame)).astype(float)
    off = place > 100
    value = np.where(off, np.nan, place)
    return check_panel(
        frame.assign(
            source="s", metric="rank", zone="UTC", value=value,
            lower=np.where(off, 101, value), upper=np.where(off, np.inf, value),
            status=np.where(off, "censored", "observed"),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    return to_outcome(ranks(), "log_installs")


@pytest.fixture(scope="module")
def design():
    return Design(
        outcome="y", treated="hit", event="2021-01-06", window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"), controls=APPS[1:],
    )  # fmt: skip


@pytest.mark.parametrize("method", NEED_NUMBERS, ids=lambda method: method.name)
def test_every_method_that_needs_numbers_says_which_one_does_not(frame, design, method):
    with pytest.raises(MigrationError, match=REFUSAL):
        method.run(frame, design.but(**method.changes))


def test_so_do_checks_and_contrasts_between_markets(frame, design):
    with pytest.raises(MigrationError, match=REFUSAL):
        placebo_in_time(frame, design)
    several = to_outcome(ranks(MARKETS), "log_installs")
    units = [f"hit:{market}" for market in MARKETS]
    with pytest.raises(MigrationError, match=REFUSAL):
        dose_contrast(
            several,
            design.but(treated=units, controls=[f"c1:{m}" for m in MARKETS]),
            dose=dict(zip(MARKETS, range(6), strict=True)),
            region={market: market for market in MARKETS},
        )


def test_the_method_of_ranks_takes_ranks_and_gives_the_band_itself(frame, design):
    with pytest.raises(MigrationError, match=r"give the ranks, .* the band as b_band"):
        rank_event_study(frame, design, chart_size=100)
    places, band = to_outcome(ranks(), "minus_log_rank"), (0.43, 0.985)
    result = rank_event_study(places, design, chart_size=100, b_band=band)
    assert result.in_downloads().outcome == "log_count"
    assert set(band) <= set(result.downloads["b"])


def test_a_frame_that_lost_its_marks_is_refused_all_the_same(frame, design):
    bare = pd.DataFrame(frame)
    bare.attrs = {}
    with pytest.raises(MigrationError, match="known only to lie in an interval"):
        NEED_NUMBERS[0].run(bare, design)


def test_a_design_keeps_the_controls_that_are_known_between_bounds():
    study = load_study("whatsapp-2021")
    panel = ranks().assign(source="flathub")
    controls = list(study.source("flathub").controls[:6])
    names = dict(zip(APPS, ["signal", *controls], strict=True))
    made = to_outcome(panel.assign(app=panel["app"].map(names)), "log_installs")
    made.attrs["source"] = "flathub"
    design = design_for(study, made, app="signal", event="notice")
    assert set(design.controls) == set(controls)
