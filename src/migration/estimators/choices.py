"""What a caller may choose beside frame and design, or a refusal in words."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from sys import float_info
from typing import Any

import pandas as pd

from migration.design import Design
from migration.errors import DesignError


def check_design(design: object) -> None:
    """Refuse what is no design, such as a frame in its place."""
    if not isinstance(design, Design):
        raise DesignError(
            f"needed a Design, got {type(design)}: estimators take the frame, then "
            "Design(outcome=, treated=, event=, window=, baseline=)"
        )


def check_one_of(value: object, allowed: Sequence[str], what: str) -> None:
    """Refuse what is not one of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise DesignError(f"{what} is {value!r}; use one of {tuple(allowed)}")


def check_text(value: object, what: str) -> None:
    """Refuse what is no text; "" is none."""
    if not isinstance(value, str):
        raise DesignError(f'{what} is {value!r}; use the name of a column, "" for none')


def check_truth(value: object, what: str) -> None:
    """Refuse what is neither True nor False: the text "no" would count as True."""
    if not isinstance(value, bool):
        raise DesignError(f"{what} is {value!r}; use True or False")


def check_names(value: object, what: str) -> None:
    """Refuse what is no collection of texts; one text alone is none."""
    fine = isinstance(value, tuple | list | set | frozenset | Mapping)
    if not fine or not all(isinstance(name, str) for name in value):  # type: ignore[attr-defined]
        raise DesignError(f"{what} needs a list of units, got {value!r}")


def check_results(results: object, what: str) -> None:
    """Refuse what is no mapping of names to results of an estimator."""
    held = list(results.values()) if isinstance(results, Mapping) else [None]
    if not all(isinstance(getattr(one, "design", None), Design) for one in held):
        raise DesignError(
            f"{what} needs results of an estimator by name, got "
            f"{results if isinstance(results, Mapping) else type(results)}"
        )


def is_whole(value: object) -> bool:
    """Whether it is a whole number, which a truth is not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a finite number, which a truth is not."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and bool(abs(value) <= float_info.max)  # type: ignore[arg-type]


def are_numbers(values: object) -> bool:
    """Whether it is a tuple or list of finite numbers."""
    return isinstance(values, tuple | list) and all(is_number(v) for v in values)


def as_mapping(given: Any, what: str, needed: str) -> dict[Any, Any]:
    """A mapping or a Series as a dict, or a refusal that says what was needed."""
    if not isinstance(given, Mapping | pd.Series):
        raise DesignError(f"{what} needs {needed}, got {given!r}")
    if isinstance(given, pd.Series) and not given.index.is_unique:
        twice = given.index[given.index.duplicated()][0]
        raise DesignError(f"{what} names {twice!r} twice; keep one")
    return dict(given.items())
