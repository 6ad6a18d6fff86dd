"""Findings as plain sentences, made from a result's numbers and never typed."""

import math

from migration.display import places, words
from migration.errors import DisplayError
from migration.inference.rule import ALPHA
from migration.results import CheckResult, EffectResult, is_log_ratio

NOT_AN_EFFECT = "not an effect: sign changes"


def sentence(
    result: EffectResult, name: str, *, sensitivity: CheckResult | None = None
) -> str:
    """Say in one sentence what a result found, or that it could not.

    Parameters
    ----------
    result : EffectResult
    name : str
        What was measured, as the sentence's subject: ``"new installs of Signal"``.
    sensitivity : CheckResult, optional
        Of :func:`migration.checks.sensitivity.baseline_sensitivity`. Where the sign
        changes with a defensible baseline, no effect is given.

    Returns
    -------
    str
        Effects on logarithms are given as percent changes.

    Raises
    ------
    DisplayError
        If ``result`` is not a result.
    """
    if not isinstance(result, EffectResult):
        raise DisplayError(
            f"sentence needs an EffectResult, got {type(result).__name__}; "
            "give what an estimator returned"
        )
    days = words.day_range(*result.design.window_days)
    if sensitivity is not None and sensitivity.passed is False:
        text = _no_sign(name, days, sensitivity, log=is_log_ratio(result))
    elif math.isnan(result.headline["estimate"]):
        text = _bounded(result, name, days)
    elif result.headline["p_value"] <= ALPHA:
        text = _found(result, name, days)
    else:
        text = _not_found(result, name, days)
    return f"SIMULATED: {text}" if result.simulated else text


def found(result: EffectResult) -> bool:
    """Whether the rule tells the effect from zero at 5%."""
    return bool(result.headline["p_value"] <= ALPHA)


def _found(result: EffectResult, name: str, days: str) -> str:
    h, log = result.headline, is_log_ratio(result)
    if places.is_place(result):
        return (
            f"{words.sentence_case(name)} {places.verb(h.estimate)}: the number of its "
            f"place became {places.factor(h.estimate)} times as large "
            f"({places.factors(h.conf_low, h.conf_high)}; {places.BEST}) in {days}, "
            f"{words.p_words(h.p_value)}; {meaning(result)}."
        )
    verb = "rose" if h.estimate > 0 else "fell"
    size = words.effect(h.estimate, log=log).lstrip(words.MINUS)
    return (
        f"{words.sentence_case(name)} {verb} by {size} "
        f"({_interval(result)}) in {days}, {words.p_words(h.p_value)}; "
        f"{meaning(result)}."
    )


def _not_found(result: EffectResult, name: str, days: str) -> str:
    p = words.p_words(result.headline["p_value"])
    return (
        f"The change in {name} cannot be told from zero in {days} "
        f"({_interval(result)}, {p}); {_smallest(result)}."
    )


def _bounded(result: EffectResult, name: str, days: str) -> str:
    """What is known between two ends has no p, and says whether chance is in it."""
    h, log = result.headline, is_log_ratio(result)
    if places.is_place(result):
        return _bounded_place(result, name, days)
    size = words.bounded(h.conf_low, h.conf_high, log=log)
    return (
        f"{words.sentence_case(name)} changed by {size} in "
        f"{days}, {_chance_in(result)}; {meaning(result)}."
    )


def _bounded_place(result: EffectResult, name: str, days: str) -> str:
    """What became of the number of a place that nobody saw on every day."""
    h = result.headline
    side = h.conf_low > 0 or h.conf_high < 0
    verb = f" {places.verb(h.conf_low)}" if side else ""
    return (
        f"{words.sentence_case(name)}{verb}: the number of its place became "
        f"{places.bounded(h.conf_low, h.conf_high)} times as large ({places.BEST}) in "
        f"{days}, {_chance_in(result)}; {meaning(result)}."
    )


def _chance_in(result: EffectResult) -> str:
    """Bounds of what was seen have none; those of an estimate have its interval."""
    if result.inference.startswith("none"):
        return "a bound with no sampling error in it"
    return "the ends of the 95% intervals of all that its bounds allow"


def _no_sign(name: str, days: str, check: CheckResult, *, log: bool) -> str:
    estimates = check.frame["estimate"]
    span = words.interval(estimates.min(), estimates.max(), log=log)
    return (
        f"No effect on {name} can be given for {days}: its sign changes with a "
        f"defensible baseline (estimates from {span})."
    )


def _interval(result: EffectResult) -> str:
    h = result.headline
    log = is_log_ratio(result)
    if places.is_place(result):
        return f"{places.factors(h.conf_low, h.conf_high)} times its place"
    span = words.interval(h.conf_low, h.conf_high, log=log)
    return ", ".join(filter(None, (span, words.quantity(result))))


def _smallest(result: EffectResult) -> str:
    power = f"{result.mde.get('power', 0.8):.0%}"
    gain, loss = (
        result.mde.get(f"{side}_own", result.mde.get(side, float("inf")))
        for side in ("gain", "loss")
    )
    if float("inf") in (gain, loss):
        return (
            f"this design would have found no change, however large, in {power} of "
            "cases"
        )
    if places.is_place(result):
        return (
            f"a place of {places.factor(gain)} times its number or of "
            f"{places.factor(-loss)} times, or beyond, would have been found in "
            f"{power} of unrelated series with an error like its own"
        )
    log = is_log_ratio(result)
    up, down = (words.effect(size, log=log) for size in (gain, -loss))
    up, down = up.lstrip("+"), down.lstrip(words.MINUS)
    return (
        f"a gain of {up} or a loss of {down}, or more, would "
        f"have been found in {power} of unrelated series with an error like its own"
    )


def meaning(result: EffectResult) -> str:
    """What the identification label lets the number be read as."""
    event = result.design.event_name
    meanings = {
        "bundle": f"the estimate is of a bundle of events, not of the {event} alone",
        "window": (
            "the window holds no other event of the calendar, so the estimate is of "
            f"the {event} if nothing else happened"
        ),
        "combined path": (
            f"the estimate is of the combined path of the {event} and what came before "
            f"it, not of the {event} alone"
        ),
        "decay": (
            f"the {event} is told from what came before it by an assumed rate of decay"
        ),
        "dose": f"the {event} is told from other events by how strongly it struck",
        "bounds": "the estimate is a bound, not a point",
    }
    return meanings[result.identification]
