"""A thousand spoilt exports and answers end in a refusal or in a sound panel."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources.malformed import ends_well, malformed
from sources.protocols import trends as site
from sources.trends_files import (
    APPS,
    COMPARED,
    MAP,
    NEWER,
    NEWER_NAME,
    daily,
    entry,
    said,
)

from migration.errors import MigrationError
from migration.sources.raw import Raw
from migration.sources.trends import declare, panel
from migration.sources.trends.questions import Item, Question

MANY = {
    "multiTimeline.csv": (
        daily("2021-01-05", {"Signal": [5, "<1", 100], "WhatsApp": [9, "", 7]}),
        said("Signal=signal; WhatsApp=whatsapp"),
    ),
    NEWER_NAME: (NEWER, {"kind": "topic", "terms": APPS}),
    "geoMap.csv": (MAP, said("Signal=signal", geo="WW")),
    "compared.csv": (COMPARED, said("WhatsApp=whatsapp; Signal=signal", geo="WW")),
}
WORDS = st.sampled_from(["", "-", "IN", "WW", "2021-01-06", "no", "a=b", '"', ";"])


def exports(study, name, spoilt, words):
    """Declared anew, and read as it was declared when it was whole."""

    def parse():
        try:
            headers = dict(declare(study, name, spoilt, words))
        except MigrationError:
            whole, known = MANY[name]
            headers = dict(declare(study, name, whole, known))
        kept = entry("trends/a.csv", spoilt, headers)
        return panel(
            Raw(origin="fetched", entries=(kept,), files={kept.name: spoilt}), study
        )

    return parse


def run_exports(study, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        st.sampled_from(list(MANY)).flatmap(
            lambda name: st.tuples(st.just(name), malformed(MANY[name][0], "csv"))
        ),
        st.dictionaries(
            st.sampled_from(["geo", "kind", "terms", "exported", "window"]),
            WORDS,
            max_size=1,
        ),
    )
    def tried(spoilt, other):
        name, content = spoilt
        ends_well(exports(study, name, content, {**MANY[name][1], **other}))

    tried()


def run_answers(examples):
    study = site.study("http://127.0.0.1:1")
    study = dataclasses.replace(study, apps=(study.app("whatsapp"),))
    items = tuple(
        Item(keyword=site.WHATSAPP, geo=geo, time=site.DAYS) for geo in ("IN", "NA")
    )
    url = Question(items=items).address("http://127.0.0.1:1")
    whole = site.timeline(site.INDIA[:3], ["<1", 100, 7])
    content = site.sent(whole, b"")[2]

    @settings(max_examples=examples, deadline=None)
    @given(malformed(content, "json"), st.sampled_from([b"", *site.GUARDS]))
    def tried(spoilt, guard):
        kept = entry("trends/a.json", guard + spoilt, {}, url=url)
        files = {kept.name: guard + spoilt}
        ends_well(lambda: panel(Raw(origin="f", entries=(kept,), files=files), study))

    tried()


def test_spoilt_exports_end_well(study):
    run_exports(study, 80)


def test_spoilt_answers_end_well():
    run_answers(80)


@pytest.mark.slow
def test_a_thousand_spoilt_exports_end_well(study):
    run_exports(study, 1000)


@pytest.mark.slow
def test_a_thousand_spoilt_answers_end_well():
    run_answers(1000)
