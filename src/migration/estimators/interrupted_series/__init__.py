"""Interrupted time series: steps, slopes or pulses at known events, noise with memory.

``segments`` says which days belong to which event and what the data hold of them,
``terms`` what an event may do to a series, ``model`` fits it to the treated series and
to each unrelated one, ``decay`` fits pulses, and refuses them; ``units`` does it for
many units at once.
"""

from migration.estimators.interrupted_series.estimate import interrupted_series
from migration.estimators.interrupted_series.units import interrupted_units

__all__ = ["interrupted_series", "interrupted_units"]
