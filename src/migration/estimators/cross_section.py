"""Event-study tests over several units that share one event day.

They stand beside the headline, never in its place: one shared event is one observation
of its effect, however many units it hit.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError, MigrationError
from migration.estimators.calibration import TOLERATED_SIZE as TOO_OFTEN
from migration.estimators.choices import check_design, check_truth
from migration.estimators.cross_sample import (
    Sizes,
    UnitSample,
    arrange_units,
    portfolio_sizes,
    returns_of,
)
from migration.estimators.cross_warnings import TIED, warnings_of
from migration.estimators.finish import check_normal
from migration.inference.cross_diagnostics import shared_diagnostics, unit_diagnostics
from migration.inference.cross_ranks import all_tests
from migration.inference.cross_section import ALPHA, CrossTest
from migration.inference.normal_returns import AbnormalReturns
from migration.numerals import p_words
from migration.panel import is_simulated
from migration.results import COLUMNS, CheckResult

LABEL = "cross-sectional, one shared event"
NOTE = (
    "Kolari-Pynnonen and GRANK allow for correlation between units, not from day to "
    "day; the headline is the rule of abnormal_interest"
)
MAIN = ("Kolari-Pynnonen", "GRANK-Z", "GRANK-T")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossSectionResult(CheckResult):
    """Tests over the treated units, and what they rest on.

    Attributes
    ----------
    frame : DataFrame
        One row a test and span (``over``: window, or its first day), with
        ``statistic, distribution, df, p_value``; ``size_here``, the share of
        portfolios of unrelated series that it rejects at 5% on the same days; ``main``,
        whether a main table may show it: it allows for correlation between units, and
        ``size_here`` is not above 7.5%; ``label`` and ``assumes``.
    units : DataFrame
        By unit: ``car, std_error, scar``, the spread ``s`` of its residuals, their
        autocorrelation, ``volatility_ratio``, ``normality_p``, ``tied_share``.
    abnormal : DataFrame
        By unit and day: ``ar, std_error, sar`` and the running sum ``car``.
    diagnostics : Series
        ``rbar, design_effect, df_eff``, autocorrelations, ``scar_sd``, how many units
        are not normal or thin, and how many ``portfolios`` stand behind ``size_here``.
    market : str
        What the normal model was held against.
    warnings : tuple of str
    """

    design: Design
    units: pd.DataFrame
    abnormal: pd.DataFrame
    diagnostics: pd.Series
    market: str
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        days = self.abnormal["period"].dt.strftime("%Y-%m-%d")
        return super().to_dict() | {
            "design": self.design.to_dict(),
            "units": _rows(self.units.reset_index()),
            "abnormal": _rows(self.abnormal.assign(period=days)),
            "diagnostics": _rows(self.diagnostics.to_frame().T)[0],
            "market": self.market,
            "warnings": list(self.warnings),
        }


def cross_section_tests(
    frame: pd.DataFrame,
    design: Design,
    *,
    normal: str = "market model",
    weekday: bool = True,
    market: pd.Series | None = None,
) -> CrossSectionResult:
    """Test abnormal outcomes over two or more treated units, each its own series.

    Patell, Boehmer-Musumeci-Poulsen, Kolari-Pynnonen, Corrado, GRANK, Cowan and
    Brown-Warner (see :mod:`migration.inference.cross_section` and
    :mod:`migration.inference.cross_ranks` for formulas and papers).

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        With two treated units or more; the baseline is the estimation window.
    normal : {"market model", "market-adjusted", "constant mean"}
    weekday : bool
        Put day-of-week dummies into the normal model.
    market : Series, optional
        By day. Left out, the mean of the design's controls: of the unit's own market
        where units are named ``app:market``.

    Returns
    -------
    CrossSectionResult

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    _check(design, normal, market)
    check_truth(weekday, "weekday")
    sample = arrange_units(frame, design, weekday=weekday, market=market)
    found = returns_of(sample, normal)
    tests, sizes = all_tests(found), portfolio_sizes(sample, normal)
    shared, units = shared_diagnostics(found), _units(sample, found)
    shared |= _counted(units) | {"portfolios": float(sizes.n)}
    table = _table(tests, sizes)
    return CrossSectionResult(
        check=f"{LABEL}: {normal}",
        question="Do the treated units move together, beyond their normal path?",
        answer=_answer(table, shared),
        passed=None,
        frame=table,
        simulated=is_simulated(frame),
        design=design,
        units=units,
        abnormal=_abnormal(sample, found, design.event),
        diagnostics=pd.Series(shared),
        market="none" if normal == "constant mean" else sample.market_name,
        warnings=(NOTE, *design.notes, *warnings_of(shared, tests, sizes)),
    )


