"""Frames spoiled in every way that a caller's frame may be, for tests of refusals."""

import numpy as np
import pandas as pd

HIT_DAY = pd.Timestamp("2021-01-08")


def copied(frame):
    """Every series but the hit one and its rival a copy of one of the first three."""
    wide = {c: frame.pivot(index="period", columns="unit", values=c) for c in OUTCOMES}
    names = [name for name in wide["y"] if name not in {"hit", "rival"}]
    made = [
        values.assign(**{n: values[names[i % 3]] for i, n in enumerate(names)})
        .melt(ignore_index=False, value_name=c)
        .set_index("unit", append=True)
        for c, values in wide.items()
    ]
    return pd.concat(made, axis=1).reset_index()


def rivalled(frame):
    """SIMULATED: the shared frame with a rival, counts and ranks."""
    rival = frame[frame.unit == "c44"].assign(unit="rival")
    rival["y"] += 0.1 * np.random.default_rng(44).normal(size=len(rival))
    rival["n"] = np.exp(rival.y).round()
    both = pd.concat([frame, rival], ignore_index=True)
    return both.assign(rank=(4000 / both.n).round().clip(1, 80))


def hit(frame):
    return (frame.unit == "hit") & (frame.period == HIT_DAY)


OUTCOMES = ["y", "n", "rank"]


def both(frame, change):
    """The same change of ``y``, of the counts ``n`` and of the ranks."""
    return frame.assign(**{c: change(frame[c].astype(float)) for c in OUTCOMES})


def twice(frame, names):
    """The frame with some of its columns once more."""
    return pd.concat([frame, frame[names]], axis=1)


SPOILED = {
    "a gap": lambda f: f[~hit(f)],
    "a repeat": lambda f: pd.concat([f, f[hit(f)]]),
    "a NaN": lambda f: both(f, lambda y: y.mask(hit(f))),
    "an infinity": lambda f: both(f, lambda y: y.mask(hit(f), np.inf)),
    "a minus infinity": lambda f: both(f, lambda y: y.mask(hit(f), -np.inf)),
    "all censored": lambda f: both(f, lambda y: y.where(f.unit != "hit")).assign(
        y_lower=0.0, y_upper=9.0, n_lower=0.0, n_upper=9.0
    ),
    "a constant series": lambda f: both(f, lambda y: y.where(f.unit != "hit", 5.0)),
    "nothing but constants": lambda f: both(f, lambda y: 0 * y + 5.0),
    "days with a zone": lambda f: f.assign(period=f.period.dt.tz_localize("UTC")),
    "days as text": lambda f: f.assign(period="a day"),
    "an outcome of text": lambda f: f.astype(dict.fromkeys(OUTCOMES, str)),
    "an outcome of objects": lambda f: f.assign(
        **{c: pd.Series([{}] * len(f), f.index, dtype=object) for c in OUTCOMES}
    ),
    "an outcome of complex numbers": lambda f: f.astype(
        dict.fromkeys(OUTCOMES, complex)
    ),
    "an outcome of truths": lambda f: f.assign(y=f.y > 5, n=f.n > 150, rank=f.n > 150),
    "two outcomes of one name": lambda f: twice(f, OUTCOMES),
    "two units of one name": lambda f: twice(f, ["unit"]),
    "two days of one name": lambda f: twice(f, ["period"]),
    "a row without a day": lambda f: f.assign(period=f.period.mask(hit(f))),
    "a row without a unit": lambda f: f.assign(unit=f.unit.mask(hit(f))),
    "units that are numbers": lambda f: f.assign(unit=f.unit.factorize()[0]),
    "one unit that is a number": lambda f: f.assign(
        unit=f.unit.astype(object).mask(f.unit == "c44", 44)
    ),
    "a day in 2250": lambda f: pd.concat(
        [f, f[hit(f)].assign(period=pd.Timestamp("2250-01-01"))]
    ),
    "a value of 1e150": lambda f: both(f, lambda y: y.mask(hit(f), 1e150)),
    "values of 1e-300": lambda f: both(f, lambda y: y * 1e-300),
    "copies for controls": lambda f: copied(f),
    "no outcome": lambda f: f.drop(columns=OUTCOMES),
    "no unit": lambda f: f.drop(columns="unit"),
    "no day": lambda f: f.drop(columns="period"),
    "no row": lambda f: f.iloc[:0],
    "no treated unit": lambda f: f[f.unit != "hit"],
    "a control that is absent": lambda f: f[f.unit != "c07"],
    "days that end before the window": lambda f: f[f.period <= "2021-01-07"],
    "days that start in the baseline": lambda f: f[f.period >= "2020-12-01"],
}
