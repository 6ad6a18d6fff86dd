"""Spoilt files of every form end in a MigrationError or a sound panel, nothing else."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sources.malformed import ends_well, malformed
from sources.own_csv.cases import EXPORTED, FILES, as_headers, load, raw_with

from migration.sources.own_csv import panel

KINDS = {"appfigures-answer": "json"}
MANY = settings(
    max_examples=100, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


def spoilt(form):
    content, said = FILES[form]
    return st.tuples(malformed(content, KINDS.get(form, "csv")), st.just(said))


EVERY = st.sampled_from(list(FILES)).flatmap(spoilt)


def stored(file, study):
    """The panel of a file that is in the store already, whatever it holds."""
    content, said = file
    words = as_headers({"zone": "UTC", **EXPORTED, **said})
    return panel(raw_with({"own_csv/a.csv": content}, {"own_csv/a.csv": words}), study)


@settings(MANY, max_examples=80)
@given(EVERY)
def test_a_spoilt_file_that_is_added_ends_well(own, file):
    ends_well(lambda: load(own, file))


@settings(MANY, max_examples=40)
@given(EVERY)
def test_a_spoilt_file_in_the_store_ends_well(own, file):
    ends_well(lambda: stored(file, own))


@pytest.mark.slow
@pytest.mark.parametrize("form", FILES)
@settings(MANY)
@given(data=st.data())
def test_a_hundred_spoilt_files_of_each_form_end_well(own, form, data):
    ends_well(lambda: load(own, data.draw(spoilt(form))))
