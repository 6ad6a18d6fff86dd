"""What an event study may be told beside its frame and design."""

from dataclasses import dataclass
from typing import Any

from migration.design import Days
from migration.design.days import as_days
from migration.errors import DesignError
from migration.estimators.choices import (
    are_numbers,
    check_one_of,
    check_text,
    is_number,
    is_whole,
)
from migration.inference.gls import Family
from migration.inference.noise import ar_family, arma_family

ESTIMATORS = ("ols", "poisson")
NOISES: dict[str, Family] = {"ar1": ar_family, "arma11": arma_family}
NAMES = {"ar1": "AR(1)", "arma11": "ARMA(1,1)"}
FEWEST_ANCHOR_DAYS = 3
FEWEST_BIN_DAYS = 2


@dataclass(frozen=True, kw_only=True)
class PathOptions:
    """Choices of an event study, declared before its numbers are seen.

    Parameters
    ----------
    estimator : {"ols", "poisson"}
        ``"poisson"`` is the pseudo-likelihood for counts and search interest; it needs
        ``Design(estimand="log ratio of means")``.
    noise : {"ar1", "arma11"}
        Family of the baseline's autocovariance.
    request : str
        Column that names the request of a row, for ``"poisson"``: a unit may have
        several, each at a scale of its own, which cancels. "" for none.
    bin_days : int
        Days in each baseline bin of the pre-trend test, two or more.
    slope : float, optional
        A linear violation a day, in units of the outcome, whose chance to be found the
        pre-trend test reports; the slopes found with chances of 50 and 80% are
        reported anyhow.
    anchors : tuple of (int, int)
        Event days from which the first event's path is carried on into a later event's
        window. By default all of the days from day zero until that event is felt, and
        the last five of them: the answer depends on it.
    curvature : tuple of float
        Largest changes of the carried path's slope from one day to the next, on every
        day from the first anchor on, in units of the outcome; 0 is the straight line.
    without : tuple of (first, last)
        Days (an outage, say) without which a later event's window is shown once more.

    Raises
    ------
    DesignError
        For a choice that there is not.
    """

    estimator: str = "ols"
    noise: str = "arma11"
    request: str = ""
    bin_days: int = 7
    slope: float | None = None
    anchors: tuple[tuple[int, int], ...] = ()
    curvature: tuple[float, ...] = (0.0,)
    without: tuple[Days, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_one_of(self.estimator, ESTIMATORS, "estimator")
        check_one_of(self.noise, tuple(NOISES), "noise")
        check_text(self.request, "request")
        if self.request and not self.poisson:
            raise DesignError(
                "request= needs estimator='poisson': a request's scale cancels in a "
                "ratio of means, not in a mean"
            )
        if not is_whole(self.bin_days) or self.bin_days < FEWEST_BIN_DAYS:
            raise DesignError(
                f"bin_days is {self.bin_days!r}; use {FEWEST_BIN_DAYS} or more whole "
                "days: a bin of one leaves nothing to tell its noise by"
            )
        self._check_numbers()
        if not isinstance(self.without, tuple | list):
            raise DesignError(
                f"without is {self.without!r}; use a list of (first, last) days"
            )
        held = tuple(as_days(span, "without") for span in self.without)
        object.__setattr__(self, "without", held)

    def _check_numbers(self) -> None:
        if self.slope is not None and not is_number(self.slope):
            raise DesignError(f"slope is {self.slope!r}; use a finite number a day")
        bends = self.curvature if are_numbers(self.curvature) else ()
        if not bends or min(bends) < 0:
            raise DesignError(
                f"curvature is {self.curvature!r}; use a tuple of finite numbers of 0 "
                "or more"
            )
        if not isinstance(self.anchors, tuple | list):
            raise DesignError(
                f"anchors is {self.anchors!r}; use a tuple of (first, last) days"
            )
        for anchor in self.anchors:
            if not _is_anchor(anchor):
                raise DesignError(
                    f"an anchor needs a first and a last day, {FEWEST_ANCHOR_DAYS} or "
                    f"more from day zero on, got {anchor!r}"
                )

    @property
    def poisson(self) -> bool:
        """Whether the pseudo-likelihood is asked for."""
        return self.estimator == "poisson"

    @property
    def family(self) -> Family:
        """Covariances to search the noise in."""
        return NOISES[self.noise]


def _is_anchor(value: Any) -> bool:
    days = tuple(value) if isinstance(value, tuple | list) else ()
    if len(days) != 2 or not all(is_whole(day) for day in days):
        return False
    return bool(days[0] >= 0 and days[1] - days[0] + 1 >= FEWEST_ANCHOR_DAYS)
