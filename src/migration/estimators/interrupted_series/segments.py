"""Which days belong to which event, and which of them the data can answer for."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Days, Design
from migration.errors import DesignError
from migration.inference.arrays import Array, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import window_contrast
from migration.inference.sample import Sample, arrange


@dataclass(frozen=True)
class Segment:
    """An event's window, and how far its effect is seen alone.

    Attributes
    ----------
    name : str
    days : (Timestamp, Timestamp)
        The window, both ends included.
    start, reach : Timestamp
        First full day of the event, and the last day before the next one is felt (of
        the last event: the window's end).
    identification : str
    """

    name: str
    days: Days
    start: pd.Timestamp
    reach: pd.Timestamp
    identification: str


@dataclass(frozen=True, eq=False)
class Setting:
    """What a design finds in the data, segment by segment.

    Attributes
    ----------
    sample : Sample
        Of all controls; complete on the baseline and in the first window.
    segments : tuple of Segment
        Those that the treated series has data for, the design's own event first.
    samples : tuple of Sample
        For each segment, of the controls that are complete in its window.
    warnings : tuple of str
        Segments and controls that were left out, and why.
    """

    sample: Sample
    segments: tuple[Segment, ...]
    samples: tuple[Sample, ...]
    warnings: tuple[str, ...]

    def contrasts(self, normal: str, *, logs: bool = False) -> list[BlockContrast]:
        """The rule's contrast of every segment."""
        pairs = zip(self.samples, self.segments, strict=True)
        return [
            window_contrast(s, s.span(*segment.days), normal=normal, logs=logs)
            for s, segment in pairs
        ]


def prepare(frame: pd.DataFrame, design: Design, *, alone: bool) -> Setting:
    """Check the input once and find the segments that can be estimated.

    A gap in a *later* window never costs the first event its answer: a segment that the
    treated series does not fill is left out, a control that does not fill it is left
    out of that segment, and both are named.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    alone : bool
        Whether a segment needs no control (``normal="constant mean"``).
    """
    segments = segments_of(design)
    sample = arrange(frame, design)
    kept, samples, said = [segments[0]], [sample], []
    for segment in segments[1:]:
        if missing := _first_gap(sample, segment):
            said.append(
                f"{segment.name}: left out, because the treated series has no value on "
                f"{missing:%F}, which its window ({segment.days[0]:%F} to "
                f"{segment.days[1]:%F}) needs"
            )
            continue
        own, words = without_gaps(sample, sample.span(*segment.days), segment.name)
        said += words
        if len(own.y) == 1 and not alone:
            said.append(f"{segment.name}: left out, because no control is left")
            continue
        kept.append(segment)
        samples.append(own)
    return Setting(sample, tuple(kept), tuple(samples), tuple(said))


def without_gaps(
    sample: Sample, used: Mask, where: str
) -> tuple[Sample, tuple[str, ...]]:
    """Leave out controls with a gap on the days of a mask, by name.

    The treated series has none there, as the caller has seen to.
    """
    whole: Mask = ~np.any(np.isnan(sample.y[:, used]), axis=1)
    return keep(sample, whole, f"{where}: left out for gaps on its days")


def keep(sample: Sample, kept: Mask, why: str) -> tuple[Sample, tuple[str, ...]]:
    """Keep the treated series and some controls; the others are named in a warning."""
    if kept[1:].all():
        return sample, ()
    pairs = list(zip(sample.controls, kept[1:], strict=True))
    gone = [name for name, fine in pairs if not fine]
    listed = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" * (len(gone) > 5))
    rows = np.concatenate([[True], kept[1:]])
    names = tuple(name for name, fine in pairs if fine)
    said = f"{why}: {len(gone)} of {len(pairs)} controls ({listed})"
    return replace(sample, y=sample.y[rows], controls=names), (said,)


def segments_of(design: Design) -> list[Segment]:
    """The design's window and one of the same length for each later focal event."""
    later = sorted(
        (full, touched, name)
        for name, (touched, full) in design.other_events.items()
        if touched > design.window_days[1]
    )
    reaches = [touched - ONE_DAY for _, touched, _ in later]
    first, last = design.window_days
    reach = reaches[0] if reaches else last
    label = design.identification
    segments = [Segment(design.event_name, (first, last), design.event, reach, label)]
    for place, (full, _, name) in enumerate(later):
        days = full, full + ONE_DAY * (design.length - 1)
        reach = reaches[place + 1] if place + 1 < len(later) else days[1]
        if days[1] > reach:
            raise DesignError(
                f"the window of {name!r} ({days[0]:%F} to {days[1]:%F}) reaches the "
                f"next event ({reach + ONE_DAY:%F}); shorten the window"
            )
        segments.append(Segment(name, days, full, reach, "combined path"))
    return segments


def effect_days(
    sample: Sample, segments: tuple[Segment, ...], *, whole: bool
) -> list[Mask]:
    """Days of each segment that a model sees and the treated series has.

    Parameters
    ----------
    sample : Sample
    segments : tuple of Segment
    whole : bool
        From the event to its reach; otherwise the windows only.
    """
    spans = [(s.start, s.reach) if whole else s.days for s in segments]
    return [sample.span(*span) & ~np.isnan(sample.y[0]) for span in spans]


def since(sample: Sample, day: pd.Timestamp) -> Array:
    """Days since ``day``, negative before it, shape (T,)."""
    return np.asarray((sample.days - day) // ONE_DAY, dtype=np.float64)


def _first_gap(sample: Sample, segment: Segment) -> pd.Timestamp | None:
    """First day of the window on which the treated series has no value."""
    days = pd.date_range(*segment.days)
    treated = pd.Series(sample.y[0], index=sample.days).reindex(days)
    return None if treated.notna().all() else days[treated.isna()][0]
