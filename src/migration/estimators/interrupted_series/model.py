"""The noise model's rows: fitted to the treated series, sized on unrelated ones."""

from typing import Any

import numpy as np
import pandas as pd

from migration.errors import DesignError
from migration.estimators.choices import check_one_of
from migration.estimators.interrupted_series.terms import ASSUMES, Layout
from migration.inference import tails
from migration.inference.arma import (
    ORDERS,
    ArmaFit,
    Order,
    choose_arma,
    coefficient_p,
    innovations,
    whitened,
)
from migration.inference.arrays import Array
from migration.inference.hac import WORDS
from migration.inference.hac_columns import newey_west_columns
from migration.inference.rule import ALPHA
from migration.inference.serial import ljung_box_drawn
from migration.numerals import p_words
from migration.results import COLUMNS

NOISES: dict[str, tuple[Order, ...]] = {
    "ar1": ((1, 0),),
    "arma11": ((1, 1),),
    "arma": ORDERS,
}
NAMES = {
    "ar1": "AR(1) GLS, REML",
    "arma11": "ARMA(1,1) GLS, REML",
    "arma": "ARMA GLS, REML, order by BIC",
}
LAGS = 7  # a week


def check_noise(noise: str) -> None:
    """Refuse a noise that there is not."""
    check_one_of(noise, tuple(NOISES), "noise")


def fit_layout(layout: Layout, *, noise: str, normal: str) -> ArmaFit:
    """Fit the treated series."""
    check_rank(layout)
    y = layout.series(normal)[:1]
    return choose_arma(y, layout.x, layout.days, NOISES[noise])


def check_rank(layout: Layout) -> None:
    """Refuse regressors that the days cannot tell apart."""
    x = layout.x
    if len(x) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise DesignError(
            f"{len(x)} days cannot tell {x.shape[1]} regressors apart (a slope needs "
            "two days, a window more than one); lengthen the windows, or use "
            "shape='window'"
        )


def model_rows(
    layout: Layout, found: ArmaFit, *, noise: str, normal: str, shape: str
) -> pd.DataFrame:
    """The shape's terms under the noise model, each with its size.

    Returns
    -------
    DataFrame
        Columns as in ``secondary``, and ``identification``.
    """
    others = layout.series(normal)[1:]
    weights = layout.weights
    p_values = coefficient_p(
        others, layout.x, layout.days, weights, orders=NOISES[noise]
    )
    name = NAMES[noise] + (f": ({found.order[0]},{found.order[1]})" * (noise == "arma"))
    rows = []
    for place, term in enumerate(layout.terms):
        rows.append(
            {
                "test": f"{name}: {term.words}",
                **t_row(
                    float(found.fit.coef[0] @ weights[place]),
                    float(found.fit.std_error(weights[place])[0]),
                    found.fit.df,
                ),
                "size_here": share(p_values[:, place]),
                "assumes": f"{ASSUMES[shape]}; {noise} noise, the same throughout",
                "identification": term.identification,
            }
        )
    return pd.DataFrame(rows)


def hac_rows(layout: Layout, *, normal: str) -> pd.DataFrame:
    """Least squares with prewhitened Newey-West errors: a contrast, never an answer."""
    y, x = layout.series(normal), layout.x
    main = [place for place, term in enumerate(layout.terms) if term.main]
    weights, terms = layout.weights[main], [layout.terms[place] for place in main]
    found = newey_west_columns(y, x, weights)
    df, estimate, error = len(x) - x.shape[1], found.estimate, found.std_error
    p_values = t_p(estimate[1:], error[1:], df)
    return pd.DataFrame(
        {
            "test": f"OLS, Newey-West prewhitened, lag {found.lag[0]}: {term.words}",
            **t_row(float(estimate[0, place]), float(error[0, place]), df),
            "size_here": share(p_values[:, place]),
            "assumes": f"shown as a contrast: {WORDS}",
            "identification": term.identification,
        }
        for place, term in enumerate(terms)
    )


def memory_left(layout: Layout, found: ArmaFit, *, normal: str) -> tuple[str, ...]:
    """A warning where Ljung and Box find memory that the noise model leaves."""
    left = innovations(layout.series(normal)[:1], layout.x, layout.days, found)
    white = whitened(layout.x, layout.days, found)
    p = float(ljung_box_drawn(left, white, (found.ar, found.ma), LAGS)[-1, 1])
    if p > ALPHA:
        return ()
    return (
        f"the noise model leaves memory in the days (Ljung-Box over {LAGS} lags, "
        f"{p_words(p)}): its rows claim more than they know",
    )


def share(p_values: Array) -> float:
    """Share of p-values that reject at 5%; NaN where there is none."""
    return float((p_values <= ALPHA).mean()) if len(p_values) else float("nan")


def t_row(estimate: float, error: float, df: int) -> dict[str, Any]:
    """The five numbers of a t test."""
    half = float(tails.t.ppf(1 - ALPHA / 2, df)) * error
    p_value = float(2 * tails.t.sf(abs(estimate / error), df))
    row = (estimate, error, estimate - half, estimate + half, p_value)
    return dict(zip(COLUMNS, row, strict=True))


def t_p(estimate: Array, error: Array, df: int) -> Array:
    """Two-sided p of Student's t."""
    return np.asarray(2 * tails.t.sf(np.abs(estimate / error), df))
