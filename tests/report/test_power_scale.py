"""The sizes of `migration power` say what they are of."""

import dataclasses as dc

import numpy as np

import migration as mg
from migration.report.power import scale_of


def of_metric(metric):
    study = mg.load_study("twitter-2022")
    first = dc.replace(study.sources[0], metrics=(metric,))
    return dc.replace(study, sources=(first, *study.sources[1:]))


def test_of_places_they_are_no_counts():
    places, counts = (scale_of(of_metric(one)) for one in ("rank_social", "downloads"))
    for size in (np.exp(-0.1), np.exp(0.1)):
        assert f"{size:.2f}" in places
    assert "count" not in places
    for size in (np.exp(0.1) - 1, 1 - np.exp(-0.1)):
        assert f"{size:.0%}" in counts
