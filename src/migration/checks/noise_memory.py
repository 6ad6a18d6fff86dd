"""What the noise model of an interrupted series leaves in the days."""

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design
from migration.estimators.interrupted_series import model
from migration.estimators.interrupted_series.segments import prepare
from migration.estimators.interrupted_series.terms import Layout, check_shape, lay_out
from migration.inference.arma import ArmaFit, innovations, whitened
from migration.inference.arrays import Array
from migration.inference.hac import least_squares
from migration.inference.rule import ALPHA
from migration.inference.serial import (
    autocorrelations,
    durbin_watson,
    ljung_box_drawn,
)
from migration.numerals import p_words
from migration.results import CheckResult

LAGS = 14


def noise_memory(
    frame: pd.DataFrame,
    design: Design,
    *,
    noise: str = "ar1",
    normal: str = "market-adjusted",
    shape: str = "window",
) -> CheckResult:
    """Autocorrelation of what a model of ``interrupted_series`` leaves unexplained.

    Ljung and Box (1978, doi:10.1093/biomet/65.2.297) on the innovations, its p from
    draws of the same fit to white noise: chi-squared knows nothing of regressors, and
    weekdays among them make it reject twice as often as it says. Durbin and Watson's
    statistic of least squares residuals is for display: it has no distribution here.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    noise, normal, shape : str
        As for ``interrupted_series``; pulses have no check.

    Returns
    -------
    CheckResult
        ``passed`` where Ljung and Box's p over 7 lags exceeds 5%. The frame has one row
        a lag: autocorrelation of least squares residuals and of innovations, statistic
        and p.
    """
    _check(design, noise=noise, normal=normal, shape=shape)
    setting = prepare(frame, design, alone=normal == "constant mean")
    layout = lay_out(setting, shape)
    found = model.fit_layout(layout, noise=noise, normal=normal)
    y = layout.series(normal)[:1]
    plain = y[0] - layout.x @ least_squares(y[0], layout.x)
    left = innovations(y, layout.x, layout.days, found)
    table = _by_lag(plain, left, (layout, found))
    p = float(table["p_value"][model.LAGS])
    return CheckResult(
        check="noise memory",
        question=f"Does {model.NAMES[noise]} leave memory in the days?",
        answer=(
            f"Ljung-Box over {model.LAGS} lags gives {p_words(p)}; Durbin-Watson of "
            f"least squares {durbin_watson(plain):.2f}, of innovations "
            f"{durbin_watson(left):.2f}"
        ),
        passed=p > ALPHA,
        frame=table,
        simulated=bool(frame.attrs.get("simulated", False)),
    )


def _check(design: Design, *, noise: str, normal: str, shape: str) -> None:
    check_design(design)
    if isinstance(shape, str) and shape.startswith("pulse"):
        raise DesignError(
            f"noise_memory has no shape={shape!r}; use 'window', 'steps' or 'slopes'"
        )
    model.check_noise(noise)
    check_shape(design, shape)
    finish.check_normal(design, normal)


def _by_lag(plain: Array, left: Array, of: tuple[Layout, ArmaFit]) -> pd.DataFrame:
    layout, found = of
    white = whitened(layout.x, layout.days, found)
    tests = ljung_box_drawn(left, white, (found.ar, found.ma), LAGS)
    return pd.DataFrame(
        {
            "acf_least_squares": autocorrelations(plain, LAGS),
            "acf_innovations": autocorrelations(left, LAGS),
            "ljung_box": tests[:, 0],
            "p_value": tests[:, 1],
        },
        index=pd.Index(np.arange(1, LAGS + 1), name="lag"),
    )