def with_tests_over_units(
    frame: pd.DataFrame, design: Design, secondary: pd.DataFrame, *, normal: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add the window's tests to a table of secondary tests, or say why there are none.

    Returns
    -------
    DataFrame, tuple of str
        The table, and warnings.
    """
    if len(design.treated) < 2 or design.estimand != "mean of outcome":
        return secondary, ()
    try:
        _check(design, normal, None)
        sample = arrange_units(frame, design, weekday=True, market=None)
        tests = all_tests(returns_of(sample, normal))
        rows = _secondary(tests, portfolio_sizes(sample, normal))
    except MigrationError as error:
        return secondary, (f"no tests over the treated units: {error}",)
    return pd.concat([secondary, rows], ignore_index=True), ()


def _check(design: Design, normal: str, market: pd.Series | None) -> None:
    check_design(design)
    if len(design.treated) < 2:
        raise DesignError(
            "tests over units need two treated units or more, got "
            f"{list(design.treated)}; for one unit use abnormal_interest"
        )
    if design.estimand != "mean of outcome":
        raise DesignError(
            f"tests over units need estimand 'mean of outcome', got "
            f"{design.estimand!r}; bring logs, or use abnormal_interest"
        )
    if market is None:
        check_normal(design, normal)
    elif normal == "constant mean":
        raise DesignError(
            "normal='constant mean' uses no market, got one; use 'market model'"
        )
    else:
        check_normal(design.but(controls=design.controls or ("market",)), normal)


def _table(tests: list[CrossTest], sizes: Sizes) -> pd.DataFrame:
    rows = [
        {
            "test": row.test,
            "over": row.over,
            "statistic": row.statistic,
            "distribution": row.distribution,
            "df": row.df,
            "p_value": row.p_value,
            "size_here": sizes.of(row.test, row.over),
            "main": row.test in MAIN and not sizes.of(row.test, row.over) > TOO_OFTEN,
            "label": LABEL,
            "assumes": row.assumes,
        }
        for row in tests
    ]
    return pd.DataFrame(rows)


def _secondary(tests: list[CrossTest], sizes: Sizes) -> pd.DataFrame:
    """Rows of a result's secondary table; a test without an estimate has NaN."""
    rows: list[dict[str, Any]] = []
    for row in tests:
        if row.over == "window":
            numbers = (row.estimate, row.std_error, *row.interval, row.p_value)
            rows.append(
                {
                    "test": f"over units: {row.test}",
                    **dict(zip(COLUMNS, numbers, strict=True)),
                    "size_here": sizes.of(row.test, row.over),
                    "assumes": f"{LABEL}: {row.assumes}",
                }
            )
    return pd.DataFrame(rows)


def _units(sample: UnitSample, found: AbnormalReturns) -> pd.DataFrame:
    told = unit_diagnostics(found, sample.y[:, : sample.n_pre])
    return pd.DataFrame(
        {
            "car": found.car,
            "std_error": found.car_std_error,
            "scar": found.scar,
            "s": found.scale,
            "autocorrelation": told.autocorrelation,
            "volatility_ratio": told.volatility_ratio,
            "normality_p": told.normality_p,
            "tied_share": told.tied_share,
        },
        index=pd.Index(sample.names, name="unit"),
    )


def _abnormal(
    sample: UnitSample, found: AbnormalReturns, event: pd.Timestamp
) -> pd.DataFrame:
    days = sample.days[sample.n_pre :]
    index = pd.MultiIndex.from_product([sample.names, days], names=["unit", "period"])
    columns = {
        "ar": found.ar,
        "std_error": found.std_error,
        "sar": found.sar,
        "car": found.ar.cumsum(axis=1),
    }
    frame = pd.DataFrame({k: v.ravel() for k, v in columns.items()}, index=index)
    frame = frame.reset_index()
    frame.insert(2, "event_time", (frame["period"] - event) // ONE_DAY)
    return frame


def _counted(units: pd.DataFrame) -> dict[str, float]:
    return {
        "volatility_ratio": float(units["volatility_ratio"].median()),
        "not_normal": float((units["normality_p"] <= ALPHA).sum()),
        "thin": float((units["tied_share"] > TIED).sum()),
    }


def _answer(table: pd.DataFrame, shared: dict[str, float]) -> str:
    window = table[table["over"] == "window"]
    kept = [
        f"{name} {p_words(p)}"
        for name, p in window.loc[window["main"], ["test", "p_value"]].to_numpy()
    ] or ["no test that keeps its level on these days"]
    rejected = int((window["p_value"] <= ALPHA).sum())
    return (
        f"{'; '.join(kept)}; {rejected} of {len(window)} tests of the window "
        f"have p <= {ALPHA}. With a mean correlation of {shared['rbar']:.2f}, "
        f"{shared['n_units']:.0f} units weigh as {shared['df_eff'] + 1:.1f}"
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]
