"""What is drawn of a panel or an outcome: one table of days, values and bounds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.display import words
from migration.display.looks import Look, looks_of
from migration.errors import DisplayError
from migration.panel import check_panel, is_simulated

OUTCOME = ("unit", "period", "y")
MOST_UNITS = 7
OUTCOME_LABELS = {
    "log_count": "{quantity} (natural log)",
    "count": "{quantity}",
    "minus_log_rank": "Minus log rank, higher is better",
    "log_installs": "Log installs relative to first place, bounds",
    "interest_share": "Share of peak interest",
}

LOGS = ("log_count", "minus_log_rank", "log_installs")

Units = Mapping[str, str] | Iterable[str] | str | None


@dataclass(frozen=True, kw_only=True)
class Series:
    """Daily series ready to draw.

    Attributes
    ----------
    days : DataFrame
        ``unit, period, value, lower, upper, status``, every day of each unit present.
    names : mapping
        Unit to the name shown, in the order of drawing.
    quantity, source, zone : str
        In words; empty where the frame does not say.
    simulated : bool
    logs : bool
        Whether the values are logarithms.
    """

    days: pd.DataFrame
    names: Mapping[str, str]
    quantity: str
    source: str
    zone: str
    simulated: bool
    logs: bool = False

    def of(self, unit: str) -> pd.DataFrame:
        """The days of one unit, in order."""
        return self.days[self.days["unit"] == unit]

    @property
    def looks(self) -> dict[str, Look]:
        """How each unit is drawn."""
        return looks_of(self.names, self.names)


def to_series(frame: pd.DataFrame, units: Units, *, what: str) -> Series:
    """Read a panel (one source and metric) or an outcome; the frame is left as it is.

    Parameters
    ----------
    frame : DataFrame
    units : mapping, iterable of str, str or None
        Units to draw, or unit to the name shown; None draws all there are.
    what : str
        Who asks, for the refusal.

    Raises
    ------
    DisplayError
        If the frame is neither, a unit is not in it, or there are too many to see.
    PanelError
        If a panel contradicts itself.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DisplayError(
            f"{what} needs a panel or an outcome frame, got {type(frame).__name__}; "
            "give what load_panel or to_outcome returned"
        )
    if {"status", "value"} <= set(frame.columns):
        days, texts = _from_panel(frame, what)
    elif set(OUTCOME) <= set(frame.columns):
        days, texts = _from_outcome(frame)
    else:
        raise DisplayError(
            f"{what} needs a panel (see migration.panel) or columns {OUTCOME}, got "
            f"{list(frame.columns)}; give what load_panel or to_outcome returned"
        )
    names = _chosen(days, units, what)
    return Series(
        days=_every_day(days[days["unit"].isin(names)]),
        names=names,
        simulated=is_simulated(frame),
        logs=str(frame.attrs.get("outcome", "")) in LOGS,
        **texts,
    )


def _from_panel(panel: pd.DataFrame, what: str) -> tuple[pd.DataFrame, dict[str, str]]:
    check_panel(panel)
    for name in ("source", "metric"):
        held = sorted(panel[name].unique())
        if len(held) != 1:
            raise DisplayError(
                f"{what} draws one {name}, got {held}; choose one with "
                f"panel[panel.{name} == ...]"
            )
    several = panel["market"].nunique() > 1
    unit = panel["app"] + ":" + panel["market"] if several else panel["app"]
    days = panel[["period", "value", "lower", "upper", "status"]].assign(unit=unit)
    zones = sorted(panel["zone"].unique())
    return days, {
        "quantity": words.sentence_case(words.plain(panel["metric"].iloc[0])),
        "source": str(panel["source"].iloc[0]),
        "zone": zones[0] if len(zones) == 1 else "each market's own zone",
    }


def _from_outcome(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    lower, upper = (
        frame.get(name, pd.Series(np.nan, index=frame.index))
        for name in ("y_lower", "y_upper")
    )
    known = frame["y"].notna()
    status = np.where(known, "observed", np.where(upper.notna(), "censored", "missing"))
    days = frame[["unit", "period"]].assign(
        value=frame["y"], lower=lower, upper=upper, status=status
    )
    attrs = frame.attrs
    quantity = words.sentence_case(words.plain(str(attrs.get("metric", "outcome"))))
    label = OUTCOME_LABELS.get(str(attrs.get("outcome", "")), "{quantity}")
    return days, {
        "quantity": label.format(quantity=quantity),
        "source": str(attrs.get("source", "")),
        "zone": str(attrs.get("zone", "")),
    }


def _chosen(days: pd.DataFrame, units: Units, what: str) -> dict[str, str]:
    held = list(days["unit"].unique())
    if isinstance(units, str):
        units = [units]
    if isinstance(units, Mapping):
        names = {str(unit): str(name) for unit, name in units.items()}
    else:
        names = {str(unit): str(unit) for unit in (held if units is None else units)}
    if absent := [unit for unit in names if unit not in set(held)]:
        raise DisplayError(
            f"{what}: {absent} are not in the frame, which holds {held[:8]}"
            f"{' and more' if len(held) > 8 else ''}; name units of the frame"
        )
    if not 1 <= len(names) <= MOST_UNITS:
        raise DisplayError(
            f"{what} draws 1 to {MOST_UNITS} series, got {len(names)}; choose some "
            "with units="
        )
    return names


def _every_day(days: pd.DataFrame) -> pd.DataFrame:
    """A day without a row becomes a missing day, so that no line crosses it."""
    whole = []
    for unit, own in days.groupby("unit", sort=False):
        calendar = pd.date_range(own["period"].min(), own["period"].max())
        filled = own.set_index("period").reindex(calendar, method=None)
        filled["unit"] = unit
        filled["status"] = filled["status"].fillna("missing")
        whole.append(filled.rename_axis("period").reset_index())
    return pd.concat(whole, ignore_index=True)
